"""Records events at an even pace, each in a transaction of its own, and writes down when each was committed."""

import time
import uuid
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from django.db import connection, transaction

from integrations import outbox
from integrations.fasttrack import BonusPayload
from integrations.models import EventKind
from integrations.outbox import Event
from scripts.bench.outbox_rows import FIELDS
from scripts.bench.senders.job import Job, Run

PER_SECOND = 100


def prepare(job: Job) -> Run:
    connection.ensure_connection()
    made = [_event(number) for number in range(job.events)]

    def run() -> int:
        times: list[float] = []
        began = time.monotonic()
        for number, event in enumerate(made):
            time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
            with transaction.atomic():
                # Before the outbox's own, which sends a hint.
                transaction.on_commit(partial(_note, times))
                outbox.record([event])
        lines = (f"{event.event_id} {at}\n" for event, at in zip(made, times, strict=True))
        Path(job.target).write_text("".join(lines))
        return len(times)

    return run


def _note(times: list[float]) -> None:
    times.append(time.monotonic())


def _event(number: int) -> Event:
    grant_id = uuid.uuid4()
    fields = {**FIELDS, "timestamp": datetime.now(UTC), "user_id": f"player-{number}", "user_bonus_id": str(grant_id)}
    payload = BonusPayload(**fields)
    return Event(grant_id, "0:Created", EventKind.BONUS, "Created", payload.user_id, payload, payload.timestamp)
