"""The one place where many promised grants are inserted, with the first line of each one's history.

PostgreSQL gets an array for each column that is a player's own, and what a group has in common as a JSON document.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from django.db import connection
from django.db.models import Field, Model

from bonuses.lifecycle import Cause, Status
from bonuses.models import Grant, GrantTransition
from bonuses.services.bulk.groups import Share
from bonuses.services.bulk.plan import Candidate
from bonuses.services.bulk.traits import Subject, array_of
from bonuses.services.transition import amounts_of

Fields = Iterable["Field[Any, Any]"]

_OF_PLAYER = {"id", "player", "slot", "amount", "amount_base", "wagering_required"}
_OF_ADAPTER = {"adapter", "player_currency", "player_rate", "claimed_until", "next_attempt_at"}
_OF_GROUP = [field for field in Grant._meta.concrete_fields if field.name in _OF_ADAPTER]
_SHARED = [field for field in Grant._meta.concrete_fields if field.name not in _OF_PLAYER | _OF_ADAPTER]
_NOTED = [field for field in GrantTransition._meta.concrete_fields if field.name not in ("id", "grant", "amounts")]

# In the order of the players' ids, so that two campaigns of one template can't wait for each other in a circle.
_INSERT = """
WITH made AS (
    INSERT INTO bonuses_grant (id, player_id, slot, amount, amount_base, wagering_required, {of_group}, {shared})
    SELECT own.id, own.player, own.slot, own.amount, own.amount_base, own.wagering_required, {from_group}, {values}
    FROM unnest(%s::uuid[], %s::uuid[], %s::integer[], %s::bigint[], %s::bigint[], %s::bigint[], %s::integer[])
        AS own (id, player, slot, amount, amount_base, wagering_required, group_number)
    JOIN json_to_recordset(%s) AS common (group_number integer, {typed}) USING (group_number)
    ORDER BY own.player
    ON CONFLICT DO NOTHING
    RETURNING id, amount, wagering_required
)
INSERT INTO bonuses_granttransition (grant_id, amounts, {noted})
SELECT id, %s::jsonb || jsonb_build_object('amount', amount, 'wagering_required', wagering_required), {note}
FROM made
RETURNING grant_id
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    candidate: Candidate
    subject: Subject
    share: Share


def insert_grants(chosen: Sequence[Chosen], *, cause: Cause, now: datetime) -> set[uuid.UUID]:
    """Ids of those that went in: whose slot somebody else took meanwhile are not among them."""
    if not chosen:
        return set()
    if connection.vendor == "postgresql":
        return _insert(chosen, cause, now)
    return _insert_portably(chosen, cause, now)


def _insert(chosen: Sequence[Chosen], cause: Cause, now: datetime) -> set[uuid.UUID]:
    pattern = chosen[0].share.group.grant
    note = _note(pattern, cause, now)
    parameters = [
        *_parameters(pattern, _SHARED),
        *_arrays(chosen),
        _common(chosen),
        orjson.dumps(note.amounts).decode(),
        *_parameters(note, _NOTED),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_query(), parameters)
        return {row[0] for row in cursor.fetchall()}


@cache
def _query() -> str:
    return _INSERT.format(
        of_group=_columns(_OF_GROUP),
        shared=_columns(_SHARED),
        from_group=", ".join(f"common.{field.column}" for field in _OF_GROUP),
        values=_placeholders(_SHARED),
        typed=", ".join(f"{field.column} {field.db_type(connection)}" for field in _OF_GROUP),
        noted=_columns(_NOTED),
        note=_placeholders(_NOTED),
    )


def _insert_portably(chosen: Sequence[Chosen], cause: Cause, now: datetime) -> set[uuid.UUID]:
    wanted = {one.candidate.grant_id for one in chosen}
    there = set(Grant.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    grants = [_grant(one) for one in chosen if one.candidate.grant_id not in there]
    Grant.objects.bulk_create(grants, ignore_conflicts=True)
    made = set(Grant.objects.filter(pk__in=wanted - there).values_list("pk", flat=True))
    GrantTransition.objects.bulk_create(_note(grant, cause, now) for grant in grants if grant.pk in made)
    return made


def _arrays(chosen: Sequence[Chosen]) -> list[str]:
    """Each column as one text: much cheaper than a parameter for each value."""
    return [
        array_of([one.candidate.grant_id.hex for one in chosen]),
        array_of([one.candidate.player_id.hex for one in chosen]),
        array_of([str(one.subject.slot) for one in chosen]),
        array_of([str(one.share.amount) for one in chosen]),
        array_of([str(one.share.amount_base) for one in chosen]),
        array_of([str(one.share.wagering_required) for one in chosen]),
        array_of([str(one.share.group.number) for one in chosen]),
    ]


def _common(chosen: Sequence[Chosen]) -> str:
    groups = {one.share.group.number: one.share.group for one in chosen}
    rows = [
        {"group_number": number, **{field.column: getattr(group.grant, field.attname) for field in _OF_GROUP}}
        for number, group in groups.items()
    ]
    return orjson.dumps(rows, default=str).decode()


def _grant(one: Chosen) -> Grant:
    own = {
        "id": one.candidate.grant_id,
        "player_id": one.candidate.player_id,
        "slot": one.subject.slot,
        "amount": one.share.amount,
        "amount_base": one.share.amount_base,
        "wagering_required": one.share.wagering_required,
    }
    return Grant(**{**one.share.group.fields, **own})


def _note(grant: Grant, cause: Cause, now: datetime) -> GrantTransition:
    return GrantTransition(
        grant=grant,
        seq=1,
        to_status=Status.QUEUED,
        at=now,
        cause=cause.kind,
        actor=cause.actor,
        amounts=amounts_of(grant),
    )


def _columns(fields: Fields) -> str:
    return ", ".join(f'"{field.column}"' for field in fields)


def _placeholders(fields: Fields) -> str:
    return ", ".join(f"%s::{field.db_type(connection)}" for field in fields)


def _parameters(row: Model, fields: Fields) -> list[Any]:
    return [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
