"""Two who want to call the platform for one grant at the same moment: the claim of the second waits, and then fails."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from bonuses.lifecycle import Status
from bonuses.models import Grant
from bonuses.services.claim import claim_credit, claim_ending, claim_question
from bonuses.services.transition import Change, lock_grant
from bonuses.tests.factories import GrantFactory
from bonuses.tests.locks import somebody_waits
from bonuses.tests.platform_reports import TEST_CAUSE, current

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def queued(**fields: Any) -> Grant:
    return current(GrantFactory(status=Status.QUEUED, **fields))


@contextmanager
def waiting(claim: Callable[[], bool], verdicts: list[bool]) -> Iterator[None]:
    """Within an open transaction: starts the claim and goes on once it waits for our lock; joined by the caller."""

    def run() -> None:
        try:
            verdicts.append(claim())
        finally:
            connection.close()

    rival = threading.Thread(target=run)
    with transaction.atomic():
        yield
        rival.start()
        until = time.monotonic() + 10
        while not somebody_waits():
            assert rival.is_alive()
            assert time.monotonic() < until
    rival.join(10)


@pytest.mark.parametrize(
    ("claim", "fields"),
    [
        (claim_credit, {"status": Status.QUEUED}),
        (claim_question, {"status": Status.QUEUED}),
        (claim_ending, {"status": Status.ACTIVE, "wish": "cancelled"}),
    ],
)
def test_of_two_claims_the_second_fails(claim: Callable[[Grant], bool], fields: dict[str, str]) -> None:
    grant = current(GrantFactory(**fields))
    mine, rivals = current(grant), current(grant)
    verdicts: list[bool] = []
    with waiting(lambda: claim(rivals), verdicts):
        assert claim(mine)
    assert verdicts == [False]
    row = current(grant)
    assert (row.claimed_until, row.attempts + row.wish_attempts) == (mine.claimed_until, 1)


def test_what_was_cancelled_meanwhile_is_not_credited() -> None:
    grant = queued()
    verdicts: list[bool] = []
    with waiting(lambda: claim_credit(grant), verdicts):
        change = Change(lock_grant(grant.pk), cause=TEST_CAUSE, now=timezone.now())
        change.move(Status.CANCELLED)
        change.save()
    assert verdicts == [False]
    row = current(grant)
    assert (row.status, row.attempted_at, row.claimed_until) == ("cancelled", None, None)


def test_who_has_read_it_before_anothers_attempt_does_not_take_it_for_untried() -> None:
    """Else a call that is not sent would set back `attempted_at`, and the other's unknown outcome be forgotten."""
    stale = queued()
    tried = timezone.now() - timedelta(seconds=60)
    Grant.objects.filter(pk=stale.pk).update(attempted_at=tried)
    assert not claim_credit(stale)
    assert not claim_question(stale)
    row = current(stale)
    assert (row.attempted_at, row.claimed_until, row.attempts) == (tried, None, 0)
    assert claim_credit(row)
