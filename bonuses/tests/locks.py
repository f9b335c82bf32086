"""What other connections wait for, so that a test goes on only when they do."""

from django.db import connection


def somebody_waits() -> bool:
    """For a lock, in PostgreSQL."""
    with connection.cursor() as cursor:
        # Within a transaction the server shows the same picture again and again unless told otherwise.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])
