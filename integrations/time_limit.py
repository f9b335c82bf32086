"""For questions that a person waits for: given up rather than waited for without end."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

GIVEN_UP = "57014"
"""PostgreSQL's code for a statement that was cancelled."""


class TookTooLong(Exception):
    """The database was not through in time. Nothing is known, and nothing was changed."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Each statement in here gets this long on PostgreSQL; SQLite knows no such limit. Raises `TookTooLong`."""
    if connection.vendor != "postgresql":
        yield
        return
    try:
        with transaction.atomic():
            _limit(f"{int(seconds * 1000)}ms")
            yield
            # An outer transaction, where there is one, goes on without it.
            _limit("0")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != GIVEN_UP:
            raise
        raise TookTooLong from error


def _limit(timeout: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [timeout])
