"""Writes down what has become of the recipients whose grants are known: after each wave, and by the schedule."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, QuerySet

from bonuses.lifecycle import Status
from bonuses.models import Grant
from campaigns.fanout.marks import LONGEST_MESSAGE, LONGEST_REASON, Mark, skipped, write
from campaigns.lifecycle import Outcome
from campaigns.models import Campaign, Chunk, Recipient, chunk
from integrations.failpoints import failpoint
from integrations.rows import among

KNOWN = (
    "pk",
    "status",
    "attempted_at",
    "activated_at",
    "platform_bonus_id",
    "failure_code",
    "failure_message",
    "amount_base",
)


@dataclass(frozen=True, slots=True)
class Settled:
    marks: list[Mark]
    given_back: int
    """Of the budget."""


def recipients_of(of: Chunk) -> QuerySet[Recipient]:
    first = of.number * chunk.SIZE
    return Recipient.objects.filter(campaign=of.campaign_id, number__gte=first, number__lt=first + chunk.SIZE).order_by(
        "number"
    )


def lock_chunk(chunk_id: int) -> Chunk:
    return Chunk.objects.select_for_update(no_key=True).get(pk=chunk_id)


def settle(chunk_id: int) -> int:
    """How many recipients of the chunk are settled now that were not before."""
    with transaction.atomic(durable=True):
        locked = lock_chunk(chunk_id)
        settled = _look(locked)
        write(settled.marks)
        count(locked, settled.marks)
        if settled.given_back:
            Campaign.objects.filter(pk=locked.campaign_id).update(budget_used=F("budget_used") - settled.given_back)
    failpoint("fanout.settled")
    return len(settled.marks)


def count(locked: Chunk, marks: Iterable[Mark], **more: object) -> None:
    """The chunk's counters, after these were written in the same transaction."""
    became = Counter(mark.status for mark in marks)
    del became[Outcome.PENDING]
    if not became and not more:
        return
    Chunk.objects.filter(pk=locked.pk).update(
        pending=F("pending") - became.total(),
        **{outcome.value: F(outcome.value) + times for outcome, times in became.items()},
        **more,
    )


def _look(locked: Chunk) -> Settled:
    waiting = recipients_of(locked).filter(status=Outcome.PENDING, grant_id__isnull=False)
    recipients = dict(waiting.values_list("grant_id", "pk"))
    grants = Grant.objects.filter(among(Grant, recipients)).exclude(status=Status.QUEUED).order_by().only(*KNOWN)
    marks, given_back = [], 0
    for grant in grants if recipients else ():
        mark = _mark(recipients[grant.pk], grant)
        marks.append(mark)
        if mark.status is not Outcome.GRANTED:
            given_back += grant.amount_base
    return Settled(marks, given_back)


def _mark(recipient_id: int, grant: Grant) -> Mark:
    if grant.state is Status.FAILED:
        outcome = Outcome.FAILED if grant.was_attempted else Outcome.SKIPPED
        reason, message = grant.failure_code[:LONGEST_REASON], grant.failure_message[:LONGEST_MESSAGE]
        return Mark(recipient_id, outcome, reason, message, grant.pk)
    if grant.state is Status.CANCELLED and not grant.was_credited and not grant.platform_bonus_id:
        message = "The grant was cancelled before it was credited."
        return skipped(recipient_id, reason="GRANT_CANCELLED", message=message, grant_id=grant.pk)
    return Mark(recipient_id, Outcome.GRANTED, grant_id=grant.pk)
