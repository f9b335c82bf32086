"""Players for campaigns, made where they are cheapest: so many of them that a rule finds as many as are wanted."""

from typing import Any

from django.db import connection

ORIGIN = "campaign"
ID = "('000000b2-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid"
CHUNK = 100_000


def ensure(count: int) -> None:
    """The n-th has deposited n. Their ids stand in the order in which they were made, as those of an import do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bonuses_player WHERE origin = %s", [ORIGIN])
        there = cursor.fetchone()[0]
        for first in range(there + 1, count + 1, CHUNK):
            cursor.execute(
                f"""
                INSERT INTO bonuses_player (id, external_id, currency, origin, status, country, total_deposited,
                                            net_loss, attributes, created_at, updated_at)
                SELECT {ID}, 'campaign-player-' || n, 'EUR', %s, 'active', '', n, 0, '{{}}', now(), now()
                FROM generate_series(%s, %s) n
                """,  # noqa: S608  text of ours
                [ORIGIN, first, min(first + CHUNK - 1, count)],
            )
        if there < count:
            cursor.execute("VACUUM ANALYZE bonuses_player")


def rules(count: int) -> dict[str, Any]:
    """The first so many."""
    return {
        "all": [
            {"field": "origin", "op": "eq", "value": ORIGIN},
            {"field": "total_deposited", "op": "lte", "value": count},
        ]
    }


def ids(count: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {ID}::text FROM generate_series(1, %s) n", [count])  # noqa: S608  text of ours
        return [row[0] for row in cursor.fetchall()]
