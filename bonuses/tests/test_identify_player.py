from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from bonuses.models import Player
from bonuses.services import identify_player as module
from bonuses.services.identify_player import PlayerInvalid, identify, identify_many
from bonuses.tests.factories import PlayerFactory

pytestmark = pytest.mark.django_db

NEW = {"external_id": "p-1", "currency": "EUR", "origin": "acme"}


def test_made_then_updated() -> None:
    made, created = identify(fields={**NEW, "country": "DE"})
    assert created
    same, created = identify(fields={"external_id": "p-1", "currency": "USD"})
    assert (same.pk, created) == (made.pk, False)
    player = Player.objects.get()
    assert (player.currency, player.origin, player.country) == ("USD", "acme", "DE")


@pytest.mark.parametrize("fields", [{"external_id": "p-1"}, {**NEW, "origin": ""}, {**NEW, "currency": "XXX"}])
def test_refused_player_is_not_made(fields: dict[str, Any]) -> None:
    with pytest.raises(PlayerInvalid):
        identify(fields=fields)
    assert Player.objects.count() == 0


def test_unknown_currency_changes_nothing() -> None:
    player = PlayerFactory(external_id="p-1")
    with pytest.raises(PlayerInvalid):
        identify(fields={"external_id": "p-1", "currency": "XXX", "country": "DE"})
    assert Player.objects.values().get() == Player.objects.filter(updated_at=player.updated_at).values().get()


def test_player_that_somebody_else_made_meanwhile_is_updated(monkeypatch: pytest.MonkeyPatch) -> None:
    def beaten(external_id: str) -> None:
        PlayerFactory(external_id=external_id, currency="USD", country="US")

    monkeypatch.setattr(module, "_locked", beaten)
    player, created = identify(fields=NEW)
    assert not created
    assert Player.objects.get() == player
    assert (player.currency, player.country) == ("EUR", "US")


def test_batch_in_order() -> None:
    PlayerFactory(external_id="old", country="US", attributes={"vip": 1})
    results = identify_many(
        [
            {"external_id": "p-1"},
            {**NEW, "country": "DE"},
            {"external_id": "p-1", "country": "AT"},
            {"external_id": "old", "net_loss": 5},
            {"external_id": "old", "net_loss": 6, "currency": "XXX"},
        ]
    )
    new, old = Player.objects.get(external_id="p-1"), Player.objects.get(external_id="old")
    assert [(row["result"], row.get("id")) for row in results] == [
        ("error", None),
        ("created", new.pk),
        ("updated", new.pk),
        ("updated", old.pk),
        ("error", None),
    ]
    assert new.country == "AT"
    assert (old.country, old.net_loss, old.currency, old.attributes) == ("US", 5, "EUR", {"vip": 1})


def test_batch_keeps_when_a_player_was_made_and_notes_the_change() -> None:
    player = PlayerFactory(external_id="old")
    identify_many([{"external_id": "old", "country": "DE"}])
    changed = Player.objects.get()
    assert changed.created_at == player.created_at
    assert changed.updated_at > player.updated_at


def test_batch_takes_a_handful_of_statements(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for player in range(50):
        PlayerFactory(external_id=f"p-{player}")
    with django_assert_max_num_queries(10):
        identify_many([{**NEW, "external_id": f"p-{player}"} for player in range(100)])
    assert Player.objects.count() == 100
