"""One INSERT for events and sinks. PostgreSQL gets them as one JSON document, which is by far the cheapest."""

from collections.abc import Sequence

import orjson
from django.db import connection

from integrations.models import OutgoingEvent
from integrations.outbox.event import Event

_COLUMNS = ("event_id", "key", "kind", "status", "grant_id", "user_id", "body", "created_at")

_INSERT = """
INSERT INTO integrations_outgoingevent
    (sink, event_id, key, kind, status, grant_id, user_id, body, created_at,
     attempts, last_error, skipped_by, skip_reason)
SELECT sinks.name, e.event_id, e.key, e.kind, e.status, e.grant_id, e.user_id, e.body, e.created_at, 0, '', '', ''
FROM ROWS FROM (json_to_recordset(%s) AS
        (event_id uuid, key text, kind text, status text, grant_id uuid, user_id text, body text,
         created_at timestamptz))
     WITH ORDINALITY AS e (event_id, key, kind, status, grant_id, user_id, body, created_at, number)
CROSS JOIN unnest(%s::text[]) WITH ORDINALITY AS sinks (name, number)
ORDER BY e.number, sinks.number
"""


def insert(events: Sequence[Event], sinks: Sequence[str]) -> None:
    """Ids are given in the order of `events`. All that a payload may hold is checked before anything is sent."""
    rows = [_row(event) for event in events]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [orjson.dumps(rows).decode(), list(sinks)])
    else:
        OutgoingEvent.objects.bulk_create([OutgoingEvent(sink=sink, **row) for row in rows for sink in sinks])


def _row(event: Event) -> dict[str, object]:
    values = (
        event.event_id,
        event.key,
        event.kind.value,
        event.status,
        event.grant_id,
        event.user_id,
        event.body(),
        event.created_at,
    )
    return dict(zip(_COLUMNS, values, strict=True))
