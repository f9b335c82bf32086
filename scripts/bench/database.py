"""A database of the bench's own in the given server, and rows for it, made where they are cheapest."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from django.db import connection
from psycopg import sql

from scripts.bench.base import BenchFailed
from scripts.bench.tape import PLAYER, numbered

CHUNK = 100_000
BARE = "bare"
COPIED = (
    "bonuses_bonustemplate",
    "bonuses_termsrevision",
    "bonuses_player",
    "bonuses_grant",
    "bonuses_stop",
    "integrations_adapter",
)
WRITTEN = ("bonuses_granttransition", "integrations_outgoingevent", "integrations_webhookdelivery")
"""Only added to; their keys are the database's own, so each side counts for itself."""


@contextmanager
def fresh_database(server: str, name: str, *, template: str = "template0") -> Iterator[str]:
    """Its URL; dropped at the end, whoever may still be connected. Refuses a server that trades safety for speed."""
    identifier = sql.Identifier(name)
    with psycopg.connect(server, autocommit=True) as admin:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            if admin.execute(sql.SQL("SHOW {}").format(sql.Identifier(setting))).fetchone() != ("on",):
                raise BenchFailed(f"PostgreSQL's {setting} is off: the figures would be of no use.")
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(identifier, sql.Identifier(template)))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


def add_players(first: int, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO bonuses_player (id, external_id, currency, origin, status, country, total_deposited, net_loss,
                                        attributes, created_at, updated_at)
            SELECT (%s || n)::uuid, 'bench-' || n, 'EUR', 'bench', 'active', '', 0, 0, '{}', now(), now()
            FROM generate_series(%s, %s) n
            """,
            [numbered(PLAYER, ""), first, first + count - 1],
        )


def clone_grant(sample: str, first: int, count: int, changes: Mapping[str, str]) -> None:
    clone("bonuses_grant", sample, first, count, changes)


def clone(table: str, sample: object, first: int, count: int, changes: Mapping[str, str]) -> None:
    """Rows like the sample but for `changes`, SQL expressions by column in which `n` is the row's number.

    Foreign keys are not looked at one by one: the expressions name rows that exist.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, is_identity FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name = %s",
            [table],
        )
        columns = [name for name, is_identity in cursor.fetchall() if is_identity == "NO"]
        insert = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} g, generate_series({}, {}) n WHERE g.id = {}")
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        values = sql.SQL(", ").join(
            sql.SQL(changes[name]) if name in changes else sql.Identifier("g", name) for name in columns
        )
        into = sql.Identifier(table)
        cursor.execute("SET session_replication_role = replica")
        for start in range(first, first + count, CHUNK):
            end = min(start + CHUNK, first + count) - 1
            cursor.execute(insert.format(into, names, values, into, start, end, sample))
        cursor.execute("SET session_replication_role = origin")


def keep_grant(sample: str) -> None:
    """The others go, so that earlier rows do not stand in the way of those that are measured next."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM bonuses_grant WHERE id <> %s", [sample])
        cursor.execute("SET session_replication_role = origin")


def make_bare_tables() -> None:
    """Copies of our tables with their columns and indexes, without foreign keys, in a schema beside."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {BARE} CASCADE")
        cursor.execute(f"CREATE SCHEMA {BARE}")
        for table in (*COPIED, *WRITTEN):
            cursor.execute(f"CREATE TABLE {BARE}.{table} (LIKE public.{table} INCLUDING ALL)")


def fill_bare_tables() -> None:
    """As full as ours are now."""
    with connection.cursor() as cursor:
        for table in COPIED:
            cursor.execute(f"TRUNCATE {BARE}.{table}")
            cursor.execute(f"INSERT INTO {BARE}.{table} SELECT * FROM public.{table}")  # noqa: S608  our own names
            cursor.execute(f"ANALYZE public.{table}")
            cursor.execute(f"ANALYZE {BARE}.{table}")
