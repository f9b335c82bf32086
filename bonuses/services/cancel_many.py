"""Cancelling many grants in the background. Who is meant is written down once; each is then cancelled by itself.

An item is claimed before its grant is touched, and what became of it is written after. Killed in between, the next
worker cancels it again once the claim has run out, and finds it cancelled by the wish that was kept.
"""

import time
import uuid
from datetime import timedelta

import structlog
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, UUIDField, Value
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from bonuses.lifecycle import LIVE, Cause, CauseKind
from bonuses.models import CancelItem, CancelJob, Grant
from bonuses.models.cancel_job import ItemOutcome, JobStatus
from bonuses.services.adapters import AdapterCapabilityMissing
from bonuses.services.cancel import GrantNotCancellable, cancel
from bonuses.services.credit import AdapterRejected, AdapterUnavailable
from integrations.errors import DomainError
from integrations.failpoints import failpoint

log = structlog.get_logger(__name__)

MOST = 100_000
"""Grants in one job."""
BATCH = 50
TIME_BOX = 10.0
"""Seconds after which a worker yields, so that other work of its queue gets its turn; the next tick goes on."""
CLAIM = timedelta(minutes=2)
"""Longer than all calls that cancelling one grant may take."""
TRIES = 3
"""Of an item that met an error of ours."""
DRAFT_FOR = timedelta(hours=1)
COLUMNS = ("job_id", "grant_id", "outcome", "detail", "tries")


class TooMany(DomainError):
    code = "VALIDATION_ERROR"

    def __init__(self) -> None:
        super().__init__(f"More than {MOST:,} live grants match. Narrow the filter.")


class NothingToCancel(DomainError):
    code = "VALIDATION_ERROR"

    def __init__(self) -> None:
        super().__init__("None of them is live: what has ended can't be cancelled.")


class JobNotStartable(DomainError):
    code = "JOB_NOT_STARTABLE"

    def __init__(self) -> None:
        super().__init__("This was started before, or its selection has become too old.")


def freeze(*, grants: QuerySet[Grant], selection: str, by: str) -> CancelJob:
    """Write down which of these are live, in one statement; nothing happens to them before `start`.

    Raises `TooMany` and `NothingToCancel`, nothing kept.
    """
    with transaction.atomic():
        CancelJob.objects.filter(status=JobStatus.DRAFT, created_at__lt=timezone.now() - DRAFT_FOR).delete()
        job = CancelJob.objects.create(selection=selection[:500], created_by=by)
        job.total = _write_down(job, grants)
        if job.total > MOST:
            raise TooMany
        if not job.total:
            raise NothingToCancel
        job.save(update_fields=["total"])
    return job


def start(*, job_id: uuid.UUID, reason: str, by: str) -> None:
    """Raises `JobNotStartable`: it has begun, or nobody said so in time."""
    now = timezone.now()
    drafts = CancelJob.objects.filter(pk=job_id, status=JobStatus.DRAFT, created_at__gte=now - DRAFT_FOR)
    if not drafts.update(status=JobStatus.RUNNING, reason=reason, started_by=by, started_at=now):
        raise JobNotStartable
    log.info("cancel_job_started", job_id=str(job_id))


def stop(*, job_id: uuid.UUID, by: str) -> bool:
    """What is being cancelled this moment is carried out, all others stay. False when there is nothing to stop."""
    running = CancelJob.objects.filter(pk=job_id, status=JobStatus.RUNNING)
    return bool(running.update(status=JobStatus.STOPPED, stopped_by=by, finished_at=timezone.now()))


def tally(job: CancelJob) -> dict[str, int]:
    """How many have come to each outcome, those with none included."""
    counted = CancelItem.objects.filter(job=job).order_by().values_list("outcome").annotate(Count("pk"))
    return {**dict.fromkeys(ItemOutcome.values, 0), **dict(counted)}


def carry_on() -> int:
    """A worker's turn at all that runs, a few of each job in turn. How many items came to an outcome."""
    until, done = time.monotonic() + TIME_BOX, 0
    while time.monotonic() < until:
        running = CancelJob.objects.filter(status=JobStatus.RUNNING).order_by("started_at")
        settled = sum(_take_some(job, until) for job in running)
        done += settled
        if not settled:
            break
    _finish()
    return done


