"""A run's database, seen from outside: by plain psycopg, in autocommit."""

import uuid
from collections.abc import Sequence
from typing import Any

import psycopg

FIRST_GRANT = 0x0196F000_0000_7000_8000_000000000000
GRANTS = "SELECT count(DISTINCT grant_id) FROM integrations_outgoingevent"
INSERT = """
INSERT INTO integrations_outgoingevent
    (sink, event_id, key, kind, status, grant_id, user_id, body, created_at,
     attempts, last_error, skipped_by, skip_reason)
VALUES (%s, %s, %s, 'BONUS', 'Ongoing', %s, %s, %s, now(), 0, '', '', '')
"""
BODY_BYTES = 500


class Database:
    def __init__(self, url: str) -> None:
        self.url = url
        self._connection: psycopg.Connection[Any] | None = None

    def rows(self, statement: str, params: Sequence[object]) -> list[tuple[Any, ...]]:
        """By a connection that is made anew when the server has been away."""
        try:
            return self._rows(statement, params)
        except psycopg.OperationalError:
            self.close()
            return self._rows(statement, params)

    def add_events(self, *, grants: int, each: int, sinks: Sequence[str]) -> None:
        """Of further grants: of each the first, then of each the second. They commit together."""
        first = self.rows(GRANTS, ())[0][0]
        rows = []
        for step in range(each):
            key = f"0:Ongoing:{step}"
            for number in range(first, first + grants):
                grant = uuid.UUID(int=FIRST_GRANT + number)
                event = (uuid.uuid5(grant, key), key, grant, f"player-{number}", _body(grant, step))
                rows += [(sink, *event) for sink in sinks]
        connection = self._connected()
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(INSERT, rows)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            self._connection = psycopg.connect(self.url, autocommit=True)
        return self._connection

    def _rows(self, statement: str, params: Sequence[object]) -> list[tuple[Any, ...]]:
        cursor = self._connected().execute(statement.encode(), params or None)
        return cursor.fetchall() if cursor.description else []


def _body(grant: uuid.UUID, step: int) -> str:
    said = f'{{"user_bonus_id":"{grant}","status":"Ongoing","step":{step},"filling":"'
    return said + "x" * (BODY_BYTES - 2 - len(said)) + '"}'
