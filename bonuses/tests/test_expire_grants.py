"""What is past its time is ended, on the platform first."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bonuses.lifecycle import ENDED
from bonuses.models import Grant, GrantTransition
from bonuses.services import sweep
from bonuses.tests.factories import GrantFactory
from bonuses.tests.issuing import Wire, change, give, give_in_vain, let_expire, let_time_pass, make_due, never_sent
from bonuses.tests.platform_reports import at, current, deliver, drifts, everything, life_of, told
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db


def sweep_all() -> None:
    sweep.expire_grants()
    sweep.retry_queued()
    sweep.carry_out_wishes()


def expired(grant: Grant) -> Grant:
    let_expire(grant)
    return grant


def test_an_active_bonus(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    grant = expired(give(time_limit_hours=1))
    assert sweep.expire_grants().done == 1
    assert (current(grant).status, current(grant).wish) == ("active", "expired")
    sweep.carry_out_wishes()
    assert wire.calls[1].json["reason"] == "expired"
    assert simulator.grant(grant.pk)["status"] == "cancelled"
    assert (life_of(grant), told(grant)) == (["queued", "active", "expired"], ["0:Created", "0:Expired"])
    step = GrantTransition.objects.get(grant=grant, seq=3)
    assert (step.cause, step.actor, step.reason) == ("system", "", "its time is over")


def test_a_pending_bonus(adapter: Adapter, simulator: Remote) -> None:
    simulator.change_settings(opening="pending")
    grant = expired(give(time_limit_hours=1))
    sweep_all()
    assert (life_of(grant), told(grant)) == (["queued", "pending", "expired"], ["0:Pending", "0:Expired"])
    assert (current(grant).slot, simulator.credits(grant.pk)) == (0, 0)


def test_a_reversed_bonus(adapter: Adapter, simulator: Remote) -> None:
    grant = give(time_limit_hours=1)
    for minute, event in enumerate(("bonus.lost", "bonus.reversed")):
        simulator.enqueue({"event": event, "grant_id": str(grant.pk)})
        deliver(grant, event, ts=at(minute))
    sweep_all()
    assert current(grant).status == "reversed"
    expired(grant)
    sweep_all()
    assert life_of(grant) == ["queued", "active", "lost", "reversed", "expired"]
    assert told(grant)[2:] == ["1:Reversed", "1:Expired"]


def test_a_queued_grant_that_was_never_sent(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """Nobody ever had it, so it is cancelled: nothing expired."""
    grant = expired(never_sent(adapter))
    wire.calls.clear()
    make_due(grant)
    sweep_all()
    assert (life_of(grant), told(grant), wire.calls) == (["queued", "cancelled"], [], [])
    assert (current(grant).slot, simulator.credits(grant.pk)) == (None, 0)
    assert GrantTransition.objects.get(grant=grant, seq=2).reason == "its time is over"


def test_a_queued_grant_that_was_not_seen(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    simulator.add_fault("error", count=1)
    grant = expired(give_in_vain())
    make_due(grant)
    sweep_all()
    assert current(grant).status == "queued"
    let_time_pass(grant)
    sweep_all()
    assert (life_of(grant), wire.names) == (["queued", "cancelled"], ["grant", "status", "status"])


def test_a_queued_grant_that_was_credited_after_all(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    simulator.add_fault("drop", count=1)
    grant = expired(give_in_vain())
    make_due(grant)
    sweep_all()
    assert wire.names == ["grant", "status", "cancel"]
    assert (life_of(grant), told(grant)) == (["queued", "active", "expired"], ["0:Created", "0:Expired"])


@pytest.mark.parametrize("expires_in", [None, timedelta(seconds=60)])
def test_what_is_not_past_its_time(adapter: Adapter, expires_in: timedelta | None) -> None:
    grant = give()
    Grant.objects.filter(pk=grant.pk).update(expires_at=expires_in and timezone.now() + expires_in)
    before = everything()
    assert sweep.expire_grants().done == 0
    assert everything() == before


@pytest.mark.parametrize("status", sorted(ENDED))
def test_what_has_ended_before(adapter: Adapter, wire: Wire, status: str) -> None:
    GrantFactory(status=status, expires_at=timezone.now() - timedelta(days=1))
    before = everything()
    sweep_all()
    assert everything() == before
    assert wire.calls == []


def test_a_bonus_that_came_back_with_more_time(adapter: Adapter, simulator: Remote) -> None:
    grant = expired(give(time_limit_hours=1))
    deliver(grant, "bonus.lost", ts=at(0))
    later = timezone.now() + timedelta(hours=1)
    deliver(grant, "bonus.reversed", {"expires_at": later.isoformat()}, ts=at(1))
    sweep_all()
    assert (current(grant).status, current(grant).expires_at) == ("reversed", later)


def test_the_platform_has_ended_it_already(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    grant = expired(give(time_limit_hours=1))
    simulator.enqueue({"event": "bonus.expired", "grant_id": str(grant.pk)})
    sweep_all()
    assert wire.names == ["grant", "cancel", "status"]
    assert (life_of(grant), told(grant)) == (["queued", "active", "expired"], ["0:Created", "0:Expired"])


def test_it_was_completed_at_the_last_moment(adapter: Adapter, simulator: Remote) -> None:
    grant = expired(give(time_limit_hours=1))
    simulator.enqueue({"event": "bonus.completed", "grant_id": str(grant.pk)})
    sweep_all()
    assert told(grant) == ["0:Created", "0:Completed"]


def test_a_platform_that_can_not_take_back(adapter: Adapter, simulator: Remote) -> None:
    change(adapter, capabilities=["issue", "query_status", "idempotent"])
    grant = expired(give(time_limit_hours=1))
    for _ in range(2):
        sweep_all()
    assert (current(grant).status, current(grant).next_attempt_at) == ("active", None)
    assert drifts(grant) == [("platform_cannot_cancel", "expired", "active")]


def test_a_wish_that_was_first_stands(adapter: Adapter, simulator: Remote) -> None:
    grant = expired(give(time_limit_hours=1))
    Grant.objects.filter(pk=grant.pk).update(
        wish="forfeited", wish_reason="a bet too large", wish_cause="webhook", next_attempt_at=timezone.now()
    )
    sweep_all()
    assert life_of(grant) == ["queued", "active", "forfeited"]
