"""What has become of many recipients of a chunk, written in one statement by who has locked the chunk."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from django.db import connection

from campaigns.lifecycle import Outcome
from campaigns.models import Recipient

LONGEST_REASON, LONGEST_MESSAGE = 100, 500

_UPDATE = """
    UPDATE campaigns_recipient recipient
    SET status = mark.status, reason = mark.reason, message = mark.message, grant_id = mark.grant_id
    FROM json_to_recordset(%s::json)
        AS mark (recipient_id bigint, status text, reason text, message text, grant_id uuid)
    WHERE recipient.id = mark.recipient_id AND recipient.status = 'pending'
"""


class RecipientChangedMeanwhile(RuntimeError):
    """Somebody has changed it without the chunk's lock: a mistake in our own code."""


@dataclass(frozen=True, slots=True)
class Mark:
    recipient_id: int
    status: Outcome
    reason: str = ""
    message: str = ""
    grant_id: uuid.UUID | None = None


def skipped(recipient_id: int, *, reason: str, message: str, grant_id: uuid.UUID | None = None) -> Mark:
    return Mark(recipient_id, Outcome.SKIPPED, reason[:LONGEST_REASON], message[:LONGEST_MESSAGE], grant_id)


def write(marks: Sequence[Mark]) -> None:
    """All of them pending until now."""
    if not marks:
        return
    written = _write_set(marks) if connection.vendor == "postgresql" else _write_portably(marks)
    if written != len(marks):
        raise RecipientChangedMeanwhile


def _write_set(marks: Sequence[Mark]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, [orjson.dumps(marks).decode()])
        return int(cursor.rowcount)


def _write_portably(marks: Sequence[Mark]) -> int:
    rows = [
        Recipient(
            mark.recipient_id, status=mark.status, reason=mark.reason, message=mark.message, grant_id=mark.grant_id
        )
        for mark in marks
    ]
    pending = Recipient.objects.filter(status=Outcome.PENDING)
    return pending.bulk_update(rows, ["status", "reason", "message", "grant_id"], batch_size=200)
