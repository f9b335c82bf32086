"""The next recipients of a chunk are promised their bonuses, or told why not, in one transaction."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from bonuses.models import Player
from bonuses.services.bulk.plan import Candidate, Promise, Promised
from bonuses.services.bulk.promise_many import promise_many
from campaigns.approvals.ceiling import Limit, approved_cost, limit_of
from campaigns.fanout import marks
from campaigns.fanout.breakers import check_none_rests, resting
from campaigns.fanout.clock import from_now
from campaigns.fanout.ids import grant_id_of
from campaigns.fanout.lease import LEASE_SECONDS, Lease, LeaseLost
from campaigns.fanout.marks import Mark, skipped
from campaigns.fanout.pause import pause
from campaigns.fanout.plan import cause_of, plan_of
from campaigns.fanout.settle import count, recipients_of
from campaigns.lifecycle import Outcome, Status
from campaigns.models import Campaign, Chunk

TRIES = 5


@dataclass(slots=True)
class Wave:
    promises: list[Promise] = field(default_factory=list)
    decided: int = 0
    """Of how many it is known now what comes next: they are promised something, or skipped."""
    left: int = 0
    """Recipients of the chunk who are still to come."""


class Untouched(NamedTuple):
    """What is needed of a recipient."""

    pk: int
    number: int
    player_id: uuid.UUID


class BudgetTaken(Exception):
    """Another worker has used some of the budget since we looked."""


def next_wave(lease: Lease, *, size: int) -> Wave | None:
    """None when the campaign is not to go on. What it promises is committed, its first calls claimed for the caller.

    Raises `LeaseLost`, `PlatformResting`, and what `promise_many` raises, nothing written.
    """
    waits = resting()
    for _ in range(TRIES):
        try:
            with transaction.atomic(durable=True):
                return _promise(lease, size, waits)
        except BudgetTaken:
            continue
    return Wave(left=size)


def _promise(lease: Lease, size: int, waits: dict[uuid.UUID, float]) -> Wave | None:
    chunk = Chunk.objects.select_for_update(no_key=True).filter(pk=lease.chunk_id, epoch=lease.epoch).first()
    if chunk is None:
        raise LeaseLost
    campaign = (
        Campaign.objects.select_related("revision").annotate(approved_cost=approved_cost()).get(pk=chunk.campaign_id)
    )
    if campaign.status != Status.ISSUING or campaign.revision is None:
        return None
    recipients = _untouched(chunk, size)
    if not recipients:
        return Wave()
    if waits:
        check_none_rests(
            waits,
            Player.objects.filter(pk__in=[r.player_id for r in recipients])
            .values_list("origin", flat=True)
            .order_by()
            .distinct(),
        )
    limit = limit_of(campaign, approved_cost=campaign.approved_cost)
    ids = {recipient.player_id: grant_id_of(campaign, recipient.number) for recipient in recipients}
    promised = promise_many(
        plan=plan_of(campaign, campaign.revision),
        candidates=[Candidate(ids[recipient.player_id], recipient.player_id) for recipient in recipients],
        budget=None if limit.amount is None else limit.amount - campaign.budget_used,
        cause=cause_of(campaign),
        now=timezone.now(),
    )
    made = _marks(recipients, ids, promised)
    marks.write(made)
    count(chunk, made, untouched=F("untouched") - len(made), leased_until=from_now(LEASE_SECONDS))
    if _spend(campaign, promised, limit) and not made:
        return None
    return Wave(promised.promises, decided=len(made), left=chunk.untouched - len(made))


def _untouched(chunk: Chunk, size: int) -> list[Untouched]:
    found = recipients_of(chunk).filter(status=Outcome.PENDING, grant_id__isnull=True)[:size]
    return [Untouched(*row) for row in found.values_list("pk", "number", "player_id")]


def _marks(recipients: Sequence[Untouched], ids: Mapping[uuid.UUID, uuid.UUID], promised: Promised) -> list[Mark]:
    """Of those who are promised something, and of those who are refused; the others are to be tried again."""
    granted = {promise.order.grant_id for promise in promised.promises}
    made = []
    for recipient in recipients:
        refusal = promised.refusals.get(recipient.player_id)
        if refusal is not None:
            made.append(skipped(recipient.pk, reason=refusal.code, message=refusal.message))
        elif ids[recipient.player_id] in granted:
            made.append(Mark(recipient.pk, Outcome.PENDING, grant_id=ids[recipient.player_id]))
    return made


def _spend(campaign: Campaign, promised: Promised, limit: Limit) -> bool:
    """Whether as much is given as may be, and the campaign paused. Raises `BudgetTaken`.

    Last of all, so that nobody waits long for the campaign's row.
    """
    if promised.cost:
        fits = Q(budget_amount__isnull=True) | Q(budget_amount__gte=F("budget_used") + promised.cost)
        if limit.amount is not None:
            fits &= Q(budget_used__lte=limit.amount - promised.cost)
        if not Campaign.objects.filter(fits, pk=campaign.pk).update(budget_used=F("budget_used") + promised.cost):
            raise BudgetTaken
    if not promised.left_out:
        return False
    # Unless somebody has given back or taken some since we looked: then the next wave looks again.
    as_seen = {"budget_used": campaign.budget_used + promised.cost, "budget_amount": campaign.budget_amount}
    return pause(campaign.pk, limit.reason, **as_seen)
