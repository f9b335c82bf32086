"""Many calls without a usable answer: claims are given up in sets, and the sweep carries on."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bonuses.models import Grant
from bonuses.services import sweep
from bonuses.services.bulk.claims import reclaim_many, release_many
from bonuses.services.claim import claim_until
from bonuses.services.stop import stop
from bonuses.tests.bulk import grant_of, granted, promises, write
from bonuses.tests.issuing import let_expire
from bonuses.tests.platform_reports import deliver, everything, life_of
from integrations.models import Adapter
from integrations.platforms.answers import GrantAnswer, NotSent, Unknown
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db

UNKNOWN = Unknown("read timed out")
NOT_SENT = NotSent("no connection", retry_in=7.0)
IN_TURN: tuple[GrantAnswer, ...] = (UNKNOWN, NOT_SENT)


def able(*capabilities: str) -> None:
    Adapter.objects.update(capabilities=["issue", *capabilities])


def delays() -> list[float]:
    now = timezone.now()
    due = Grant.objects.order_by("pk").values_list("next_attempt_at", flat=True)
    return [(at - now).total_seconds() for at in due if at is not None]


def test_what_may_have_been_seen_is_asked_for_after_a_while_of_its_own() -> None:
    made = promises(5)
    Grant.objects.filter(pk=made[4].order.grant_id).update(attempts=4)
    write(made, UNKNOWN)
    for promise in made:
        grant = grant_of(promise)
        assert (life_of(grant), grant.claimed_until, grant.needs_person) == (["queued"], None, False)
        assert grant.was_attempted
    *first, fourth = delays()
    assert all(2 < delay <= 5 for delay in first)
    assert len(set(first)) == 4
    assert 19 < fourth <= 40


@pytest.mark.parametrize(("can", "is_asked"), [(["cancel", "query_status"], True), (["cancel"], False)])
def test_a_platform_that_would_credit_again_needs_a_person(*, can: list[str], is_asked: bool) -> None:
    promises(1)
    able(*can)
    made = promises(2)
    write(made, UNKNOWN)
    for promise in made:
        grant = grant_of(promise)
        assert (grant.needs_person, grant.claimed_until, grant.was_attempted) == (True, None, True)
        assert (grant.next_attempt_at is not None) == is_asked


def test_what_was_never_sent_leaves_no_doubt_behind() -> None:
    promises(1)
    able("cancel")
    made = promises(2)
    write(made, NOT_SENT)
    for promise in made:
        grant = grant_of(promise)
        assert (grant.claimed_until, grant.attempted_at, grant.needs_person) == (None, None, False)
        assert (life_of(grant), grant.attempts) == (["queued"], 1)
    assert all(5 < delay <= 7 for delay in delays()[1:])


def test_answers_of_every_kind_in_one_call() -> None:
    kinds: list[GrantAnswer] = [granted(), UNKNOWN, NOT_SENT]
    made = promises(6)
    write(made, lambda number: kinds[number % 3])
    rows = [grant_of(promise) for promise in made]
    assert [(row.status, row.was_attempted) for row in rows] == 2 * [
        ("active", True),
        ("queued", True),
        ("queued", False),
    ]


def test_who_has_lost_his_claim_changes_nothing() -> None:
    made = promises(3)
    deliver(grant_of(made[0]), "bonus.credited")
    theirs = timezone.now() + timedelta(seconds=20)
    Grant.objects.filter(pk=made[1].order.grant_id).update(claimed_until=theirs)
    before = everything()
    write(made[:2], lambda number: IN_TURN[number])
    assert everything() == before
    assert reclaim_many(made[:2]) == []
    assert everything() == before


def test_a_platform_that_is_back_wakes_what_waits_for_it() -> None:
    waiting, now_granted = promises(1), promises(1)
    write(waiting, UNKNOWN)
    write(now_granted, granted, breaker_closed=[waiting[0].adapter])
    due = grant_of(waiting[0]).next_attempt_at
    assert due is not None
    assert due <= timezone.now()


def test_what_was_never_sent_may_be_claimed_again_under_the_same_claim() -> None:
    made = promises(3)
    again = reclaim_many(made)
    assert [promise.order for promise in again] == [promise.order for promise in made]
    for promise in again:
        grant = grant_of(promise)
        assert grant.attempted_at is not None
        assert promise.claimed_until == claim_until(promise.adapter, grant.attempted_at)
        assert (grant.claimed_until, grant.next_attempt_at) == (promise.claimed_until, promise.claimed_until)
        assert grant.attempts == 2
    before = everything()
    # The old claim is nobody's any more.
    release_many([(promise, NOT_SENT) for promise in made])
    assert everything() == before
    write(again, granted)
    assert [life_of(grant_of(promise)) for promise in made] == [["queued", "active"]] * 3


def test_what_must_not_be_credited_any_more_is_released_instead() -> None:
    free, blocked, wished, expired = made = promises(4)
    type(grant_of(blocked).player).objects.filter(pk=grant_of(blocked).player_id).update(status="banned")
    Grant.objects.filter(pk=wished.order.grant_id).update(wish="cancelled")
    let_expire(grant_of(expired))
    assert [promise.order for promise in reclaim_many(made)] == [free.order]
    for promise in (blocked, wished, expired):
        grant = grant_of(promise)
        assert (grant.claimed_until, grant.attempted_at, grant.attempts) == (None, None, 1)
        assert grant.next_attempt_at is not None
        assert grant.next_attempt_at <= timezone.now()


def test_nothing_is_claimed_again_while_issuing_is_stopped() -> None:
    made = promises(2)
    stop(scope="all", target=None, reason="test", by="tester")
    assert reclaim_many(made) == []
    assert [grant_of(promise).claimed_until for promise in made] == [None, None]


def test_the_sweep_carries_on(adapter: Adapter, simulator: Remote) -> None:
    made = promises(2)
    write(made, lambda number: IN_TURN[number])
    Grant.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert sweep.retry_queued().done == 2
    assert [life_of(grant_of(promise)) for promise in made] == [["queued", "active"]] * 2
    assert [simulator.credits(promise.order.grant_id) for promise in made] == [1, 1]


@pytest.mark.postgres
def test_the_number_of_statements_does_not_depend_on_the_number_of_grants() -> None:
    def statements(count: int) -> list[str]:
        made = promises(count)
        with CaptureQueriesContext(connection) as captured:
            again = reclaim_many(made)
            write(again, lambda number: IN_TURN[number % 2])
        return [query["sql"].split()[0] for query in captured.captured_queries]

    few = statements(10)
    assert few == ["SAVEPOINT", "SELECT", "UPDATE", "RELEASE"] * 2
    assert statements(100) == few
