"""Asking one attribute of a player, in each database's own JSON: the same answers from both.

Only names and signs of our own are written into the SQL; keys and values are parameters.
"""

# ruff: noqa: S608

import json
from collections.abc import Callable
from typing import Any

from django.db.models import BooleanField, F, Func

SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
SHORT = 8
"""Lists up to here are sought by the index; PostgreSQL hashes longer ones, and reads every player once."""

Sql = tuple[str, list[Any]]


class AttributeIs(Func):
    """True where the attribute `key` stands in the relation `op` to `value`; not `wanted`: everywhere else, also where
    there is no such attribute.

    `op` is eq, in, gt, gte, lt, lte, contains or exists; for `in` `value` is a tuple, for `exists` it is not looked at.
    """

    output_field = BooleanField()

    def __init__(self, key: str, op: str, value: Any, *, wanted: bool) -> None:
        super().__init__(F("attributes"))
        self.key, self.op, self.value, self.wanted = key, op, value, wanted

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Sql:
        column, _params = compiler.compile(self.source_expressions[0])
        sql, params = POSTGRESQL.get(self.op, _pg_order)(column, self.key, self.op, self.value)
        # Only where it must be: an index is of no use below IS TRUE.
        return (f"({sql})" if self.wanted else f"(({sql}) IS NOT TRUE)"), params

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Sql:
        column, _params = compiler.compile(self.source_expressions[0])
        condition, params = SQLITE.get(self.op, _lite_order)(self.op, self.value)
        found = f"EXISTS (SELECT 1 FROM json_each({column}) AS entry WHERE entry.key = %s AND ({condition}))"
        return (found if self.wanted else f"(NOT {found})"), [self.key, *params]


def _pg_exists(column: str, key: str, _op: str, _value: Any) -> Sql:
    return f"({column} -> %s::text) <> 'null'::jsonb", [key]


def _pg_eq(column: str, key: str, _op: str, value: Any) -> Sql:
    return f"{column} @> %s::jsonb", [json.dumps({key: value})]


def _pg_in(column: str, key: str, _op: str, values: tuple[Any, ...]) -> Sql:
    if len(values) <= SHORT:
        return f"{column} @> ANY(%s::jsonb[])", [[json.dumps({key: value}) for value in values]]
    return f"({column} -> %s::text) = ANY(%s::jsonb[])", [key, [json.dumps(value) for value in values]]


def _pg_contains(column: str, key: str, op: str, value: Any) -> Sql:
    in_list, params = _pg_eq(column, key, op, [value])
    if not isinstance(value, str):
        return in_list, params
    entry = f"({column} -> %s::text)"
    in_text = f"(jsonb_typeof({entry}) = 'string' AND strpos({column} ->> %s::text, %s) > 0)"
    return f"{in_list} OR {in_text}", [*params, key, key, value]


def _pg_order(column: str, key: str, op: str, value: Any) -> Sql:
    entry = f"({column} -> %s::text)"
    if isinstance(value, str):
        text = f'({column} ->> %s::text) COLLATE "C" {SIGNS[op]} %s'
        return f"jsonb_typeof({entry}) = 'string' AND {text}", [key, key, value]
    # As jsonb, which compares numbers as such and fails on nothing else that may be there.
    return f"jsonb_typeof({entry}) = 'number' AND {entry} {SIGNS[op]} %s::jsonb", [key, key, json.dumps(value)]


def _lite_exists(_op: str, _value: Any) -> Sql:
    return "entry.type <> 'null'", []


def _lite_eq(_op: str, value: Any) -> Sql:
    return _same("entry", (value,))


def _lite_in(_op: str, values: tuple[Any, ...]) -> Sql:
    return _same("entry", values)


def _lite_contains(_op: str, value: Any) -> Sql:
    one, params = _same("element", (value,))
    elements = "json_each(CASE entry.type WHEN 'array' THEN entry.value ELSE '[]' END) AS element"
    in_list = f"EXISTS (SELECT 1 FROM {elements} WHERE {one})"
    if not isinstance(value, str):
        return in_list, params
    return f"{in_list} OR (entry.type = 'text' AND instr(entry.atom, %s) > 0)", [*params, value]


def _lite_order(op: str, value: Any) -> Sql:
    if isinstance(value, str):
        return f"entry.type = 'text' AND entry.atom {SIGNS[op]} %s", [value]
    number = f"entry.atom {SIGNS[op]} json_extract(%s, '$')"
    return f"entry.type IN ('integer', 'real') AND {number}", [json.dumps(value)]


def _same(name: str, values: tuple[Any, ...]) -> Sql:
    """Of the same type and equal; 1 and 1.0 are, 1 and true are not. A null has no atom and equals nothing."""
    mine, sought = (f"replace({table}.type, 'real', 'integer')" for table in (name, "sought"))
    equal = f"{mine} = {sought} AND {name}.atom = sought.atom"
    return f"EXISTS (SELECT 1 FROM json_each(%s) AS sought WHERE {equal})", [json.dumps(values)]


POSTGRESQL: dict[str, Callable[[str, str, str, Any], Sql]] = {
    "exists": _pg_exists,
    "eq": _pg_eq,
    "in": _pg_in,
    "contains": _pg_contains,
}
SQLITE: dict[str, Callable[[str, Any], Sql]] = {
    "exists": _lite_exists,
    "eq": _lite_eq,
    "in": _lite_in,
    "contains": _lite_contains,
}
