"""What a campaign costs the database does not depend on how many players it is for."""

import re
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bonuses.models import Player
from bonuses.tests.issuing import change
from campaigns.fanout import run
from campaigns.fanout.run import fan_out
from campaigns.fanout.snapshot import ensure_snapshot
from campaigns.models import chunk
from campaigns.tests.fanning import ScriptedPlatform, check_counts, issued
from integrations.models import Adapter
from integrations.platforms.base import GrantOrder, PlatformRefused, PlatformTrouble

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def moody(order: GrantOrder) -> None:
    """Each of the three answers, with words of its own."""
    number = int(order.player_external_id.rpartition("-")[2])
    if number % 10 == 1:
        raise PlatformRefused(f"NO_{number}", f"not number {number}")
    if number % 10 == 2:
        raise PlatformTrouble("the answer was lost", sent=True)


def status_of(number: int) -> str:
    return "banned" if number % 10 == 3 else "active"


def statements_for(count: int, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """By their first words, for one chunk in one wave."""
    for size in ("FIRST_WAVE", "SMALLEST_WAVE"):
        monkeypatch.setattr(run, size, count)
    monkeypatch.setattr(chunk, "SIZE", count)
    Player.objects.bulk_create(
        Player(
            external_id=f"{count}-{n}", currency="EUR", origin=f"of {count}", status=["active", "banned"][n % 10 == 3]
        )
        for n in range(count)
    )
    campaign = issued(segment__rules={"field": "origin", "op": "eq", "value": f"of {count}"})
    ensure_snapshot(campaign)
    with CaptureQueriesContext(connection) as captured:
        fan_out(campaign.pk)
    tenth = count // 10
    assert check_counts(campaign) == {"pending": tenth, "granted": 7 * tenth, "skipped": tenth, "failed": tenth}
    return Counter(re.sub(r'[^A-Z a-z_"].*', "", query["sql"])[:60] for query in captured.captured_queries)


def test_statements_for_a_thousand_are_those_for_a_hundred(
    scripted: type[ScriptedPlatform], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(Adapter.objects.get(), max_concurrency=16, max_requests_per_second=100_000)
    scripted.says = staticmethod(moody)
    monkeypatch.setattr("campaigns.fanout.watch.INTERVAL", 1000.0)
    hundred, thousand = statements_for(100, monkeypatch), statements_for(1000, monkeypatch)
    assert thousand == hundred
    assert thousand.total() <= 60
