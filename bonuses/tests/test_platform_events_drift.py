"""What the platform says and should not: recorded for a person, once, and never silent."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bonuses.lifecycle import Status
from bonuses.models import Drift, Grant
from bonuses.services.transition import Change, lock_grant
from bonuses.tests.factories import GrantFactory
from bonuses.tests.platform_reports import TEST_CAUSE, at, bet, credited, current, deliver, drifts, told

pytestmark = pytest.mark.django_db

WAGER = {"bet_amount": 100, "game_category": "slots"}


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("bonus.pending", None),
        ("bonus.credited", None),
        ("bonus.spins_completed", {"winnings": 5}),
        ("bonus.wagered", WAGER),
        ("bonus.completed", None),
        ("bonus.auto_completed", None),
        ("bonus.lost", None),
        ("bonus.reversed", None),
    ],
)
def test_the_player_has_what_we_hold_as_failed_or_cancelled(status: Status, event: str, data: dict[str, int]) -> None:
    grant = GrantFactory(status=status)
    answer = deliver(grant, event, data)
    assert (answer.applied, answer.new_status) == (False, status.value)
    assert drifts(grant) == [("credited_after_end", status.value, event)]
    assert told(grant) == []
    assert current(grant).slot is None


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
@pytest.mark.parametrize("event", ["bonus.expired", "bonus.forfeited", "bonus.cancelled", "bonus.sparkled"])
def test_that_the_player_does_not_have_it_is_no_drift(status: Status, event: str) -> None:
    grant = GrantFactory(status=status)
    assert deliver(grant, event).applied is False
    assert drifts(grant) == []


@pytest.mark.parametrize("status", [Status.EXPIRED, Status.FORFEITED])
def test_a_late_credit_of_what_the_platform_ended_unclaimed_is_just_late(status: Status) -> None:
    grant = GrantFactory(status=status, activated_at=None)
    assert deliver(grant, "bonus.credited").applied is False
    assert drifts(grant) == []


def test_a_credit_of_what_we_cancelled_after_it_was_credited_is_just_late() -> None:
    grant = credited()
    deliver(grant, "bonus.cancelled")
    assert deliver(grant, "bonus.credited").applied is False
    assert drifts(grant) == []


def test_more_than_the_maximum_win_was_paid_out() -> None:
    grant = credited(max_win_cap=5000)
    answer = deliver(grant, "bonus.completed", {"turned_real": 5001})
    assert (answer.applied, answer.new_status) == (True, "completed")
    assert drifts(grant) == [("turned_real_over_cap", "5000", "5001")]
    assert current(grant).bonus_turned_real == 5001
    assert told(grant) == ["0:Created", "0:Completed"]


@pytest.mark.parametrize(("cap", "paid"), [(5000, 5000), (None, 10**12), (5000, None)])
def test_the_maximum_itself_is_fine(cap: int | None, paid: int | None) -> None:
    grant = credited(max_win_cap=cap)
    deliver(grant, "bonus.completed", {"turned_real": paid})
    assert drifts(grant) == []


def test_another_platform_id_is_recorded_and_ours_stays() -> None:
    grant = credited()
    deliver(grant, "bonus.wagered", WAGER, platform_bonus_id="pb-1")
    deliver(grant, "bonus.wagered", WAGER, platform_bonus_id="x" * 200)
    assert current(grant).platform_bonus_id == "pb-1"
    assert drifts(grant) == [("other_platform_id", "pb-1", "x" * 100)]
    assert current(grant).wagering_progress == 200


def test_what_is_said_often_is_shown_once_until_it_is_resolved() -> None:
    grant = GrantFactory(status=Status.CANCELLED)
    for _ in range(3):
        bet(grant, 100)
    assert len(drifts(grant)) == 1
    Drift.objects.update(resolved_at=timezone.now(), resolved_by="ann")
    bet(grant, 100)
    assert len(drifts(grant)) == 2


def test_a_refused_change_leaves_no_drift_behind() -> None:
    grant: Grant = GrantFactory(status=Status.CANCELLED)
    change = Change(lock_grant(grant.pk), cause=TEST_CAUSE, now=timezone.now())
    change.drift("some_kind", ours="a", theirs="b")
    assert drifts(grant) == []


def test_an_event_long_after_the_end_is_no_drift_of_a_credited_grant() -> None:
    grant = credited()
    deliver(grant, "bonus.lost", ts=at(1))
    deliver(grant, "bonus.wagered", WAGER, ts=at(1) + timedelta(days=90))
    assert drifts(grant) == []
