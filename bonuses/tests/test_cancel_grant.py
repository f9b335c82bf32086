"""Cancelling: the platform takes the bonus back first, then it is cancelled here."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bonuses.lifecycle import ENDED
from bonuses.models import Grant, GrantTransition
from bonuses.services import sweep
from bonuses.services.adapters import AdapterCapabilityMissing
from bonuses.services.cancel import GrantNotCancellable, cancel
from bonuses.services.credit import AdapterRejected, AdapterUnavailable
from bonuses.services.transition import GrantNotFound
from bonuses.tests.factories import GrantFactory
from bonuses.tests.issuing import Wire, change, give, make_due
from bonuses.tests.platform_reports import TEST_CAUSE, at, current, deliver, everything, life_of, payloads, told
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db


def cancel_it(grant: Grant, reason: str = "") -> Grant:
    return cancel(grant_id=grant.pk, cause=TEST_CAUSE, reason=reason)


def cancel_in_vain(grant: Grant, error: type[Exception]) -> None:
    """The platform does not play along: the bonus stays as it is, and the wish is kept."""
    before = current(grant).status
    with pytest.raises(error):
        cancel_it(grant, "a mistake")
    row = current(grant)
    assert (row.status, row.wish, row.wish_reason) == (before, "cancelled", "a mistake")
    assert (row.wish_cause, row.wish_actor) == ("api", "tester")
    assert (row.claimed_until, row.next_attempt_at is None) == (None, False)


def check_carried_out(grant: Grant, simulator: Remote) -> None:
    row = current(grant)
    assert (row.status, row.wish, row.next_attempt_at, row.claimed_until) == ("cancelled", "", None, None)
    assert simulator.grant(grant.pk)["status"] == "cancelled"
    assert simulator.ledger_of(grant.pk)["balance"] == 0
    assert life_of(grant) == ["queued", "active", "cancelled"]
    assert told(grant) == ["0:Created", "0:Forfeited"]


def test_an_active_bonus(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    grant = give()
    cancelled = cancel_it(grant, "a mistake")
    assert (cancelled.status, cancelled.locked_amount, cancelled.slot) == ("cancelled", 0, 0)
    assert cancelled.ended_at is not None
    check_carried_out(grant, simulator)
    _, call = wire.calls
    assert call.name == "cancel"
    assert call.headers["Idempotency-Key"] == f"cancel:{grant.pk}"
    assert call.json == {
        "grant_id": str(grant.pk),
        "platform_bonus_id": grant.platform_bonus_id,
        "reason": "a mistake",
    }


def test_who_and_why_is_in_the_audit_trail_and_in_the_event(adapter: Adapter) -> None:
    grant = give()
    cancel_it(grant, "a mistake")
    step = GrantTransition.objects.get(grant=grant, seq=3)
    assert (step.from_status, step.to_status, step.cause, step.actor) == ("active", "cancelled", "api", "tester")
    assert step.reason == "a mistake"
    _, event = payloads(grant)
    assert (event["status"], event["meta"]) == ("Forfeited", {"reason": "cancelled", "note": "a mistake"})


def test_without_a_reason(adapter: Adapter, wire: Wire) -> None:
    grant = give()
    cancel_it(grant)
    assert wire.calls[1].json["reason"] == "cancelled"
    assert payloads(grant)[1]["meta"] == {"reason": "cancelled"}


def test_a_pending_bonus(adapter: Adapter, simulator: Remote) -> None:
    simulator.change_settings(opening="pending")
    grant = give()
    assert (cancel_it(grant).status, current(grant).slot) == ("cancelled", None)
    assert (simulator.grant(grant.pk)["status"], simulator.credits(grant.pk)) == ("cancelled", 0)
    assert (life_of(grant), told(grant)) == (["queued", "pending", "cancelled"], ["0:Pending", "0:Forfeited"])


def test_a_reversed_bonus(adapter: Adapter, simulator: Remote) -> None:
    grant = give()
    for minute, event in enumerate(("bonus.completed", "bonus.reversed")):
        simulator.enqueue({"event": event, "grant_id": str(grant.pk)})
        deliver(grant, event, ts=at(minute))
    assert cancel_it(grant).status == "cancelled"
    assert simulator.grant(grant.pk)["status"] == "cancelled"
    assert life_of(grant) == ["queued", "active", "completed", "reversed", "cancelled"]
    assert told(grant) == ["0:Created", "0:Completed", "1:Reversed", "1:Forfeited"]


@pytest.mark.parametrize("status", sorted(ENDED))
def test_what_has_ended_can_not_be_cancelled(adapter: Adapter, wire: Wire, status: str) -> None:
    grant = GrantFactory(status=status)
    before = everything()
    with pytest.raises(GrantNotCancellable) as caught:
        cancel_it(grant)
    assert (caught.value.code, caught.value.details) == ("GRANT_NOT_CANCELLABLE", {"status": status})
    assert everything() == before
    assert wire.calls == []


def test_what_does_not_exist_can_not_be_cancelled(db: None) -> None:
    with pytest.raises(GrantNotFound):
        cancel(grant_id=uuid.uuid4(), cause=TEST_CAUSE)


def test_a_platform_that_can_not_take_back(adapter: Adapter, wire: Wire) -> None:
    grant = give()
    change(adapter, capabilities=["issue", "query_status", "idempotent"])
    before = everything()
    with pytest.raises(AdapterCapabilityMissing) as caught:
        cancel_it(grant)
    assert caught.value.details == {"adapter": "acme", "capability": "cancel"}
    assert everything() == before
    assert wire.names == ["grant"]


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_refusal_keeps_the_wish_and_it_is_carried_out(
    adapter: Adapter, simulator: Remote, wire: Wire, status: int
) -> None:
    grant = give()
    simulator.add_fault("refuse", call="cancel", status=status, code="NOT_NOW", count=2)
    cancel_in_vain(grant, AdapterRejected)
    make_due(grant)
    assert sweep.carry_out_wishes().put_off == 1
    make_due(grant)
    assert sweep.carry_out_wishes().done == 1
    check_carried_out(grant, simulator)
    assert wire.names == ["grant", "cancel", "status", "cancel", "status", "cancel"]
    assert GrantTransition.objects.get(grant=grant, seq=3).actor == "tester"


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "error", "status": 503},
        {"kind": "error", "status": 404},
        {"kind": "drop"},
        {"kind": "drop", "works": False},
        {"kind": "garbage"},
        {"kind": "oversized"},
        {"kind": "redirect"},
        {"kind": "hang", "delay_seconds": 1},
        {"kind": "late", "delay_seconds": 0.3},
    ],
    ids=str,
)
def test_trouble_keeps_the_wish_and_it_is_carried_out_once(
    adapter: Adapter, simulator: Remote, wire: Wire, rule: dict[str, Any]
) -> None:
    grant = give()
    change(adapter, read_timeout_ms=100)
    simulator.add_fault(**{**rule, "call": "cancel", "count": 1})
    cancel_in_vain(grant, AdapterUnavailable)
    change(adapter, read_timeout_ms=5000)
    make_due(grant)
    assert sweep.carry_out_wishes().done == 1
    assert wire.names == ["grant", "cancel", "cancel"]
    assert simulator.settle()
    check_carried_out(grant, simulator)


def test_asked_again_while_the_wish_is_kept(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """It does not wait for the sweep, and the first one's words stand."""
    grant = give()
    simulator.add_fault("error", call="cancel", count=1)
    cancel_in_vain(grant, AdapterUnavailable)
    assert cancel_it(grant, "another reason").status == "cancelled"
    assert wire.calls[2].json["reason"] == "a mistake"
    check_carried_out(grant, simulator)


