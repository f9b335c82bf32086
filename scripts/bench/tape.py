"""What the product asked of the database and the platform during one request, to be played again by a bare one. Pure.

Every id that a request brings or makes is replaced by a numbered one, so that a replay for another number touches rows
of its own: `<kind>-0000-4000-8000-<number>`, the number in twelve decimal digits.
"""

import re
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

FIRST = 100_000_000_001
"""Numbers have twelve digits from the start, so that pgbench needs no padding."""
MARK = "@N@"
PLAYER, GRANT = 0xB0, 0xB1

_ID = re.compile(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b", re.ASCII | re.IGNORECASE
)


def numbered(kind: int, number: int | str) -> str:
    return f"{kind:08x}-0000-4000-8000-{number}"


def number_of(row_id: str) -> str:
    return row_id[-12:]


@dataclass(frozen=True, slots=True)
class Hole:
    """A parameter with the request's number in it."""

    text: str
    is_id: bool

    def filled(self, number: str) -> str | uuid.UUID:
        text = self.text.replace(MARK, number)
        return uuid.UUID(text) if self.is_id else text


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    params: tuple[Any, ...] | None
    text: str
    """With its values in it, for pgbench."""

    def params_for(self, number: str) -> tuple[Any, ...] | None:
        if self.params is None:
            return None
        return tuple(value.filled(number) if isinstance(value, Hole) else value for value in self.params)


@dataclass(frozen=True, slots=True)
class Transaction:
    """Statements between BEGIN and COMMIT; or outside of any, when it is not atomic."""

    statements: tuple[Statement, ...]
    is_atomic: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A call to the platform."""

    path: str
    key: str
    """Its idempotency key."""
    body: str


@dataclass(frozen=True, slots=True)
class Tape:
    parts: tuple[Transaction | Call, ...] = ()

    @property
    def transactions(self) -> list[Transaction]:
        return [part for part in self.parts if isinstance(part, Transaction)]

    def __str__(self) -> str:
        statements = sum(len(part.statements) for part in self.transactions)
        atomic = sum(part.is_atomic for part in self.transactions)
        return f"{statements} statement{'s' * (statements != 1)}, {atomic} transaction{'s' * (atomic != 1)}"


@dataclass
class Numbering:
    """Finds ids in what was recorded and puts numbered ones in their place; `fixed` ones stay as they are."""

    fixed: Collection[uuid.UUID]
    kinds: dict[uuid.UUID, int] = field(default_factory=dict)

    def text(self, recorded: str) -> str:
        return _ID.sub(lambda match: self._marked(match[0]), recorded)

    def param(self, recorded: Any) -> Any:
        if isinstance(recorded, uuid.UUID):
            marked = self._marked(str(recorded))
            return Hole(marked, is_id=True) if MARK in marked else recorded
        if isinstance(recorded, str):
            # A plain one: members of enumerations would have to be imported where the tape is played.
            marked = self.text(str(recorded))
            return Hole(marked, is_id=False) if MARK in marked else marked
        return recorded

    def _marked(self, found: str) -> str:
        row_id = uuid.UUID(found)
        if row_id in self.fixed:
            return found
        marked = numbered(self._kind(row_id), MARK)
        return marked if "-" in found else marked.replace("-", "")

    def _kind(self, row_id: uuid.UUID) -> int:
        kind = row_id.int >> 96
        if kind in (PLAYER, GRANT) and str(row_id) == numbered(kind, number_of(str(row_id))):
            return kind
        return self.kinds.setdefault(row_id, len(self.kinds) + 1)


def grouped(steps: Sequence[Statement | Call]) -> Tape:
    """A flat recording, BEGIN and COMMIT among it, as transactions and calls."""
    parts: list[Transaction | Call] = []
    open_ones: list[Statement] | None = None
    for step in steps:
        if isinstance(step, Call):
            parts.append(step)
        elif step.sql == "BEGIN":
            open_ones = []
        elif step.sql == "COMMIT":
            parts.append(Transaction(tuple(open_ones or ()), is_atomic=True))
            open_ones = None
        elif open_ones is None:
            parts.append(Transaction((step,), is_atomic=False))
        else:
            open_ones.append(step)
    return Tape(tuple(parts))


def script(tape: Tape, number: str) -> str:
    """The tape's SQL as a pgbench script; `number` is the pgbench variable that takes the number's place."""
    write: Callable[[Statement], str] = lambda statement: f"{statement.text.strip().replace(MARK, number)};"  # noqa: E731
    lines: list[str] = []
    for part in tape.transactions:
        inner = [write(statement) for statement in part.statements]
        lines += ["BEGIN;", *inner, "COMMIT;"] if part.is_atomic else inner
    return "\n".join(lines) + "\n"
