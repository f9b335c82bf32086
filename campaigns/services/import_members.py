"""A fixed list from a file: a column `external_id`, and others that are not looked at.

A player named twice counts once.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from django.db import connection, transaction

from bonuses.models import Player
from campaigns.models import Segment, SegmentMember
from campaigns.models.segment import SegmentKind
from campaigns.services.change_segment import lock_segment
from campaigns.services.create_segment import create_segment
from campaigns.services.errors import SegmentInvalid, SegmentNotFound
from integrations import staging
from integrations.bad_lines import BadLines
from integrations.csv_files import BadLine, CsvFile, FileInvalid
from integrations.errors import DomainError
from integrations.failpoints import failpoint
from integrations.staging import PLAN, STAGE

COLUMN = "external_id"
TOLD_EVERY = 10_000
PLAYER, MEMBER = Player._meta.db_table, SegmentMember._meta.db_table

# ruff: noqa: S608  every name is one of ours

_UNKNOWN = f"""
    SELECT s.line, '{COLUMN}', 'There is no such player.'
    FROM {STAGE} s LEFT JOIN {PLAYER} p ON p.external_id = s.external_id WHERE p.id IS NULL"""
_PLAN = f"""
    SELECT row_number() OVER (ORDER BY found.id) AS n, found.id AS player_id
    FROM (SELECT DISTINCT p.id FROM {STAGE} s JOIN {PLAYER} p ON p.external_id = s.external_id) found"""
_ALREADY = (
    f"SELECT count(*) FROM {PLAN} s JOIN {MEMBER} m ON m.player_id = s.player_id WHERE m.segment_id = %(segment)s"
)
_REMOVE = f"""
    DELETE FROM {MEMBER} WHERE segment_id = %(segment)s
    AND NOT EXISTS (SELECT 1 FROM {PLAN} s WHERE s.player_id = {MEMBER}.player_id)"""
_ADD = f"""
    INSERT INTO {MEMBER} (segment_id, player_id)
    SELECT %(segment)s, s.player_id FROM {PLAN} s WHERE s.n BETWEEN %(first)s AND %(last)s
    ORDER BY s.n ON CONFLICT (segment_id, player_id) DO NOTHING"""

Progress = Callable[[str, int, int | None], Any]


class ListRefused(DomainError):
    """There are bad lines and the caller wanted all or nothing, or no line is good. Nothing was written."""

    code = "VALIDATION_ERROR"


@dataclass
class MembersTally:
    bad: BadLines = field(default_factory=BadLines)
    players: int = 0
    """The file names so many that we know."""
    repeated: int = 0
    already: int = 0
    """Of them were on the list before."""
    added: int = 0
    removed: int = 0


def import_members(
    *,
    stream: IO[bytes],
    tally: MembersTally,
    segment_id: uuid.UUID | None = None,
    name: str = "",
    new_id: uuid.UUID | None = None,
    replace: bool = False,
    strict: bool = False,
    progress: Progress = lambda *_: None,
) -> Segment:
    """Put the players of the file on a fixed list: a new one of this `name`, or the segment's, extended or replaced.
    The id of a new one, where it has one already, must be new.

    Bad lines and unknown players are left out; with `strict` a single one refuses the file. The list changes in one
    transaction, so that no campaign finds half of it.

    Raises `FileInvalid`, `ListRefused`, `SegmentNotFound` and `SegmentInvalid`, with nothing written.
    """
    _check(segment_id)
    file = CsvFile(stream)
    with staging.staged(_column_types()):
        _prepare(file, tally, progress)
        if strict and tally.bad.count:
            raise ListRefused(f"{tally.bad.count:,} bad lines. The list is as it was.")
        if not tally.players:
            raise ListRefused("The file names no player we know. The list is as it was.")
        with transaction.atomic():
            segment = lock_segment(segment_id) if segment_id else _new(name, new_id)
            changed = _write(segment, tally.players, replace, progress)
            segment.members_version += 1
            segment.save(update_fields=["members_version", "updated_at"])
        tally.added, tally.removed = changed
        tally.already = tally.players - tally.added
        return segment


def survey_members(*, stream: IO[bytes], tally: MembersTally, segment_id: uuid.UUID | None = None) -> None:
    """What `import_members` would find now; `added` and `removed` stay 0. Raises as it does, but for `ListRefused`."""
    _check(segment_id)
    file = CsvFile(stream)
    with staging.staged(_column_types()):
        _prepare(file, tally, lambda *_: None)
        if segment_id is not None:
            tally.already = int(staging.fetch(_ALREADY, {"segment": _as_stored(segment_id)})[0][0])


def _new(name: str, new_id: uuid.UUID | None) -> Segment:
    return create_segment(name=name, external_ids=[], segment_id=new_id)


def _check(segment_id: uuid.UUID | None) -> None:
    """Before a long file is read for nothing."""
    if segment_id is None:
        return
    segment = Segment.objects.filter(pk=segment_id).first()
    if segment is None:
        raise SegmentNotFound(segment_id)
    if segment.kind != SegmentKind.LIST:
        raise SegmentInvalid("This segment has rules; make another one for a list.")


def _prepare(file: CsvFile, tally: MembersTally, progress: Progress) -> None:
    if COLUMN not in file.header:
        raise FileInvalid(f"The header has no column {COLUMN}.")
    staging.fill((COLUMN,), _good_rows(file, tally.bad, progress))
    progress("checking", 0, None)
    staging.refuse(_UNKNOWN)
    for bad in staging.refused():
        tally.bad.add(bad)
    tally.players = staging.plan(_PLAN)
    staging.run(f"CREATE INDEX {PLAN}_player ON {PLAN} (player_id)")
    tally.repeated = int(staging.fetch(f"SELECT count(*) FROM {STAGE}")[0][0]) - tally.players


def _good_rows(file: CsvFile, bad: BadLines, progress: Progress) -> Iterator[tuple[int, str]]:
    place = file.header.index(COLUMN)
    for number, row in enumerate(file.rows()):
        if number % TOLD_EVERY == 0:
            progress("reading", file.bytes_read, None)
        if isinstance(row, BadLine):
            bad.add(row)
            continue
        line, external_id = row[0], row[1][place].strip()
        if 0 < len(external_id) <= 200:
            yield line, external_id
        else:
            bad.add(BadLine(line, COLUMN, "Must have 1 to 200 characters."))


def _write(segment: Segment, total: int, replace: bool, progress: Progress) -> tuple[int, int]:
    """How many were added and how many removed."""
    told = {"segment": _as_stored(segment.pk)}
    removed = staging.run(_REMOVE, told) if replace else 0
    added = 0
    for first, last in staging.slices(total):
        added += staging.run(_ADD, {**told, "first": first, "last": last})
        failpoint("import_members.batch")
        progress("writing", last, total)
    return added, removed


def _column_types() -> dict[str, str]:
    return {
        field.name: str(field.db_type(connection)) for field in Player._meta.concrete_fields if field.name == COLUMN
    }


def _as_stored(segment_id: uuid.UUID) -> Any:
    return Segment._meta.pk.get_db_prep_value(segment_id, connection)
