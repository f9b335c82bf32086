"""Rows of an import, held in temporary tables of this connection, so that they are checked and written in sets.

On PostgreSQL they arrive by COPY. The tables are gone when the work is done, and with the connection if it dies.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

from django.db import DatabaseError, connection, transaction

from integrations.csv_files import BadLine

STAGE = "import_stage"
BAD = "import_bad"
PLAN = "import_plan"
BATCH = 10_000

Row = Sequence[Any]


@contextmanager
def staged(columns: Mapping[str, str]) -> Iterator[None]:
    """An empty table `import_stage` with `line` and these columns (name → type), while the context is open."""
    typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    _drop()
    try:
        run(f"CREATE TEMPORARY TABLE {STAGE} (line bigint PRIMARY KEY, {typed})")
        run(f"CREATE TEMPORARY TABLE {BAD} (line bigint, field varchar(200), reason varchar(200))")
        yield
    finally:
        # In a transaction that has failed they go with it.
        with suppress(DatabaseError):
            _drop()


def fill(columns: Iterable[str], rows: Iterable[Row]) -> None:
    """Each row is its line's number, and a value for each column."""
    names = ("line", *columns)
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        with transaction.atomic():
            _add(names, batch)
    analyse(STAGE)


def refuse(select: str, params: Sequence[Any] = ()) -> None:
    """Take out the rows that this query names: it gives line, field and reason. They are told by `refused`."""
    run(f"INSERT INTO {BAD} {select}", params)
    run(f"DELETE FROM {STAGE} WHERE line IN (SELECT line FROM {BAD})")  # noqa: S608  names of ours


def refused() -> Iterator[BadLine]:
    last: tuple[int, str] = (0, "")
    page = f"SELECT line, field, reason FROM {BAD} WHERE (line, field) > (%s, %s) ORDER BY line, field LIMIT {BATCH}"  # noqa: S608  names of ours
    while found := fetch(page, last):
        yield from (BadLine(*row) for row in found)
        last = found[-1][:2]


def plan(select: str) -> int:
    """Make `import_plan` of this query, which gives `n`, counted from 1. How many rows it has."""
    run(f"CREATE TEMPORARY TABLE {PLAN} AS {select}")
    run(f"CREATE UNIQUE INDEX {PLAN}_n ON {PLAN} (n)")
    analyse(PLAN)
    return int(fetch(f"SELECT count(*) FROM {PLAN}")[0][0])  # noqa: S608  names of ours


def slices(total: int) -> Iterator[tuple[int, int]]:
    """The first and the last `n` of each batch."""
    for first in range(1, total + 1, BATCH):
        yield first, min(first + BATCH - 1, total)


def run(sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> int:
    """How many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return int(cursor.rowcount)


def fetch(sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def byte_order() -> str:
    """The collation that sorts as Python does."""
    return '"C"' if connection.vendor == "postgresql" else "BINARY"


def analyse(table: str) -> None:
    """Nobody else looks at how large a temporary table is, and the planner would guess."""
    if connection.vendor == "postgresql":
        run(f"ANALYZE {table}")


def _add(names: Sequence[str], rows: Sequence[Row]) -> None:
    listed = ", ".join(names)
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            marks = ", ".join(["%s"] * len(names))
            cursor.executemany(f"INSERT INTO {STAGE} ({listed}) VALUES ({marks})", rows)  # noqa: S608  names of ours
            return
        with cursor.copy(f"COPY {STAGE} ({listed}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _drop() -> None:
    # SQLite looks in the permanent tables as well, PostgreSQL only where a bare name leads first.
    schema = "pg_temp" if connection.vendor == "postgresql" else "temp"
    for table in (STAGE, BAD, PLAN):
        run(f"DROP TABLE IF EXISTS {schema}.{table}")
