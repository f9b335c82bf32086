"""Many rows in one statement. PostgreSQL gets them as one JSON document, which is by far the cheapest."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import orjson
from django.db import connection
from django.db.models import BooleanField, Field, Model, Q
from django.db.models.expressions import Combinable, RawSQL

Columns = Sequence["Field[Any, Any]"]
Values = Sequence[Any]


def insert_rows(objects: Sequence[Model]) -> None:
    """Insert objects of one model, in their order; the keys that the database gives them are not read back."""
    if not objects:
        return
    model = type(objects[0])
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(objects)
        return
    columns = [field for field in model._meta.concrete_fields if not field.primary_key]
    rows = map(attrgetter(*(field.attname for field in columns)), objects)
    table, names = _quoted(model._meta.db_table), ", ".join(_quoted(field.column) for field in columns)
    _execute(f"INSERT INTO {table} ({names}) SELECT new.* FROM", "", columns, rows)


def among(model: type[Model], keys: Iterable[object]) -> Combinable | Q:
    """A condition on the primary key. PostgreSQL takes an array as one parameter; each of a list is looked at often."""
    if connection.vendor != "postgresql":
        return Q(pk__in=list(keys))
    key = model._meta.pk
    column = f"{_quoted(model._meta.db_table)}.{_quoted(key.column)}"
    array = f"{{{','.join(map(str, keys))}}}"
    sql = f"{column} = ANY(%s::{key.db_type(connection)}[])"
    return RawSQL(sql, [array], output_field=BooleanField())  # noqa: S611  names of the model


def update_rows(model: type[Model], *, found_by: Sequence[str], fields: Sequence[str], rows: Iterable[Values]) -> int:
    """How many were found. Each of `rows` holds the values of `found_by`, none of them None, then those of `fields`.

    The order in which rows are locked is anybody's guess: lock them in the order of their keys before.
    """
    by_name = {field.name: field for field in model._meta.concrete_fields}
    keys, columns = [by_name[name] for name in found_by], [by_name[name] for name in fields]
    wanted = list(rows)
    if not wanted:
        return 0
    write = _in_one_document if connection.vendor == "postgresql" else _row_by_row
    return write(_quoted(model._meta.db_table), keys, columns, wanted)


def _in_one_document(table: str, keys: Columns, columns: Columns, rows: Sequence[Values]) -> int:
    new = ", ".join(f"{_quoted(field.column)} = new.c{number}" for number, field in enumerate(columns, len(keys)))
    same = " AND ".join(f"{table}.{_quoted(field.column)} = new.c{number}" for number, field in enumerate(keys))
    begin = f"UPDATE {table} SET {new} FROM"  # noqa: S608  names of the model
    return _execute(begin, f"WHERE {same}", (*keys, *columns), rows)


def _execute(begin: str, end: str, columns: Columns, rows: Iterable[Values]) -> int:
    """How many rows were written by a statement from the recordset `new`, whose columns are c0, c1 …."""
    names = [f"c{number}" for number in range(len(columns))]
    typed = ", ".join(f"{name} {field.db_type(connection)}" for name, field in zip(names, columns, strict=True))
    document = orjson.dumps([dict(zip(names, row, strict=True)) for row in rows]).decode()
    with connection.cursor() as cursor:
        cursor.execute(f"{begin} json_to_recordset(%s) AS new ({typed}) {end}", [document])
        return int(cursor.rowcount)


def _row_by_row(table: str, keys: Columns, columns: Columns, rows: Sequence[Values]) -> int:
    new = ", ".join(f"{_quoted(field.column)} = %s" for field in columns)
    same = " AND ".join(f"{_quoted(field.column)} = %s" for field in keys)
    prepared = [_prepared(columns, row[len(keys) :]) + _prepared(keys, row[: len(keys)]) for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {new} WHERE {same}", prepared)  # noqa: S608  names of the model
        return int(cursor.rowcount)


def _prepared(fields: Columns, values: Values) -> list[Any]:
    return [field.get_db_prep_save(value, connection) for field, value in zip(fields, values, strict=True)]


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
