"""Each report that moves a grant, in time, early and late."""

import pytest

from bonuses.lifecycle import Status
from bonuses.models import Grant
from bonuses.services import platform_event
from bonuses.tests.factories import GrantFactory
from bonuses.tests.platform_reports import (
    at,
    credited,
    current,
    deliver,
    drifts,
    everything,
    life_of,
    promised,
    status_of,
    told,
)

pytestmark = pytest.mark.django_db

ENDINGS = {
    "bonus.completed": ("completed", "0:Completed"),
    "bonus.auto_completed": ("auto_completed", "0:AutoCompleted"),
    "bonus.lost": ("lost", "0:Lost"),
    "bonus.expired": ("expired", "0:Expired"),
    "bonus.forfeited": ("forfeited", "0:Forfeited"),
    "bonus.cancelled": ("cancelled", "0:Forfeited"),
}
PAID_OUT = ("bonus.completed", "bonus.auto_completed", "bonus.lost")
WITHDRAWN = ("bonus.expired", "bonus.forfeited", "bonus.cancelled")


def pending() -> Grant:
    grant = promised()
    deliver(grant, "bonus.pending")
    return current(grant)


def test_pending_means_given_and_not_claimed() -> None:
    grant = pending()
    assert life_of(grant) == ["queued", "pending"]
    assert told(grant) == ["0:Pending"]
    assert grant.activated_at is None


def test_credited_makes_it_active() -> None:
    grant = credited()
    assert life_of(grant) == ["queued", "active"]
    assert told(grant) == ["0:Created"]
    assert grant.activated_at is not None
    assert grant.activated_at == current(grant).transitions.get(to_status="active").at


def test_a_claimed_bonus_goes_from_pending_to_active() -> None:
    grant = pending()
    deliver(grant, "bonus.credited")
    assert life_of(grant) == ["queued", "pending", "active"]
    assert told(grant) == ["0:Pending", "0:Created"]


@pytest.mark.parametrize("event", ENDINGS)
def test_an_active_bonus_ends_as_the_platform_says(event: str) -> None:
    status, key = ENDINGS[event]
    grant = credited(wagering_requirement_multiplier=30)
    assert grant.locked_amount == 1000
    answer = deliver(grant, event)
    assert (answer.applied, answer.new_status) == (True, status)
    assert life_of(grant) == ["queued", "active", status]
    assert told(grant) == ["0:Created", key]
    ended = current(grant)
    assert ended.ended_at is not None
    assert ended.locked_amount == 0
    assert ended.slot == 0


@pytest.mark.parametrize("event", PAID_OUT)
def test_what_can_only_end_on_the_account_implies_the_credit(event: str) -> None:
    status, key = ENDINGS[event]
    for grant, before, first in ((promised(), ["queued"], []), (pending(), ["queued", "pending"], ["0:Pending"])):
        deliver(grant, event)
        assert life_of(grant) == [*before, "active", status]
        assert told(grant) == [*first, "0:Created", key]
        assert current(grant).activated_at is not None


@pytest.mark.parametrize("event", WITHDRAWN)
def test_a_bonus_may_end_unclaimed(event: str) -> None:
    status, key = ENDINGS[event]
    grant = pending()
    deliver(grant, event)
    assert life_of(grant) == ["queued", "pending", status]
    assert told(grant) == ["0:Pending", key]
    assert current(grant).activated_at is None


def test_what_the_platform_cancels_before_it_gave_it_was_never_the_players() -> None:
    grant = promised()
    answer = deliver(grant, "bonus.cancelled", {"reason": "campaign withdrawn"})
    assert (answer.applied, answer.new_status) == (True, "cancelled")
    assert life_of(grant) == ["queued", "cancelled"]
    assert told(grant) == []
    ended = current(grant)
    assert (ended.slot, ended.next_attempt_at, ended.claimed_until) == (None, None, None)


@pytest.mark.parametrize("event", ["bonus.expired", "bonus.forfeited"])
def test_the_end_of_an_unclaimed_bonus_we_had_not_heard_of_implies_that_it_was_given(event: str) -> None:
    status, key = ENDINGS[event]
    grant = promised()
    deliver(grant, event)
    assert life_of(grant) == ["queued", "pending", status]
    assert told(grant) == ["0:Pending", key]


def test_an_implied_change_says_so() -> None:
    grant = promised()
    deliver(grant, "bonus.completed")
    assert list(current(grant).transitions.values_list("to_status", "cause", "reason")) == [
        ("queued", "api", ""),
        ("active", "webhook", "implied by a later report"),
        ("completed", "webhook", ""),
    ]