def _write_down(job: CancelJob, grants: QuerySet[Grant]) -> int:
    rows = (
        grants.filter(status__in=LIVE)
        .order_by()
        .annotate(
            of_job=Value(job.pk, output_field=UUIDField()),
            no_outcome=Value(""),
            no_detail=Value(""),
            no_tries=Value(0),
        )
        .values_list("of_job", "pk", "no_outcome", "no_detail", "no_tries")
    )
    try:
        selected, params = rows[: MOST + 1].query.sql_with_params()
    except EmptyResultSet:
        return 0
    table = connection.ops.quote_name(CancelItem._meta.db_table)
    statement = f"""
        INSERT INTO {table} ({", ".join(COLUMNS)}) SELECT * FROM ({selected}) AS chosen ORDER BY 2
    """  # noqa: S608  only names of ours, and what the ORM compiled
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


def _take_some(job: CancelJob, until: float) -> int:
    now = timezone.now()
    items = CancelItem.objects.filter(_is_free(now), job=job, outcome=ItemOutcome.OPEN).order_by("id")[:BATCH]
    settled = 0
    for item in items:
        if time.monotonic() > until:
            break
        settled += _work(item, job)
    return settled


def _is_free(now: object) -> Q:
    return Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)


def _work(item: CancelItem, job: CancelJob) -> bool:
    """Whether it has come to an outcome, by our doing."""
    if not _claim(item):
        return False
    with bound_contextvars(grant_id=str(item.grant_id), job_id=str(job.pk)):
        outcome, detail = _cancel(item, job)
    failpoint("cancel_many.cancelled")
    # Who was held up until another took the item over writes nothing any more.
    mine = CancelItem.objects.filter(pk=item.pk, outcome=ItemOutcome.OPEN, claimed_until=item.claimed_until)
    if outcome is ItemOutcome.OPEN:
        return False
    return bool(mine.update(outcome=outcome, detail=detail[:500], claimed_until=None))


def _claim(item: CancelItem) -> bool:
    """Fails when another has it, and when the job has been stopped."""
    now = timezone.now()
    # A subquery, never a join: PostgreSQL would not look there again when the update had to wait for another one.
    running = CancelJob.objects.filter(pk=OuterRef("job_id"), status=JobStatus.RUNNING).order_by()
    free = CancelItem.objects.filter(_is_free(now), Exists(running), pk=item.pk, outcome=ItemOutcome.OPEN)
    until = now + CLAIM
    if not free.update(claimed_until=until, tries=F("tries") + 1):
        return False
    item.claimed_until = until
    item.tries += 1
    return True


def _cancel(item: CancelItem, job: CancelJob) -> tuple[ItemOutcome, str]:
    cause = Cause(CauseKind.ADMIN, actor=job.started_by)
    try:
        cancel(grant_id=item.grant_id, cause=cause, reason=job.reason, is_repeat=item.tries > 1)
    except GrantNotCancellable as error:
        return ItemOutcome.ENDED, f"It was {error.details['status']}."
    except AdapterUnavailable:
        return ItemOutcome.WAITING, ""
    except AdapterRejected as error:
        said = f"{error.details['platform_code']}: {error.details['platform_message']}"
        return ItemOutcome.REFUSED, f"{said}. The wish is kept and tried again."
    except AdapterCapabilityMissing as error:
        return ItemOutcome.REFUSED, error.message
    except Exception as error:
        log.exception("cancel_item_failed")
        # Left claimed: it is tried again when the claim has run out.
        return (ItemOutcome.BROKEN, type(error).__name__) if item.tries >= TRIES else (ItemOutcome.OPEN, "")
    return ItemOutcome.CANCELLED, ""


def _finish() -> None:
    left = CancelItem.objects.filter(job=OuterRef("pk"), outcome=ItemOutcome.OPEN).order_by()
    CancelJob.objects.filter(~Exists(left), status=JobStatus.RUNNING).update(
        status=JobStatus.DONE, finished_at=timezone.now()
    )
