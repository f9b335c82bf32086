"""What the schedule does for campaigns: it finds what no hint told of, and what only time brings about."""

import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Now
from django.utils import timezone

from bonuses.lifecycle import Status as GrantStatus
from bonuses.models import Grant
from campaigns.fanout import hint
from campaigns.fanout.finish import finish
from campaigns.fanout.lease import free_chunks
from campaigns.fanout.settle import settle
from campaigns.lifecycle import BEGUN, Outcome, Status
from campaigns.models import Campaign, Chunk, Recipient, chunk
from campaigns.services.errors import ApprovalRequired
from campaigns.services.issue_campaign import issue_campaign
from campaigns.services.lock_campaign import lock_campaign
from integrations.errors import DomainError

log = structlog.get_logger(__name__)

SECONDS = 1.5
"""A tick ends before the next one is due; that one goes on."""
MOST_HINTS = 32
HINT_EXPIRES = 2.0
"""Seconds: the next tick sends new ones, so that none pile up while all workers are busy."""
BATCH = 100
AT_WORK = (*BEGUN, Status.CANCELLED)


def tick() -> None:
    until = time.monotonic() + SECONDS
    _each(_due(), _start)
    at_work = list(Campaign.objects.filter(status__in=AT_WORK, finished_at=None))
    _each([campaign.pk for campaign in at_work if campaign.snapshot_at], lambda pk: _settle(pk, until))
    finish(*(campaign.pk for campaign in at_work))
    _each([campaign.pk for campaign in at_work if campaign.status != Status.PAUSED], _hint)


def _each(campaign_ids: list[uuid.UUID], work: Callable[[uuid.UUID], None]) -> None:
    """Trouble with one is no reason to leave out the others."""
    for campaign_id in campaign_ids:
        try:
            work(campaign_id)
        except Exception:
            log.exception("campaign_tick_failed", campaign_id=str(campaign_id))


def _due() -> list[uuid.UUID]:
    due = Campaign.objects.filter(status=Status.SCHEDULED, scheduled_at__lte=timezone.now()).order_by("scheduled_at")
    if settings.CAMPAIGN_APPROVAL_THRESHOLD is not None:
        # An approval or an edit clears the reason. Till then nothing would come of counting the audience every time.
        due = due.exclude(status_reason__startswith=ApprovalRequired.code)
    return list(due.values_list("pk", flat=True))


def _start(campaign_id: uuid.UUID) -> None:
    """What stands in its way is shown, and may be gone by the next tick."""
    try:
        with transaction.atomic():
            # Who has put it off since we looked, or taken it from the schedule, has been told that it won't begin.
            if _is_due(lock_campaign(campaign_id)):
                issue_campaign(campaign_id=campaign_id, by="schedule")
    except DomainError as error:
        waiting = Campaign.objects.filter(pk=campaign_id, status=Status.SCHEDULED)
        waiting.update(status_reason=f"{error.code}: {error.message}"[:500])


def _is_due(campaign: Campaign) -> bool:
    planned = campaign.scheduled_at
    return campaign.state is Status.SCHEDULED and planned is not None and planned <= timezone.now()


def _hint(campaign_id: uuid.UUID) -> None:
    campaign = Campaign.objects.get(pk=campaign_id)
    if campaign.snapshot_at is None:
        wanted = int(campaign.status == Status.ISSUING)
    elif campaign.status == Status.CANCELLED:
        wanted = int(Chunk.objects.filter(campaign=campaign, untouched__gt=0).exists())
    else:
        wanted = min(free_chunks().filter(campaign=campaign)[:MOST_HINTS].count(), MOST_HINTS)
    for _ in range(wanted):
        hint.send(campaign_id, expires=HINT_EXPIRES)


def _settle(campaign_id: uuid.UUID, until: float) -> None:
    for chunk_id in _with_news(campaign_id)[:BATCH].values_list("pk", flat=True):
        if time.monotonic() >= until:
            return
        try:
            settle(chunk_id)
        except Exception:
            # The chunks after it have done nothing wrong.
            log.exception("chunk_not_settled", campaign_id=str(campaign_id), chunk=chunk_id)


def _with_news(campaign_id: uuid.UUID) -> QuerySet[Chunk]:
    """Chunks where a grant has an outcome that its recipient does not show yet. Who holds a lease settles his own."""
    first = OuterRef("number") * Value(chunk.SIZE)
    known = Grant.objects.filter(pk=OuterRef("grant_id")).exclude(status=GrantStatus.QUEUED).order_by()
    news = Recipient.objects.filter(
        Exists(known),
        campaign=OuterRef("campaign"),
        status=Outcome.PENDING,
        grant_id__isnull=False,
        number__gte=first,
        number__lt=first + chunk.SIZE,
    ).order_by()
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=Now())
    waiting = Chunk.objects.filter(free, campaign=campaign_id, pending__gt=F("untouched"))
    # One of them, not `Exists`: of that PostgreSQL would make a join, and read all grants there are for it.
    told = waiting.alias(news=Subquery(news.values("pk")[:1])).filter(news__isnull=False)
    return told.order_by("number")
