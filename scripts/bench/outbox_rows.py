"""Pending events for one sink, as a burst leaves them."""

import orjson
from django.db import connection

from scripts.bench.base import BenchFailed
from scripts.bench.senders.job import Job

TABLE = "integrations_outgoingevent"
EVENTS_A_GRANT = 4
BODY_BYTES = 500
FIELDS = {
    "amount": 20.0,
    "bonus_id": "00000000-0000-4000-8000-000000000001",
    "currency": "EUR",
    "exchange_rate": 1.0,
    "origin": "bench",
    "product": "Casino",
    "status": "Created",
    "timestamp": "2026-03-01T12:30:00Z",
    "type": "WelcomeBonus",
    "user_bonus_id": "00000000-0000-4000-8000-000000000002",
    "user_id": "player-1",
    "meta": {"note": ""},
}


def body() -> str:
    """Shaped as Fast Track's, and exactly as long as is said."""
    short = orjson.dumps(FIELDS)
    padded = {**FIELDS, "meta": {"note": "x" * (BODY_BYTES - len(short))}}
    return orjson.dumps(padded).decode()


def fill(job: Job) -> None:
    """In place of whatever was there: `job.events` rows, all pending, a grant's far apart, pages clean and counted."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLE}")
        cursor.execute("DELETE FROM integrations_sinkstate")
        cursor.execute(
            f"""
            INSERT INTO {TABLE} (sink, event_id, key, kind, status, grant_id, user_id, body, created_at,
                                 attempts, last_error, skipped_by, skip_reason)
            SELECT %s, md5(n::text)::uuid, n || ':Created', %s, 'Created',
                   lpad(to_hex(n %% %s), 32, '0')::uuid, 'player-' || n, %s, now(), 0, '', '', ''
            FROM generate_series(1, %s) n
            """,  # noqa: S608  a name of ours
            [job.sink, job.kind, max(1, job.events // EVENTS_A_GRANT), job.body, job.events],
        )
        cursor.execute(f"VACUUM (ANALYZE) {TABLE}")


def check_delivered(job: Job) -> None:
    """Raises `BenchFailed` unless every row says so."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {TABLE} WHERE sink = %s AND delivered_at IS NOT NULL", [job.sink])  # noqa: S608
        found = cursor.fetchone()[0]
    if found != job.events:
        raise BenchFailed(f"{job.sink}: {found} of {job.events} rows are marked as delivered.")


def clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLE}")
        cursor.execute("DELETE FROM integrations_sinkstate")
