"""The person is erased, the money trail is not."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bonuses.models import Player
from bonuses.services.forget_player import forget_player
from bonuses.services.identify_player import identify
from bonuses.services.issue import PlayerNotFound
from bonuses.tests.factories import PlayerFactory
from bonuses.tests.issuing import give
from bonuses.tests.platform_reports import everything
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db

PERSONAL = {"attributes", "country", "updated_at"}


def known(external_id: str = "anna") -> Player:
    player: Player = PlayerFactory(
        external_id=external_id,
        attributes={"name": "Anna Ek", "mail": "anna@example.com", "vip": True},
        country="SE",
        status="active",
        currency="SEK",
        total_deposited=5000,
        net_loss=-70,
    )
    return player


def columns(player: Player) -> dict[str, object]:
    found: dict[str, object] = Player.objects.values().get(pk=player.pk)
    return found


def said(external_id: str) -> str:
    out = StringIO()
    call_command("forget_player", external_id, stdout=out, no_color=True)
    return out.getvalue()


def test_what_describes_the_person_is_erased() -> None:
    player, other = known(), known("berta")
    before = columns(player), columns(other)
    forgotten = forget_player(external_id="anna")
    assert (forgotten.player.pk, forgotten.erased, forgotten.grants) == (player.pk, ["attributes", "country"], 0)
    after = columns(player)
    assert (after["attributes"], after["country"]) == ({}, "")
    assert {key: after[key] for key in after.keys() - PERSONAL} == {
        key: before[0][key] for key in before[0].keys() - PERSONAL
    }
    assert columns(other) == before[1]


def test_grants_history_and_events_stay(adapter: Adapter, simulator: Remote) -> None:
    give(player=PlayerFactory(external_id="anna", country="SE"))
    before = everything()
    assert forget_player(external_id="anna").grants == 1
    assert everything() == before
    assert len(before["Grant"]) == len(before["OutgoingEvent"]) == 1


@pytest.mark.parametrize("status", ["self_excluded", "bonus_blocked", "banned"])
def test_an_exclusion_holds(status: str) -> None:
    player = PlayerFactory(external_id="anna", status=status)
    forget_player(external_id="anna")
    assert columns(player)["status"] == status


def test_again_it_changes_nothing() -> None:
    player = known()
    forget_player(external_id="anna")
    before = columns(player)
    assert forget_player(external_id="anna").erased == []
    assert columns(player) == before


def test_who_describes_him_anew_is_believed() -> None:
    player = known()
    forget_player(external_id="anna")
    identify(fields={"external_id": "anna", "country": "FI"})
    assert (columns(player)["country"], columns(player)["attributes"]) == ("FI", {})


def test_nobody() -> None:
    player = known()
    before = columns(player)
    with pytest.raises(PlayerNotFound):
        forget_player(external_id="Anna")
    with pytest.raises(CommandError, match=r"^There is no player Anna\.$"):
        said("Anna")
    assert columns(player) == before


def test_the_command_says_what_it_did() -> None:
    player = known()
    assert said("anna") == f"Player anna: erased attributes and country. Kept under {player.pk}: 0 grants.\n"
    assert said("anna") == f"Player anna: erased nothing, there was nothing left. Kept under {player.pk}: 0 grants.\n"
