"""What the schedule does: retry, carry out wishes, end what has expired, and ask about what has been silent."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from bonuses.lifecycle import LIVE, SYSTEM, Status
from bonuses.models import Grant
from bonuses.models.grant import GrantQuerySet
from bonuses.services.claim import LONGEST_DELAY, postpone
from bonuses.services.credit import AdapterRejected, AdapterUnavailable
from bonuses.services.finish import finish
from bonuses.services.reconcile import reconcile
from bonuses.services.retry import retry
from bonuses.services.transition import changing
from bonuses.services.wish import wish
from integrations.models import Adapter
from integrations.rows import among

log = structlog.get_logger(__name__)

BATCH = 100
MOST = 10_000
"""More than there is time for."""
TIME_BOX = 10.0
"""Seconds after which a sweep yields, so that other work of its queue gets its turn; the next tick goes on."""

HELD_BY_PLATFORM = LIVE - {Status.QUEUED}


@dataclass(slots=True)
class Swept:
    done: int = 0
    put_off: int = 0
    broken: int = 0


def retry_queued() -> Swept:
    """Carry on what is queued and due."""
    now = timezone.now()
    due = (
        Grant.objects.filter(status=Status.QUEUED, next_attempt_at__lte=now).unclaimed(now).order_by("next_attempt_at")
    )
    return _sweep(due, lambda grant: retry(grant, cause=SYSTEM))


def carry_out_wishes() -> Swept:
    """End what we want ended and the platform holds."""
    now = timezone.now()
    due = (
        Grant.objects.filter(status__in=HELD_BY_PLATFORM, next_attempt_at__lte=now)
        .exclude(wish="")
        .unclaimed(now)
        .order_by("next_attempt_at")
    )
    return _sweep(due, finish)


def expire_grants() -> Swept:
    """Wish for the end of what is past its time; `carry_out_wishes` and `retry_queued` do the rest."""
    past = Grant.objects.filter(status__in=LIVE, expires_at__lte=timezone.now(), wish="").order_by("expires_at")
    return _sweep(past, _expire)


def reconcile_grants() -> Swept:
    """Ask the platform about grants it has not spoken of for `RECONCILE_AFTER_HOURS`."""
    now = timezone.now()
    silent_since = now - timedelta(hours=settings.RECONCILE_AFTER_HOURS)
    # Only those that can be asked, and not those just put off: the oldest would be in the way of all others for ever.
    askable = [adapter.pk for adapter in Adapter.objects.all() if adapter.can("query_status")]
    silent = (
        Grant.objects.filter(status__in=HELD_BY_PLATFORM, adapter__in=askable)
        .filter(Q(heard_at__lte=silent_since) | Q(heard_at__isnull=True))
        .filter(Q(next_attempt_at__lte=now) | Q(next_attempt_at__isnull=True))
        .unclaimed(now)
        .order_by("heard_at")
    )
    return _sweep(silent, reconcile)


def _sweep(due: GrantQuerySet, work: Callable[[Grant], object]) -> Swept:
    """Do the work for each grant due at the start, one by one; trouble with one does not hold up the others."""
    swept, until = Swept(), time.monotonic() + TIME_BOX
    for grant in _each(due):
        if time.monotonic() > until:
            break
        try:
            with bound_contextvars(grant_id=str(grant.pk)):
                work(grant)
            swept.done += 1
        except (AdapterRejected, AdapterUnavailable):
            swept.put_off += 1
        except Exception:
            swept.broken += 1
            # Out of the way of the others; the log says why, and it comes back.
            postpone(grant, seconds=LONGEST_DELAY)
            log.exception("sweep_failed", grant_id=str(grant.pk))
    return swept


def _each(due: GrantQuerySet) -> Iterator[Grant]:
    """Each once, however many: a worker that is killed leaves a whole wave behind. Read anew just before their turn."""
    ids = list(due.values_list("pk", flat=True)[:MOST])
    for start in range(0, len(ids), BATCH):
        some = due.filter(among(Grant, ids[start : start + BATCH]))
        yield from some.select_related("revision", "player", "adapter")


def _expire(grant: Grant) -> None:
    with changing(grant, cause=SYSTEM) as change:
        locked = change.grant
        if locked.is_live and locked.expires_at is not None and locked.expires_at <= change.now:
            wish(change, Status.EXPIRED, reason="its time is over")
