"""Who is in a campaign is decided once, when it begins: in one statement, however many they are."""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, UUIDField, Value, Window
from django.db.models.functions import Now, RowNumber

from campaigns.approvals.check import check_approved
from campaigns.approvals.review import untouched
from campaigns.audience import audience_of, held_out_of
from campaigns.fanout.clock import from_now
from campaigns.lifecycle import BEGUN, Outcome, Status
from campaigns.models import Campaign, Chunk, Recipient, chunk
from integrations.failpoints import failpoint

CLAIM = timedelta(minutes=2)
"""Only spares others the work: two who take a snapshot at once find out at its end."""
COLUMNS = ("campaign_id", "number", "player_id", "status", "reason", "message")


class SnapshotSuperseded(Exception):
    """Somebody else took it, or the campaign was cancelled."""


def ensure_snapshot(campaign: Campaign) -> bool:
    """Whether there is one now; False when somebody else is taking it, or the campaign is no longer to have one."""
    if campaign.snapshot_at is not None:
        return True
    if not _claim(campaign):
        return False
    try:
        with transaction.atomic(durable=True):
            _take(campaign)
            _check_approved(campaign)
            failpoint("fanout.snapshot")
    except SnapshotSuperseded:
        return False
    except BaseException:
        Campaign.objects.filter(pk=campaign.pk).update(snapshot_claimed_until=None)
        raise
    campaign.refresh_from_db()
    return True


def _check_approved(campaign: Campaign) -> None:
    """Of those who were written down just now, and by the rules that they were chosen by. Raises `ApprovalRequired`."""
    # A list may have been changed since it was read, so that its version is not that of the players any more.
    campaign.segment.refresh_from_db(fields=["members_version"])
    check_approved(campaign, untouched(campaign))


def _claim(campaign: Campaign) -> bool:
    free = Q(snapshot_claimed_until__isnull=True) | Q(snapshot_claimed_until__lte=Now())
    missing = Campaign.objects.filter(free, pk=campaign.pk, snapshot_at__isnull=True, status=Status.ISSUING)
    return missing.update(snapshot_claimed_until=from_now(CLAIM.total_seconds())) == 1


def _take(campaign: Campaign) -> None:
    audience, held_out = _insert_recipients(campaign)
    Chunk.objects.bulk_create(_chunks(campaign, audience), batch_size=1000, ignore_conflicts=True)
    if connection.vendor == "postgresql":
        # Foreign keys now, and not at the commit: it takes as long again, and who pauses or cancels would wait for it.
        connection.check_constraints()
    taken = Campaign.objects.filter(pk=campaign.pk, snapshot_at__isnull=True, status__in=BEGUN).update(
        audience_count=audience, holdout_count=held_out, snapshot_at=Now(), snapshot_claimed_until=None
    )
    if not taken:
        raise SnapshotSuperseded


def _insert_recipients(campaign: Campaign) -> tuple[int, int]:
    """How many there are now, and how many are held out: of the same players, whoever comes or goes meanwhile."""
    rows = (
        audience_of(campaign)
        .order_by()
        .annotate(
            of_campaign=Value(campaign.pk, output_field=UUIDField()),
            place=Window(RowNumber(), order_by=F("pk").asc()) - 1,
            outcome=Value(Outcome.PENDING.value),
            nothing=Value(""),
            nothing_either=Value(""),
        )
        .values_list("of_campaign", "place", "pk", "outcome", "nothing", "nothing_either")
    )
    selected, params = rows.query.sql_with_params()
    table = connection.ops.quote_name(Recipient._meta.db_table)
    # Numbered in the order in which they are written, so that the rows of a chunk lie side by side. The WHERE tells
    # SQLite that what follows is no join.
    statement = f"""
        INSERT INTO {table} ({", ".join(COLUMNS)})
        SELECT * FROM ({selected}) AS audience WHERE true ORDER BY 2 ON CONFLICT DO NOTHING
    """  # noqa: S608  only names of ours, and what the ORM compiled
    if campaign.holdout_percent and connection.vendor == "postgresql":
        return _insert_and_count(campaign, statement, params)
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        audience = int(cursor.rowcount)
    # SQLite, in a transaction that writes, shows the same players to each statement.
    return audience, held_out_of(campaign).count() if campaign.holdout_percent else 0


def _insert_and_count(campaign: Campaign, insert: str, params: Sequence[Any]) -> tuple[int, int]:
    """For PostgreSQL, where the next statement would see other players."""
    held_out, more_params = held_out_of(campaign).order_by().values_list("pk").query.sql_with_params()
    statement = f"""
        WITH written AS ({insert} RETURNING 1)
        SELECT (SELECT count(*) FROM written), (SELECT count(*) FROM ({held_out}) AS held_out)
    """  # noqa: S608  only names of ours, and what the ORM compiled
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, *more_params])
        audience, count = cursor.fetchone()
    return audience, count


def _chunks(campaign: Campaign, audience: int) -> list[Chunk]:
    sizes = [min(chunk.SIZE, audience - number * chunk.SIZE) for number in range(math.ceil(audience / chunk.SIZE))]
    return [Chunk(campaign=campaign, number=i, untouched=size, pending=size) for i, size in enumerate(sizes)]
