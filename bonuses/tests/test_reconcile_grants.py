"""The platform has been silent about a bonus for too long: it is asked, and what we missed is taken over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bonuses.models import Grant, GrantTransition
from bonuses.services import sweep
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory
from bonuses.tests.issuing import Wire, change, closed_port, give, poison
from bonuses.tests.platform_reports import at, current, deliver, drifts, everything, life_of, told
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db


def silent(grant: Grant, *, hours: int = 25) -> Grant:
    Grant.objects.filter(pk=grant.pk).update(heard_at=timezone.now() - timedelta(hours=hours))
    return current(grant)


@pytest.mark.parametrize("status", ["completed", "auto_completed", "lost", "expired", "forfeited", "cancelled"])
def test_an_ending_that_we_missed_is_taken_over(adapter: Adapter, simulator: Remote, wire: Wire, status: str) -> None:
    grant = silent(give())
    simulator.enqueue({"event": f"bonus.{status}", "grant_id": str(grant.pk)})
    assert sweep.reconcile_grants().done == 1
    assert wire.names == ["grant", "status"]
    assert life_of(grant) == ["queued", "active", status]
    step = GrantTransition.objects.get(grant=grant, seq=3)
    assert (step.cause, step.reason) == ("system", "found by reconciliation")
    assert (len(told(grant)), drifts(grant)) == (2, [])


def test_a_claim_that_we_missed_is_taken_over(adapter: Adapter, simulator: Remote) -> None:
    simulator.change_settings(opening="pending")
    grant = silent(give())
    simulator.enqueue({"event": "bonus.credited", "grant_id": str(grant.pk)})
    sweep.reconcile_grants()
    assert (life_of(grant), told(grant)) == (["queued", "pending", "active"], ["0:Pending", "0:Created"])


def test_claimed_and_completed_meanwhile(adapter: Adapter, simulator: Remote) -> None:
    simulator.change_settings(opening="pending")
    grant = silent(give())
    for event in ("bonus.credited", "bonus.completed"):
        simulator.enqueue({"event": event, "grant_id": str(grant.pk)})
    sweep.reconcile_grants()
    assert life_of(grant) == ["queued", "pending", "active", "completed"]
    assert told(grant) == ["0:Pending", "0:Created", "0:Completed"]


@pytest.mark.parametrize("platform_says", ["credited", "active"])
def test_where_both_agree_only_the_time_is_noted(adapter: Adapter, simulator: Remote, platform_says: str) -> None:
    grant = silent(give())
    if platform_says == "active":
        simulator.enqueue({"event": "bonus.wagered", "grant_id": str(grant.pk), "data": {"total_wagered": 1}})
    asked_at = timezone.now()
    sweep.reconcile_grants()
    row = current(grant)
    assert row.heard_at is not None
    assert row.heard_at >= asked_at
    assert (row.status, row.claimed_until, row.next_attempt_at, row.transition_count) == ("active", None, None, 2)
    assert drifts(grant) == []
    assert sweep.reconcile_grants().done == 0


def test_a_reversed_bonus_that_is_on_the_account_agrees(adapter: Adapter, simulator: Remote) -> None:
    grant = give()
    for minute, event in enumerate(("bonus.lost", "bonus.reversed")):
        simulator.enqueue({"event": event, "grant_id": str(grant.pk)})
        deliver(grant, event, ts=at(minute))
    silent(grant)
    assert sweep.reconcile_grants().done == 1
    assert (current(grant).status, drifts(grant)) == ("reversed", [])


def test_what_is_missing_there_is_drift_once(adapter: Adapter, wire: Wire) -> None:
    grant = silent(GrantFactory())
    for _ in range(2):
        assert sweep.reconcile_grants().done == 1
        silent(grant)
    assert drifts(grant) == [("missing_on_platform", "active", "unknown")]
    assert (current(grant).status, told(grant), wire.names) == ("active", [], ["status", "status"])


def test_what_can_not_be_true_is_drift(adapter: Adapter, simulator: Remote) -> None:
    """We saw it on the account, and there it still waits for its claim."""
    simulator.change_settings(opening="pending")
    grant = give()
    deliver(grant, "bonus.credited")
    silent(grant)
    sweep.reconcile_grants()
    assert (current(grant).status, drifts(grant)) == ("active", [("status_differs", "active", "pending")])


def test_another_platform_id_is_drift(adapter: Adapter, simulator: Remote) -> None:
    grant = give()
    theirs = simulator.grant(grant.pk)["platform_bonus_id"]
    change(adapter, capabilities=["issue", "query_status", "idempotent"])
    Grant.objects.filter(pk=grant.pk).update(platform_bonus_id="...")
    silent(grant)
    sweep.reconcile_grants()
    assert drifts(grant) == [("other_platform_id", "...", theirs)]


def test_a_report_that_comes_while_we_ask_is_newer_than_the_answer(
    adapter: Adapter, simulator: Remote, wire: Wire
) -> None:
    grant = silent(give())
    wire.after_next(lambda: deliver(grant, "bonus.completed"))
    sweep.reconcile_grants()
    assert (life_of(grant), drifts(grant)) == (["queued", "active", "completed"], [])


def test_an_ending_that_we_wished_for_is_found_as_we_wished(adapter: Adapter, simulator: Remote) -> None:
    grant = silent(give())
    later = timezone.now() - timedelta(seconds=1)
    Grant.objects.filter(pk=grant.pk).update(wish="expired", wish_reason="its time is over", next_attempt_at=later)
    simulator.enqueue({"event": "bonus.cancelled", "grant_id": str(grant.pk)})
    sweep.reconcile_grants()
    assert life_of(grant) == ["queued", "active", "expired"]
    assert GrantTransition.objects.get(grant=grant, seq=3).reason == "its time is over"


def test_a_wish_is_still_carried_out_afterwards(adapter: Adapter, simulator: Remote) -> None:
    grant = silent(give())
    Grant.objects.filter(pk=grant.pk).update(
        wish="expired", wish_cause="system", next_attempt_at=timezone.now() - timedelta(seconds=1)
    )
    sweep.reconcile_grants()
    assert current(grant).wish == "expired"
    sweep.carry_out_wishes()
    assert current(grant).status == "expired"


def test_who_was_heard_of_lately_is_not_asked_about(adapter: Adapter, wire: Wire) -> None:
    silent(give(), hours=23)
    before = everything()
    assert sweep.reconcile_grants().done == 0
    assert everything() == before
    assert wire.names == ["grant"]


@pytest.mark.parametrize("status", ["queued", "failed", "completed"])
def test_only_what_the_platform_holds_is_asked_about(adapter: Adapter, wire: Wire, status: str) -> None:
    silent(GrantFactory(status=status))
    assert sweep.reconcile_grants().done == 0
    assert wire.calls == []


def test_trouble_is_put_off_and_does_not_stand_in_the_way(
    adapter: Adapter, simulator: Remote, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One at a time is looked at, the longest silent first; the next round takes the next."""
    away = AdapterFactory(slug="away", kind="simulator", base_url=closed_port())
    unreachable = silent(GrantFactory(adapter=away), hours=50)
    sound = silent(give())
    monkeypatch.setattr(sweep, "MOST", 1)
    assert sweep.reconcile_grants().put_off == 1
    assert sweep.reconcile_grants().done == 1
    assert current(sound).heard_at > timezone.now() - timedelta(hours=1)  # type: ignore[operator]
    row = current(unreachable)
    assert (row.status, row.claimed_until, drifts(row)) == ("active", None, [])


def test_a_platform_that_can_not_be_asked_does_not_stand_in_the_way(
    adapter: Adapter, simulator: Remote, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    mute = AdapterFactory(slug="mute", kind="simulator", base_url=simulator.url, capabilities=["issue", "cancel"])
    silent(GrantFactory(adapter=mute), hours=50)
    sound = silent(give(player=PlayerFactory()))
    monkeypatch.setattr(sweep, "MOST", 1)
    wire.calls.clear()
    assert sweep.reconcile_grants().done == 1
    assert wire.names == ["status"]
    assert current(sound).heard_at > timezone.now() - timedelta(hours=1)  # type: ignore[operator]


def test_one_that_breaks_does_not_hold_up_the_others(adapter: Adapter, simulator: Remote) -> None:
    rotten, sound = silent(give(), hours=50), silent(give())
    for grant in (rotten, sound):
        simulator.enqueue({"event": "bonus.completed", "grant_id": str(grant.pk)})
    poison(rotten)
    swept = sweep.reconcile_grants()
    assert (swept.done, swept.broken) == (1, 1)
    assert current(sound).status == "completed"
    assert sweep.reconcile_grants().broken == 0
