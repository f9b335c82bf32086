"""Anti-stacking: the slots that a player's grants of one template take, keep and give back."""

import pytest
import time_machine

from bonuses.models import BonusTemplate, Grant, Player
from bonuses.services.cancel import cancel
from bonuses.services.change_template import change_template
from bonuses.services.credit import AdapterRejected
from bonuses.services.slots import GrantLimitReached
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.issuing import change, closed_port, give, give_in_vain
from bonuses.tests.platform_reports import TEST_CAUSE, at, current, deliver, everything
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db


@pytest.fixture
def player() -> Player:
    lucky: Player = PlayerFactory(external_id="slot-player")
    return lucky


def slots(template: BonusTemplate) -> list[int | None]:
    return list(Grant.objects.filter(template=template).order_by("created_at", "id").values_list("slot", flat=True))


def limited(limit: int | None, **fields: object) -> BonusTemplate:
    template: BonusTemplate = TemplateFactory(max_grants_per_player=limit, **fields)
    return template


def at_the_limit(template: BonusTemplate, player: Player) -> bool:
    before = everything()
    try:
        give(template, player)
    except GrantLimitReached:
        assert everything() == before
        return True
    return False


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_as_many_as_the_limit_and_not_one_more(adapter: Adapter, player: Player, limit: int) -> None:
    template = limited(limit)
    for _ in range(limit):
        give(template, player)
    assert slots(template) == list(range(limit))
    assert at_the_limit(template, player)


def test_without_a_limit_every_grant_takes_a_slot_too(adapter: Adapter, player: Player) -> None:
    template = limited(None)
    for _ in range(4):
        give(template, player)
    assert slots(template) == [0, 1, 2, 3]


def test_a_failed_grant_gives_its_slot_back(adapter: Adapter, simulator: Remote, player: Player) -> None:
    template = limited(1)
    simulator.put_faults(refused_players={"slot-player": {"code": "NO_WALLET"}})
    with pytest.raises(AdapterRejected):
        give(template, player)
    simulator.clear_faults()
    give(template, player)
    assert slots(template) == [None, 0]


def test_a_grant_cancelled_before_its_credit_gives_its_slot_back(adapter: Adapter, player: Player) -> None:
    template, url = limited(1), adapter.base_url
    change(adapter, base_url=closed_port())
    cancel(grant_id=give_in_vain(template, player).pk, cause=TEST_CAUSE)
    change(adapter, base_url=url)
    give(template, player)
    assert slots(template) == [None, 0]


def test_a_pending_grant_that_is_cancelled_gives_its_slot_back(
    adapter: Adapter, simulator: Remote, player: Player
) -> None:
    template = limited(1)
    simulator.change_settings(opening="pending")
    cancel(grant_id=give(template, player).pk, cause=TEST_CAUSE)
    give(template, player)
    assert slots(template) == [None, 0]


def test_a_grant_cancelled_after_its_credit_keeps_its_slot(adapter: Adapter, player: Player) -> None:
    template = limited(1)
    cancel(grant_id=give(template, player).pk, cause=TEST_CAUSE)
    assert slots(template) == [0]
    assert at_the_limit(template, player)


@pytest.mark.parametrize(
    "event", ["completed", "auto_completed", "lost", "expired", "forfeited", "cancelled", "reversed"]
)
def test_what_the_player_had_keeps_its_slot(adapter: Adapter, player: Player, event: str) -> None:
    template = limited(1)
    grant = give(template, player)
    if event == "reversed":
        deliver(grant, "bonus.completed")
    deliver(grant, f"bonus.{event}", ts=at(1))
    assert (current(grant).status, slots(template)) == (event, [0])
    assert at_the_limit(template, player)


@pytest.mark.parametrize("event", ["expired", "forfeited"])
def test_an_unclaimed_bonus_that_ended_keeps_its_slot(
    adapter: Adapter, simulator: Remote, player: Player, event: str
) -> None:
    template = limited(1)
    simulator.change_settings(opening="pending")
    deliver(give(template, player), f"bonus.{event}")
    assert at_the_limit(template, player)


def test_a_queued_grant_holds_its_slot(adapter: Adapter, player: Player) -> None:
    template, url = limited(1), adapter.base_url
    change(adapter, base_url=closed_port())
    give_in_vain(template, player)
    change(adapter, base_url=url)
    assert at_the_limit(template, player)


def test_the_lowest_free_slot_is_taken(adapter: Adapter, simulator: Remote, player: Player) -> None:
    template = limited(None)
    simulator.change_settings(opening="pending")
    grants = [give(template, player) for _ in range(4)]
    cancel(grant_id=grants[1].pk, cause=TEST_CAUSE)
    cancel(grant_id=grants[2].pk, cause=TEST_CAUSE)
    for _ in range(3):
        give(template, player)
    assert slots(template) == [0, None, None, 3, 1, 2, 4]


def test_a_limit_that_is_lowered_later_counts_all_that_hold_a_slot(
    adapter: Adapter, simulator: Remote, player: Player
) -> None:
    """Three are held and two allowed: one given back is not enough, also where a slot below the limit is free."""
    template = limited(5)
    simulator.change_settings(opening="pending")
    grants = [give(template, player) for _ in range(3)]
    change_template(template_id=template.pk, changes={"max_grants_per_player": 2}, by="tester")
    template.refresh_from_db()
    cancel(grant_id=grants[0].pk, cause=TEST_CAUSE)
    assert at_the_limit(template, player)
    cancel(grant_id=grants[1].pk, cause=TEST_CAUSE)
    give(template, player)
    assert slots(template) == [None, None, 2, 0]
    assert at_the_limit(template, player)


def on(day: str) -> time_machine.travel:
    return time_machine.travel(f"{day}T12:00:00Z", tick=True)


def test_cashback_is_limited_in_each_window(adapter: Adapter, player: Player) -> None:
    """Windows of seven days from the epoch, a Thursday: 1970-01-01 is day 0, 2026-11-19 is day 20776."""
    template = limited(1, type="cashback")
    request = {"loss_amount": 5000}
    with on("2026-11-19"):
        first = give(template, player, request=request)
    with on("2026-11-25"), pytest.raises(GrantLimitReached):
        give(template, player, request=request)
    with on("2026-11-26"):
        second = give(template, player, request=request)
    assert (first.window, second.window) == (20776, 20783)
    assert slots(template) == [0, 0]


def test_other_types_are_limited_for_good(adapter: Adapter, player: Player) -> None:
    template = limited(1)
    with on("2026-01-01"):
        assert give(template, player).window == 0
    with on("2029-01-01"):
        assert at_the_limit(template, player)