def test_while_somebody_else_is_calling_for_it(adapter: Adapter, wire: Wire) -> None:
    grant = give()
    Grant.objects.filter(pk=grant.pk).update(claimed_until=timezone.now() + timedelta(seconds=20))
    with pytest.raises(AdapterUnavailable) as caught:
        cancel_it(grant)
    assert (caught.value.retry_after, wire.names) == (10, ["grant"])
    assert (current(grant).status, current(grant).wish) == ("active", "cancelled")


def test_the_platforms_own_report_comes_before_its_answer(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    grant = give()
    wire.after_next(lambda: deliver(grant, "bonus.cancelled", {"reason": "as you asked"}))
    assert cancel_it(grant, "a mistake").status == "cancelled"
    check_carried_out(grant, simulator)
    step = GrantTransition.objects.get(grant=grant, seq=3)
    assert (step.cause, step.reason) == ("webhook", "a mistake")


def test_the_platforms_own_report_comes_after_its_answer(adapter: Adapter, simulator: Remote) -> None:
    grant = give()
    cancel_it(grant)
    before = life_of(grant), told(grant)
    assert not deliver(grant, "bonus.cancelled").applied
    assert (life_of(grant), told(grant)) == before


def test_it_was_completed_a_moment_before(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """The report of it is still on its way; the platform refuses, and is asked why."""
    grant = give()
    simulator.enqueue({"event": "bonus.completed", "grant_id": str(grant.pk)})
    with pytest.raises(GrantNotCancellable) as caught:
        cancel_it(grant)
    assert caught.value.details == {"status": "completed"}
    assert wire.names == ["grant", "cancel", "status"]
    assert (life_of(grant), told(grant)) == (["queued", "active", "completed"], ["0:Created", "0:Completed"])
    assert not deliver(grant, "bonus.completed").applied


def test_it_was_completed_while_we_called(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    grant = give()
    simulator.enqueue({"event": "bonus.completed", "grant_id": str(grant.pk)})
    wire.before_next(lambda: deliver(grant, "bonus.completed"))
    with pytest.raises(GrantNotCancellable):
        cancel_it(grant)
    assert (life_of(grant), told(grant)) == (["queued", "active", "completed"], ["0:Created", "0:Completed"])


def test_an_earlier_wish_stands(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    grant = give()
    Grant.objects.filter(pk=grant.pk).update(wish="expired", wish_reason="its time is over", wish_cause="system")
    with pytest.raises(GrantNotCancellable) as caught:
        cancel_it(grant, "a mistake")
    assert (caught.value.details, wire.calls[1].json["reason"]) == ({"status": "expired"}, "expired")
    assert told(grant) == ["0:Created", "0:Expired"]


def test_a_platform_that_refuses_to_cancel_twice(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """Our first call did it and its answer was lost: what the platform calls cancelled ends here as we wished."""
    grant = give()
    Grant.objects.filter(pk=grant.pk).update(
        wish="forfeited", wish_reason="a bet too large", wish_cause="webhook", next_attempt_at=timezone.now()
    )
    simulator.add_fault("drop", call="cancel", count=1)
    assert sweep.carry_out_wishes().put_off == 1
    simulator.add_fault("refuse", call="cancel", status=409, code="ALREADY_CANCELLED")
    make_due(grant)
    sweep.carry_out_wishes()
    assert life_of(grant) == ["queued", "active", "forfeited"]
    assert GrantTransition.objects.get(grant=grant, seq=3).reason == "a bet too large"
    assert told(grant) == ["0:Created", "0:Forfeited"]