def test_implied_changes_and_events_come_together_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    grant = promised()
    before = everything()

    def die(name: str) -> None:
        raise SystemExit(name)

    monkeypatch.setattr(platform_event, "failpoint", die)
    with pytest.raises(SystemExit):
        deliver(grant, "bonus.completed", {"turned_real": 500})
    assert everything() == before


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("late", "data"),
    [
        ("bonus.pending", None),
        ("bonus.credited", None),
        ("bonus.wagered", {"bet_amount": 100, "game_category": "slots"}),
        ("bonus.wagered", {"total_wagered": 100}),
        ("bonus.wager_reverted", {"bet_amount": 100, "game_category": "slots"}),
        ("bonus.spins_completed", {"winnings": 100}),
        ("bonus.completed", {"turned_real": 100, "total_wagered": 100}),
        ("bonus.auto_completed", {"turned_real": 100}),
        ("bonus.lost", None),
        ("bonus.expired", None),
        ("bonus.forfeited", None),
        ("bonus.cancelled", None),
    ],
)
def test_what_comes_after_the_end_is_received_and_changes_nothing(ending: str, late: str, data: dict[str, int]) -> None:
    status, key = ENDINGS[ending]
    grant = credited()
    deliver(grant, ending)
    ended = current(grant)
    answer = deliver(grant, late, data)
    assert (answer.applied, answer.new_status) == (False, status)
    assert life_of(grant) == ["queued", "active", status]
    assert told(grant) == ["0:Created", key]
    assert drifts(grant) == []
    now = current(grant)
    assert (now.progress_hundredths, now.bonus_turned_real, now.amount) == (0, None, 1000)
    assert (now.ended_at, now.activated_at) == (ended.ended_at, ended.activated_at)


@pytest.mark.parametrize("late", ["bonus.pending", "bonus.credited"])
def test_what_an_active_bonus_has_left_behind_is_not_applied(late: str) -> None:
    grant = credited()
    assert deliver(grant, late).applied is False
    assert life_of(grant) == ["queued", "active"]
    assert told(grant) == ["0:Created"]


def test_the_reason_of_an_ending_is_kept() -> None:
    grant = credited()
    deliver(grant, "bonus.forfeited", {"reason": "the player asked for it"})
    assert current(grant).transitions.last().reason == "the player asked for it"


def test_what_was_paid_out_is_kept() -> None:
    grant = credited(wagering_requirement_multiplier=2)
    deliver(grant, "bonus.completed", {"turned_real": 750, "total_wagered": 2000})
    done = current(grant)
    assert (done.bonus_turned_real, done.wagering_progress) == (750, 2000)


def test_a_total_at_completion_never_lowers_the_progress() -> None:
    grant = credited(wagering_requirement_multiplier=2)
    deliver(grant, "bonus.wagered", {"total_wagered": 1500})
    deliver(grant, "bonus.completed", {"total_wagered": 1000})
    assert current(grant).wagering_progress == 1500


def test_the_platforms_id_is_filled_in_when_it_is_first_named() -> None:
    grant = promised()
    deliver(grant, "bonus.pending")
    deliver(grant, "bonus.credited", platform_bonus_id="pb-1")
    deliver(grant, "bonus.completed", platform_bonus_id="pb-1")
    assert current(grant).platform_bonus_id == "pb-1"
    assert drifts(grant) == []


def test_a_credit_by_webhook_leaves_the_queue() -> None:
    grant = promised()
    Grant.objects.filter(pk=grant.pk).update(needs_person=True)
    deliver(grant, "bonus.credited")
    done = current(grant)
    assert (done.needs_person, done.next_attempt_at) == (False, None)
    assert done.heard_at is not None


def test_a_wish_that_waited_for_the_outcome_is_due_when_the_webhook_tells_it() -> None:
    grant = promised()
    Grant.objects.filter(pk=grant.pk).update(wish="cancelled", needs_person=True, next_attempt_at=None)
    deliver(grant, "bonus.credited")
    done = current(grant)
    assert (done.state, done.wish, done.needs_person) == (Status.ACTIVE, "cancelled", False)
    assert done.next_attempt_at == done.updated_at


@pytest.mark.parametrize(
    ("wish", "echo", "ends_as"),
    [
        ("forfeited", "bonus.cancelled", "forfeited"),
        ("expired", "bonus.cancelled", "expired"),
        ("cancelled", "bonus.cancelled", "cancelled"),
        ("forfeited", "bonus.forfeited", "forfeited"),
        ("forfeited", "bonus.expired", "expired"),
        ("cancelled", "bonus.completed", "completed"),
        ("cancelled", "bonus.lost", "lost"),
    ],
)
def test_the_platforms_echo_of_our_cancel_ends_it_as_we_wished(wish: str, echo: str, ends_as: str) -> None:
    grant = credited()
    Grant.objects.filter(pk=grant.pk).update(wish=wish, wish_reason="our reason")
    deliver(grant, echo, {"reason": "their reason"})
    ended = current(grant)
    assert life_of(grant) == ["queued", "active", ends_as]
    assert (ended.wish, ended.next_attempt_at, ended.claimed_until) == ("", None, None)
    ours = wish == ends_as
    assert ended.transitions.last().reason == ("our reason" if ours else _their_reason(echo))


def _their_reason(echo: str) -> str:
    return "their reason" if echo in WITHDRAWN else ""


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
@pytest.mark.parametrize("event", ["bonus.pending", "bonus.credited", "bonus.completed", "bonus.reversed"])
def test_a_grant_that_was_never_credited_stays_ended(status: Status, event: str) -> None:
    grant = GrantFactory(status=status)
    assert deliver(grant, event, ts=at(5)).applied is False
    assert status_of(grant) == status
    assert told(grant) == []
    assert drifts(grant) == [("credited_after_end", status.value, event)]
