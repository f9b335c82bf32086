"""Endings that we decide: the wish is kept, the platform ends the bonus, and then it has ended here."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bonuses.models import Grant, GrantTransition
from bonuses.services import sweep
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.issuing import Wire, change, give, make_due, poison
from bonuses.tests.platform_reports import at, bet, current, deliver, drifts, everything, life_of, payloads, told
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db


def limited(simulator: Remote, **fields: object) -> Grant:
    """An active bonus of €10 to be wagered ten times, with bets of at most €5."""
    template = TemplateFactory(
        wagering_requirement_multiplier=Decimal(10), max_bet_during_wagering=500, max_grants_per_player=None
    )
    return give(template, PlayerFactory(), **fields)


def unwanted(simulator: Remote) -> Grant:
    grant = limited(simulator)
    bet(grant, 501, bet_id="b-1")
    return current(grant)


def test_a_bet_over_the_maximum_ends_the_bonus(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    grant = unwanted(simulator)
    assert (grant.status, grant.wish) == ("active", "forfeited")
    assert sweep.carry_out_wishes().done == 1
    _, call = wire.calls
    assert (call.name, call.json["reason"]) == ("cancel", "forfeited")
    assert simulator.grant(grant.pk)["status"] == "cancelled"
    row = current(grant)
    assert (row.status, row.wish, row.next_attempt_at, row.locked_amount) == ("forfeited", "", None, 0)
    assert life_of(grant) == ["queued", "active", "forfeited"]
    step = GrantTransition.objects.get(grant=grant, seq=3)
    assert (step.cause, step.actor) == ("webhook", "acme")
    assert step.reason == "bet b-1 of 501 on slots; the maximum is 500"
    assert [event["status"] for event in payloads(grant)] == ["Created", "Forfeited"]


def test_it_stays_as_it_is_until_the_platform_has_ended_it(adapter: Adapter, simulator: Remote) -> None:
    grant = unwanted(simulator)
    simulator.put_faults(outage={"mode": "close"})
    for _ in range(2):
        make_due(grant)
        assert sweep.carry_out_wishes().put_off == 1
    assert (current(grant).status, current(grant).wish_attempts) == ("active", 2)
    assert told(grant) == ["0:Created"]
    simulator.clear_faults()
    make_due(grant)
    sweep.carry_out_wishes()
    assert life_of(grant) == ["queued", "active", "forfeited"]


def test_what_is_not_due_is_left_alone(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    grant = unwanted(simulator)
    Grant.objects.filter(pk=grant.pk).update(next_attempt_at=timezone.now() + timedelta(seconds=5))
    before = everything()
    assert sweep.carry_out_wishes().done == 0
    assert everything() == before
    assert wire.names == ["grant"]


def test_what_somebody_else_has_claimed_is_left_alone(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    grant = unwanted(simulator)
    Grant.objects.filter(pk=grant.pk).update(claimed_until=timezone.now() + timedelta(seconds=5))
    assert sweep.carry_out_wishes().done == 0
    assert wire.names == ["grant"]


def test_the_platforms_own_report_ends_it_as_we_wished(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """Our cancel comes back as `bonus.cancelled`, before its answer."""
    grant = unwanted(simulator)
    wire.after_next(lambda: deliver(grant, "bonus.cancelled", {"reason": "forfeited"}, ts=at(1)))
    sweep.carry_out_wishes()
    assert life_of(grant) == ["queued", "active", "forfeited"]
    assert told(grant) == ["0:Created", "0:Forfeited"]


def test_a_reversal_makes_the_wish_void(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """It ended, and the platform has put it back: that it was to end belonged to the life before."""
    grant = unwanted(simulator)
    deliver(grant, "bonus.lost", ts=at(1))
    deliver(grant, "bonus.reversed", ts=at(2))
    assert (current(grant).status, current(grant).wish) == ("reversed", "")
    assert sweep.carry_out_wishes().done == 0
    assert wire.names == ["grant"]


def test_a_platform_that_can_not_take_back_is_for_a_person(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    change(adapter, capabilities=["issue", "query_status", "idempotent"])
    grant = unwanted(simulator)
    sweep.carry_out_wishes()
    make_due(grant)
    sweep.carry_out_wishes()
    row = current(grant)
    assert (row.status, row.wish, row.next_attempt_at) == ("active", "forfeited", None)
    assert drifts(grant) == [("platform_cannot_cancel", "forfeited", "active")]
    assert (wire.names, told(grant)) == (["grant"], ["0:Created"])


def test_the_platform_may_end_it_by_itself_afterwards(adapter: Adapter, simulator: Remote) -> None:
    change(adapter, capabilities=["issue", "query_status", "idempotent"])
    grant = unwanted(simulator)
    sweep.carry_out_wishes()
    deliver(grant, "bonus.lost", ts=at(1))
    assert life_of(grant) == ["queued", "active", "lost"]


def test_trouble_with_one_does_not_hold_up_the_others(adapter: Adapter, simulator: Remote) -> None:
    rotten, sound = unwanted(simulator), unwanted(simulator)
    poison(rotten)
    swept = sweep.carry_out_wishes()
    assert (swept.done, swept.put_off, swept.broken) == (1, 0, 1)
    assert current(sound).status == "forfeited"
    assert sweep.carry_out_wishes().broken == 0


def test_a_refusal_of_one_does_not_hold_up_the_others(adapter: Adapter, simulator: Remote) -> None:
    refused, sound = unwanted(simulator), unwanted(simulator)
    simulator.add_fault("refuse", call="cancel", grant_id=str(refused.pk))
    swept = sweep.carry_out_wishes()
    assert (swept.done, swept.put_off, swept.broken) == (1, 1, 0)
    assert (current(refused).status, current(sound).status) == ("active", "forfeited")
