"""Whose change a save of a template is, and what its history says of each."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from bonuses.models import BonusTemplate
from bonuses.services.terms_revision import TERMS_FIELDS

TRACKED = ("name", "status", *TERMS_FIELDS)


@dataclass(frozen=True, slots=True)
class Change:
    """Of one field; `path` is a field's name, or `config.` and a key. None: it was not there."""

    path: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    at: datetime
    by: str
    kind: str
    """`+` made, `~` changed, `-` removed."""
    reason: str
    row: Any
    """The template as it was from then on."""
    older: Any
    """As it was before; None where nothing is known of that."""
    changes: list[Change]


def signed(template: BonusTemplate, *, by: str, reason: str = "") -> BonusTemplate:
    """The same, and what is saved next goes down in its history under this name."""
    template._history_user = by
    template._change_reason = reason or None
    return template


def tracked(template: Any) -> dict[str, Any]:
    """What the history keeps, of a template or of a row of its history."""
    return {name: getattr(template, name) for name in TRACKED}


def entries(template_id: uuid.UUID, *, most: int, before: int | None = None) -> list[Entry]:
    """The newest first; `before` is the id of an entry, and those older than it are returned."""
    rows = BonusTemplate.history.filter(id=template_id).order_by("-history_id")
    if before is not None:
        rows = rows.filter(history_id__lt=before)
    found = [*rows[: most + 1]]
    return [_entry(row, older) for row, older in pairwise([*found, None])][:most]


def changes_between(older: Any, newer: Any) -> list[Change]:
    """Field by field, and key by key within the config."""
    old, new = dict(_flat(older)), dict(_flat(newer))
    paths = dict.fromkeys((*new, *old))
    return [Change(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)]


def _entry(row: Any, older: Any) -> Entry:
    changes = changes_between(older, row) if older is not None else []
    kind, reason = row.history_type, row.history_change_reason or ""
    return Entry(row.history_id, row.history_date, row.history_user, kind, reason, row, older, changes)


def _flat(template: Any) -> Iterator[tuple[str, Any]]:
    for name, value in tracked(template).items():
        if name == "config":
            yield from ((f"config.{key}", inner) for key, inner in value.items())
        else:
            yield name, value
