"""Counts that a person waits for."""

import pytest

from bonuses.models import Player
from bonuses.tests.factories import PlayerFactory
from campaigns.admin import live_count
from campaigns.admin.live_count import TOO_LONG, counted, table_of
from campaigns.tests.admin_pages import member, segment_page
from campaigns.tests.factories import SegmentFactory
from integrations.tests.admin_client import text

pytestmark = pytest.mark.django_db


def test_how_many_and_some_of_them() -> None:
    made = sorted((PlayerFactory() for _ in range(12)), key=lambda player: player.pk)
    found = counted(Player.objects.order_by())
    assert (found.count, found.some, found.words) == (12, tuple(made[:10]), "12 players match.")
    assert table_of(found).title == "12 players now, some of them"


@pytest.mark.postgres
def test_what_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_count, "SECONDS", 0.001)
    PlayerFactory()
    slow = Player.objects.order_by().extra(where=["pg_sleep(5) IS NOT NULL"])
    found = counted(slow)
    assert (found.count, found.words) == (None, TOO_LONG)
    # Whatever is asked next is not held to it.
    assert Player.objects.extra(where=["pg_sleep(0.01) IS NOT NULL"]).count() == 1


@pytest.mark.postgres
def test_a_segment_that_takes_too_long_still_has_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_count, "SECONDS", 0.001)
    monkeypatch.setattr(
        "campaigns.admin.segment.players_of", lambda _: Player.objects.extra(where=["pg_sleep(5) IS NOT NULL"])
    )
    PlayerFactory()
    assert TOO_LONG in text(member("viewer").get(segment_page(SegmentFactory())))
