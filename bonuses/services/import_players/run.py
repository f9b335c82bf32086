"""Players from a file, in sets: a million rows in a minute or so, in little memory."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import IO, Any

from django.db import connection, transaction
from django.utils import timezone

from bonuses.services.import_players.columns import STAGED, Layout
from bonuses.services.import_players.statements import DUPLICATES, INCOMPLETE, Statements, column_types
from integrations import staging
from integrations.bad_lines import BadLines
from integrations.csv_files import BadLine, CsvFile
from integrations.errors import DomainError
from integrations.failpoints import failpoint
from integrations.ids import new_id

TOLD_EVERY = 10_000

Progress = Callable[[str, int, int | None], Any]
"""Told now and then: what is going on, how much of it is done, and of how much, if that is known."""


class ImportRefused(DomainError):
    """There are bad lines, and the caller wanted all or nothing. Nothing was written."""

    code = "VALIDATION_ERROR"


@dataclass
class PlayersTally:
    bad: BadLines = field(default_factory=BadLines)
    created: int = 0
    updated: int = 0
    unchanged: int = 0


def import_players(
    *, stream: IO[bytes], tally: PlayersTally, strict: bool = False, progress: Progress = lambda *_: None
) -> None:
    """Make the players of the file, or change what it says of them; `tally` counts what has been committed.

    Bad lines are left out; of several lines for one player the first counts and the others are bad. Everything is
    checked before anything is written, and then each batch commits by itself: in the worst case some of the players are
    done, each of them wholly. With `strict` a single bad line refuses the file, and there is one transaction.

    Raises `FileInvalid` and `ImportRefused`, with nothing written.
    """
    file = CsvFile(stream)
    layout = Layout(file.header)
    with staging.staged(column_types()):
        staging.fill(("id", *STAGED), _good_rows(file, layout, tally.bad, progress))
        progress("checking", 0, None)
        staging.refuse(f"{DUPLICATES} UNION ALL {INCOMPLETE}")
        for bad in staging.refused():
            tally.bad.add(bad)
        if strict and tally.bad.count:
            raise ImportRefused(f"{tally.bad.count:,} bad lines. Nothing was imported.")
        _write(Statements(layout), tally, strict, progress)


def _good_rows(file: CsvFile, layout: Layout, bad: BadLines, progress: Progress) -> Iterator[list[Any]]:
    for number, row in enumerate(file.rows()):
        if number % TOLD_EVERY == 0:
            progress("reading", file.bytes_read, None)
        if isinstance(row, BadLine):
            bad.add(row)
            continue
        values, faults = layout.read(*row)
        for fault in faults:
            bad.add(fault)
        if not faults:
            yield [row[0], new_id().hex, *values]


def _write(statements: Statements, tally: PlayersTally, strict: bool, progress: Progress) -> None:
    total = staging.plan(statements.plan)
    done = PlayersTally()
    with transaction.atomic() if strict else nullcontext():
        for first, last in staging.slices(total):
            _write_slice(statements, done if strict else tally, first, last)
            failpoint("import_players.batch")
            progress("writing", last, total)
    if strict:
        tally.created, tally.updated, tally.unchanged = done.created, done.updated, done.unchanged


def _write_slice(statements: Statements, tally: PlayersTally, first: int, last: int) -> None:
    told = {"first": first, "last": last, "now": connection.ops.adapt_datetimefield_value(timezone.now())}
    for _ in range(last - first + 2):
        ((new, lowest, highest),) = staging.fetch(statements.look, told)
        known = {**told, "lowest": lowest, "highest": highest} if lowest else None
        with transaction.atomic():
            if known:
                staging.fetch(statements.lock, known)
            updated = staging.run(statements.change, known) if known else 0
            made = staging.run(statements.make, told) if new else 0
            if made < new:
                # Somebody else made one since we looked. Let go of every lock before we look again.
                transaction.set_rollback(True)
        if made == new:
            tally.created += made
            tally.updated += updated
            tally.unchanged += last - first + 1 - made - updated
            return
        staging.run(statements.look_again, told)
    raise RuntimeError("Each time somebody else had made one of the players, and yet it was not there.")
