"""Cancelling what the platform may not even have seen: never attempted it is simple, attempted it is resolved first."""

import pytest

from bonuses.models import Grant
from bonuses.services import sweep
from bonuses.services.adapters import AdapterCapabilityMissing
from bonuses.services.cancel import cancel
from bonuses.services.credit import AdapterUnavailable
from bonuses.tests.issuing import Wire, change, give_in_vain, let_time_pass, make_due, never_sent
from bonuses.tests.platform_reports import TEST_CAUSE, current, deliver, drifts, everything, life_of, told
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db


def cancel_in_vain(grant: Grant) -> Grant:
    with pytest.raises(AdapterUnavailable):
        cancel(grant_id=grant.pk, cause=TEST_CAUSE, reason="a mistake")
    row = current(grant)
    assert (row.status, row.wish, row.wish_reason) == ("queued", "cancelled", "a mistake")
    return row


@pytest.mark.parametrize("can_cancel", [True, False])
def test_never_attempted(adapter: Adapter, simulator: Remote, wire: Wire, can_cancel: bool) -> None:
    grant = never_sent(adapter)
    change(adapter, capabilities=["issue", "cancel"] if can_cancel else ["issue"])
    wire.calls.clear()
    cancelled = cancel(grant_id=grant.pk, cause=TEST_CAUSE, reason="a mistake")
    assert (cancelled.status, cancelled.slot, cancelled.next_attempt_at) == ("cancelled", None, None)
    assert (wire.calls, simulator.credits(grant.pk)) == ([], 0)
    assert (life_of(grant), told(grant)) == (["queued", "cancelled"], [])
    make_due(grant)
    assert sweep.retry_queued().done == 0


def test_a_credit_that_is_reported_all_the_same_is_drift(adapter: Adapter) -> None:
    grant = never_sent(adapter)
    cancel(grant_id=grant.pk, cause=TEST_CAUSE)
    deliver(grant, "bonus.credited")
    assert drifts(grant) == [("credited_after_end", "cancelled", "bonus.credited")]
    assert (current(grant).status, told(grant)) == ("cancelled", [])


def test_attempted_and_credited(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    simulator.add_fault("drop", count=1)
    grant = give_in_vain()
    assert cancel(grant_id=grant.pk, cause=TEST_CAUSE).status == "cancelled"
    assert wire.names == ["grant", "status", "cancel"]
    assert simulator.grant(grant.pk)["status"] == "cancelled"
    assert life_of(grant) == ["queued", "active", "cancelled"]
    assert told(grant) == ["0:Created", "0:Forfeited"]


def test_attempted_and_still_possible(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """A 404 proves nothing yet: the platform credits a moment later, and it is taken back."""
    change(adapter, read_timeout_ms=100)
    simulator.add_fault("late", count=1, delay_seconds=3)
    grant = give_in_vain()
    change(adapter, read_timeout_ms=5000)
    cancel_in_vain(grant)
    assert wire.names == ["grant", "status"]
    assert simulator.settle()
    make_due(grant)
    sweep.retry_queued()
    assert (current(grant).status, current(grant).wish) == ("active", "cancelled")
    sweep.carry_out_wishes()
    assert (simulator.credits(grant.pk), simulator.grant(grant.pk)["status"]) == (1, "cancelled")
    assert life_of(grant) == ["queued", "active", "cancelled"]


def test_attempted_and_never_seen(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """It is dropped only when the platform can't credit it any more, and is not sent meanwhile."""
    simulator.add_fault("error", count=1)
    grant = give_in_vain()
    cancel_in_vain(grant)
    make_due(grant)
    sweep.retry_queued()
    assert current(grant).status == "queued"
    let_time_pass(grant)
    sweep.retry_queued()
    row = current(grant)
    assert (row.status, row.slot, row.wish) == ("cancelled", None, "")
    assert wire.names == ["grant", "status", "status", "status"]
    assert (life_of(grant), told(grant), simulator.credits(grant.pk)) == (["queued", "cancelled"], [], 0)


def test_cancelled_at_once_when_the_time_is_over_already(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    simulator.add_fault("error", count=1)
    grant = give_in_vain()
    let_time_pass(grant)
    assert cancel(grant_id=grant.pk, cause=TEST_CAUSE).status == "cancelled"
    assert wire.names == ["grant", "status"]


def test_attempted_and_out_of_reach(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    simulator.put_faults(outage={"mode": "close"})
    grant = give_in_vain()
    cancel_in_vain(grant)
    simulator.clear_faults()
    let_time_pass(grant)
    sweep.retry_queued()
    assert current(grant).status == "cancelled"
    assert simulator.credits(grant.pk) == 0


def test_a_platform_that_can_not_be_asked_leaves_it_to_a_person(
    adapter: Adapter, simulator: Remote, wire: Wire
) -> None:
    change(adapter, capabilities=["issue", "cancel", "idempotent"])
    simulator.add_fault("drop", count=1)
    grant = give_in_vain()
    assert cancel_in_vain(grant).needs_person
    assert wire.names == ["grant"]


def test_attempted_at_a_platform_that_can_not_take_back(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    change(adapter, capabilities=["issue", "query_status", "idempotent"])
    simulator.add_fault("drop", count=1)
    grant = give_in_vain()
    before = everything()
    with pytest.raises(AdapterCapabilityMissing):
        cancel(grant_id=grant.pk, cause=TEST_CAUSE)
    assert everything() == before
    assert wire.names == ["grant"]


def test_cancelled_while_the_credit_is_under_way(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """The call is claimed, so the wish waits for its outcome; then it is carried out."""
    grant = never_sent(adapter)
    make_due(grant)
    wire.before_next(lambda: cancel_in_vain(grant))
    sweep.retry_queued()
    assert (current(grant).status, current(grant).wish) == ("active", "cancelled")
    sweep.carry_out_wishes()
    assert (simulator.credits(grant.pk), simulator.grant(grant.pk)["status"]) == (1, "cancelled")
    assert life_of(grant) == ["queued", "active", "cancelled"]
