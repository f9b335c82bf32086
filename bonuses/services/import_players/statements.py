"""The SQL of an import of players. The two databases differ in three places: see `Dialect`."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from bonuses.models import Player
from bonuses.models.player import PlayerStatus
from bonuses.services.identify_player import NEEDED_AT_FIRST
from bonuses.services.import_players.columns import ATTRIBUTES, KEY, STAGED, Layout
from integrations.staging import PLAN, STAGE, byte_order

PLAYER = Player._meta.db_table
_SLICE = "s.n BETWEEN %(first)s AND %(last)s"
_DEFAULTS = {
    "status": f"'{PlayerStatus.ACTIVE.value}'",
    "country": "''",
    "total_deposited": "0",
    "net_loss": "0",
    ATTRIBUTES: "'{}'",
}

# ruff: noqa: S608  every name is one of ours

DUPLICATES = f"""
    SELECT s.line, '{KEY}', 'The same player as on line ' || CAST(d.first AS text) || '.'
    FROM {STAGE} s
    JOIN (SELECT {KEY}, min(line) AS first FROM {STAGE} GROUP BY {KEY} HAVING count(*) > 1) d ON d.{KEY} = s.{KEY}
    WHERE s.line > d.first"""

INCOMPLETE = " UNION ALL ".join(
    f"""
    SELECT s.line, '{name}', 'This field is required for a new player.'
    FROM {STAGE} s LEFT JOIN {PLAYER} p ON p.{KEY} = s.{KEY} WHERE s.{name} IS NULL AND p.id IS NULL"""
    for name in NEEDED_AT_FIRST
)


@dataclass(frozen=True)
class Dialect:
    merged: str
    """The keys of the file over those we have."""
    lock: str


_DIALECTS = {
    "postgresql": Dialect(f"p.{ATTRIBUTES} || s.{ATTRIBUTES}", "FOR NO KEY UPDATE OF p"),
    # It has one writer at a time.
    "sqlite": Dialect(f"merged_json(p.{ATTRIBUTES}, s.{ATTRIBUTES})", ""),
}


class Statements:
    """For one file: a field of which it says nothing is in none of the changes."""

    def __init__(self, layout: Layout) -> None:
        self._dialect = _DIALECTS[connection.vendor]
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            connection.connection.create_function("merged_json", 2, _merged, deterministic=True)
        values = {name: self._value(name, layout) for name in layout.said}
        have = ", ".join(f"p.{name}" for name in values)
        will = ", ".join(values.values())
        self._sets = ", ".join(f"{name} = {value}" for name, value in values.items())
        # Without its bounds the planner reads the players from the first id on, once for each batch.
        batch = f"p.id BETWEEN %(lowest)s AND %(highest)s AND s.player_id = p.id AND {_SLICE}"
        self._to_change = f"{batch} AND ({have}) <> ({will})"

    def _value(self, name: str, layout: Layout) -> str:
        if name == ATTRIBUTES and layout.merges:
            return f"CASE WHEN s.{name} IS NULL THEN p.{name} ELSE {self._dialect.merged} END"
        return f"COALESCE(s.{name}, p.{name})"

    @property
    def plan(self) -> str:
        """Those we know in the order of their ids, then the new ones by name: the order in which all take locks."""
        order = f"p.id IS NULL, p.id, s.{KEY} COLLATE {byte_order()}"
        return f"""
            SELECT row_number() OVER (ORDER BY {order}) AS n, p.id AS player_id, s.*
            FROM {STAGE} s LEFT JOIN {PLAYER} p ON p.{KEY} = s.{KEY}"""

    @property
    def lock(self) -> str:
        return f"""
            SELECT count(*) FROM (
                SELECT p.id FROM {PLAYER} p, {PLAN} s WHERE {self._to_change} ORDER BY p.id {self._dialect.lock}
            ) locked"""

    @property
    def change(self) -> str:
        return f"""
            UPDATE {PLAYER} AS p SET {self._sets}, updated_at = %(now)s FROM {PLAN} s WHERE {self._to_change}"""

    @property
    def make(self) -> str:
        names = ", ".join(("id", *STAGED))
        values = ", ".join(
            f"COALESCE(s.{name}, {_DEFAULTS[name]})" if name in _DEFAULTS else f"s.{name}" for name in ("id", *STAGED)
        )
        return f"""
            INSERT INTO {PLAYER} ({names}, created_at, updated_at)
            SELECT {values}, %(now)s, %(now)s FROM {PLAN} s WHERE s.player_id IS NULL AND {_SLICE}
            ORDER BY s.n ON CONFLICT ({KEY}) DO NOTHING"""

    look = f"""
        SELECT
            (SELECT count(*) FROM {PLAN} s WHERE s.player_id IS NULL AND {_SLICE}),
            (SELECT s.player_id FROM {PLAN} s WHERE s.player_id IS NOT NULL AND {_SLICE} ORDER BY 1 LIMIT 1),
            (SELECT s.player_id FROM {PLAN} s WHERE s.player_id IS NOT NULL AND {_SLICE} ORDER BY 1 DESC LIMIT 1)"""

    look_again = f"""
        UPDATE {PLAN} AS s SET player_id = p.id FROM {PLAYER} p
        WHERE p.{KEY} = s.{KEY} AND s.player_id IS NULL AND {_SLICE}"""


def column_types() -> dict[str, str]:
    """Those of the players' own table."""
    fields = {field.name: field for field in Player._meta.concrete_fields}
    return {name: str(fields[name].db_type(connection)) for name in ("id", *STAGED)}


def _merged(have: str, given: str) -> Any:
    return json.dumps({**json.loads(have), **json.loads(given)})
