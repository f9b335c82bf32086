"""Claims on many grants at once, in as few statements as one takes: see `bonuses.services.claim`."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from bonuses.models import Grant
from bonuses.models.grant import GrantQuerySet
from bonuses.services.bulk.plan import Promise
from bonuses.services.claim import backoff, claim_until, creditable, in_doubt
from integrations.platforms.answers import NotSent, Unknown
from integrations.rows import update_rows

_RELEASED = ("claimed_until", "next_attempt_at", "attempted_at", "needs_person")


def release_many(answers: Collection[tuple[Promise, Unknown | NotSent]]) -> None:
    """Give up the claims that are still the caller's, after calls without a usable answer: the sweep carries on.

    What was never sent is due again when its answer says; it was never called for, so nobody has to ask for it first.
    """
    if not answers:
        return
    now = timezone.now()
    answer_of = {promise.order.grant_id: answer for promise, answer in answers}
    with transaction.atomic():
        held = _held([promise for promise, _ in answers], Grant.objects.all())
        rows = [_released(grant, promise, answer_of[grant.pk], now) for grant, promise in held]
        update_rows(Grant, found_by=("id",), fields=_RELEASED, rows=rows)


def reclaim_many(promises: Sequence[Promise]) -> list[Promise]:
    """Claim once more, under claims that are still the caller's, what the platform has certainly not seen.

    What must not be credited any more is left out and released; so is what somebody else has taken or decided.
    """
    now = timezone.now()
    with transaction.atomic():
        mine = [promise for _, promise in _held(promises, creditable(now))]
        for adapter in {promise.adapter for promise in mine}:
            until = claim_until(adapter, now)
            Grant.objects.filter(adapter=adapter, pk__in=[promise.order.grant_id for promise in mine]).update(
                claimed_until=until, next_attempt_at=until, attempts=F("attempts") + 1, attempted_at=now
            )
    claimed = {promise.order.grant_id for promise in mine}
    held_back = NotSent("not to be credited any more", retry_in=0.0)
    release_many([(promise, held_back) for promise in promises if promise.order.grant_id not in claimed])
    return [replace(promise, claimed_until=claim_until(promise.adapter, now)) for promise in mine]


def _held(promises: Sequence[Promise], grants: GrantQuerySet) -> list[tuple[Grant, Promise]]:
    """Those whose claim nobody has taken since, locked; only what is needed here is read."""
    by_id = {promise.order.grant_id: promise for promise in promises}
    if not by_id:
        return []
    found = grants.locked().filter(pk__in=by_id).only("claimed_until", "attempts", "attempted_at")
    return [(grant, by_id[grant.pk]) for grant in found if grant.claimed_until == by_id[grant.pk].claimed_until]


def _released(grant: Grant, promise: Promise, answer: Unknown | NotSent, now: datetime) -> tuple[Any, ...]:
    if isinstance(answer, NotSent):
        return grant.pk, None, now + timedelta(seconds=answer.retry_in), None, False
    retry_in, needs_person = in_doubt(promise.adapter, delay=backoff(grant.attempts))
    due = None if retry_in is None else now + timedelta(seconds=retry_in)
    return grant.pk, None, due, grant.attempted_at, needs_person
