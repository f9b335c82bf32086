"""What many calls came to, written in sets: the same as after one call."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bonuses.lifecycle import Status
from bonuses.models import Grant
from bonuses.services import transition
from bonuses.services.transition import Change, GrantChangedMeanwhile, lock_grants, save_all
from bonuses.services.wish import wish
from bonuses.tests.bulk import grant_of, granted, promises, write
from bonuses.tests.issuing import rate
from bonuses.tests.platform_reports import (
    TEST_CAUSE,
    at,
    current,
    deliver,
    drifts,
    everything,
    life_of,
    payloads,
    told,
)
from integrations.models import OutgoingEvent, WebhookDelivery
from integrations.platforms.answers import Granted, Refused
from integrations.platforms.base import PlatformBonus

pytestmark = pytest.mark.django_db


def test_what_was_granted_is_active_and_told_once() -> None:
    made = promises(3)
    write(made, granted)
    for number, promise in enumerate(made):
        grant = grant_of(promise)
        assert (grant.status, grant.platform_bonus_id) == ("active", f"pb-{number}")
        assert (life_of(grant), told(grant)) == (["queued", "active"], ["0:Created"])
        assert (grant.claimed_until, grant.next_attempt_at, grant.needs_person) == (None, None, False)
        assert grant.heard_at == grant.activated_at == grant.updated_at
        last = grant.transitions.last()
        assert last is not None
        assert (last.cause, last.actor, last.at, last.amounts["amount"]) == ("api", "tester", grant.activated_at, 1000)


def test_it_writes_what_one_call_writes(platform: object) -> None:
    """Column by column, but for ids and times."""
    together, alone, other = promises(3, time_limit_hours=24, wagering_requirement_multiplier=30)
    write([together, other], granted(7))
    write([alone], granted(7))
    unlike = {"id", "player_id", "created_at", "updated_at", "activated_at", "heard_at", "attempted_at", "expires_at"}

    def columns(grant: Grant) -> dict[str, object]:
        return {name: value for name, value in Grant.objects.values().get(pk=grant.pk).items() if name not in unlike}

    assert columns(grant_of(together)) == columns(grant_of(alone))
    bodies = [payloads(grant_of(promise))[0] for promise in (together, alone)]
    for body in bodies:
        for name in ("timestamp", "user_bonus_id", "user_id"):
            del body[name]
    assert bodies[0] == bodies[1]


def test_pending_and_what_has_ended_already_on_the_platform() -> None:
    made = promises(3)
    write(made, lambda number: granted(number, ["pending", "active", "forfeited"][number]))
    lives = [life_of(grant_of(promise)) for promise in made]
    assert lives == [["queued", "pending"], ["queued", "active"], ["queued", "pending", "forfeited"]]
    assert [told(grant_of(promise)) for promise in made] == [
        ["0:Pending"],
        ["0:Created"],
        ["0:Pending", "0:Forfeited"],
    ]


def test_what_was_refused_has_failed_and_gives_its_slot_back() -> None:
    made = promises(2)
    write(made, Refused("PLAYER_CLOSED", "The account is closed."))
    for promise in made:
        grant = grant_of(promise)
        assert (grant.status, grant.slot, grant.failure_code) == ("failed", None, "PLAYER_CLOSED")
        assert (grant.failure_message, told(grant)) == ("The account is closed.", [])
        assert (grant.claimed_until, grant.next_attempt_at) == (None, None)
        assert life_of(grant) == ["queued", "failed"]


def test_a_webhook_that_came_first_keeps_its_word() -> None:
    first, second, third = made = promises(3)
    deliver(grant_of(first), "bonus.credited")
    deliver(grant_of(second), "bonus.credited", platform_bonus_id="pb-theirs")
    deliver(grant_of(third), "bonus.credited")
    heard = [payloads(grant_of(promise)) for promise in made]
    write(made, lambda number: granted(5) if number < 2 else Refused("NO", "no"))
    assert [life_of(grant_of(promise)) for promise in made] == [["queued", "active"]] * 3
    assert [payloads(grant_of(promise)) for promise in made] == heard
    assert [grant_of(promise).platform_bonus_id for promise in made] == ["pb-5", "pb-theirs", ""]
    assert drifts(grant_of(second)) == [("other_platform_id", "pb-theirs", "pb-5")]
    assert grant_of(third).failure_code == ""


def test_the_same_answers_again_change_nothing_more() -> None:
    made = promises(2)
    write(made, granted)
    before = everything()
    write(made, granted)
    after = everything()
    for rows in (before["Grant"], after["Grant"]):
        for row in rows:
            del row["heard_at"], row["updated_at"]
    assert after == before


def test_what_was_ended_without_the_platform_meanwhile_is_drift_once() -> None:
    made = promises(2)
    write(made, Refused("NO", "no"))
    for _ in range(2):
        write(made, granted)
    for number, promise in enumerate(made):
        assert life_of(grant_of(promise)) == ["queued", "failed"]
        assert drifts(grant_of(promise)) == [("credited_after_end", "failed", "active")]
        assert grant_of(promise).platform_bonus_id == f"pb-{number}"


def test_an_answer_takes_nobody_elses_claim_away() -> None:
    made = promises(2)
    deliver(grant_of(made[0]), "bonus.credited")
    theirs = timezone.now() + timedelta(seconds=20)
    Grant.objects.update(claimed_until=theirs)
    write(made, granted)
    # The second left the queue, with which nobody has to find out any more.
    assert [grant_of(promise).claimed_until for promise in made] == [theirs, None]


def test_a_wish_that_came_during_the_call_is_due() -> None:
    made = promises(2)
    change = Change(current(grant_of(made[0])), cause=TEST_CAUSE, now=timezone.now())
    wish(change, Status.CANCELLED, reason="a mistake")
    with transition.transaction.atomic():
        change.save()
    write(made, granted)
    wished, other = (grant_of(promise) for promise in made)
    assert (wished.status, wished.wish, wished.next_attempt_at) == ("active", "cancelled", wished.activated_at)
    assert (other.status, other.wish, other.next_attempt_at) == ("active", "", None)


def test_what_was_received_while_we_asked_follows_an_ending_that_an_answer_tells() -> None:
    made = promises(2)
    grants = [grant_of(promise) for promise in made]
    for grant in grants:
        deliver(grant, "bonus.reversed", ts=at(5))
    old = WebhookDelivery.objects.get(grant_id=grants[1].pk)
    WebhookDelivery.objects.filter(pk=old.pk).update(received_at=timezone.now() - timedelta(minutes=5))
    write(made, granted(1, "completed"))
    assert life_of(grants[0]) == ["queued", "active", "completed", "reversed"]
    assert told(grants[0]) == ["0:Created", "0:Completed", "1:Reversed"]
    assert [step.cause for step in grants[0].transitions.order_by("seq")] == ["api", "api", "api", "webhook"]
    assert life_of(grants[1]) == ["queued", "active", "completed"]
    outcomes = dict(WebhookDelivery.objects.values_list("grant_id", "outcome"))
    assert outcomes == {grants[0].pk: "applied", grants[1].pk: "early"}


def test_one_that_can_not_be_written_does_not_hold_up_the_others() -> None:
    made = promises(5)
    broken = made[3]
    before = grant_of(broken)
    write(made, lambda number: Granted(PlatformBonus("pb-1" if number != 3 else "\ud800", "credited")))
    assert [grant_of(promise).status for promise in made] == ["active"] * 3 + ["queued", "active"]
    after = grant_of(broken)
    assert (after.claimed_until, after.next_attempt_at) == (before.claimed_until, before.next_attempt_at)
    assert (life_of(after), told(after)) == (["queued"], [])
    assert OutgoingEvent.objects.count() == 4


def test_each_event_carries_the_rate_of_its_own_currency() -> None:
    rate("SEK", "EUR", "0.1")
    rate("USD", "EUR", "0.5")
    made = [*promises(2, currency="SEK"), *promises(1, currency="USD"), *promises(1)]
    write(made, granted)
    assert [payloads(grant_of(promise))[0]["exchange_rate"] for promise in made] == [0.1, 0.1, 0.5, 1.0]


def test_who_changed_a_row_that_was_not_locked_is_told() -> None:
    grants = [grant_of(promise) for promise in promises(2)]
    deliver(grants[1], "bonus.credited")
    changes = [Change(grant, cause=TEST_CAUSE, now=timezone.now()) for grant in grants]
    for change in changes:
        change.move(Status.ACTIVE)
    before = everything()
    with pytest.raises(GrantChangedMeanwhile), transition.transaction.atomic():
        save_all(changes)
    assert everything() == before


def test_nothing_to_write() -> None:
    before = everything()
    write([], granted)
    with transition.transaction.atomic():
        save_all([])
        save_all([Change(grant, cause=TEST_CAUSE, now=timezone.now()) for grant in lock_grants([])])
    assert everything() == before


@pytest.mark.postgres
def test_the_number_of_statements_does_not_depend_on_the_number_of_grants() -> None:
    def statements(count: int) -> list[str]:
        made = promises(count, wagering_requirement_multiplier=30)
        with CaptureQueriesContext(connection) as captured:
            write(made, lambda number: granted(number) if number % 3 else Refused("NO", "no"))
        assert all(len(life_of(grant_of(promise))) == 2 for promise in made)
        return [query["sql"].split()[0] for query in captured.captured_queries]

    few = statements(10)
    assert few == ["SAVEPOINT", "SELECT", "SELECT", "UPDATE", "INSERT", "INSERT", "RELEASE"]
    assert statements(100) == few
