"""What is known of players when they are judged: for a whole segment as an annotation, for a few by their ids."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual

from bonuses import terms as rules
from bonuses.lifecycle import LIVE
from bonuses.models import Grant, Player
from bonuses.models.grant import GrantQuerySet
from bonuses.models.template import BonusType
from bonuses.services.bulk.plan import Plan


class Traits(NamedTuple):
    """All of a player that what he is given depends on."""

    origin: str
    currency: str
    loss: int
    """`net_loss`, in minor units of `currency`; 0 where the offer does not depend on it."""
    status: str
    holds_live: bool
    """A live grant of the template, in whatever window."""
    is_full: bool
    """As many grants as the terms allow hold a slot in this window."""


class Subject(NamedTuple):
    """A player who may be given something, and the lowest slot that he has free."""

    external_id: str
    slot: int
    traits: tuple[Any, ...]
    """The fields of `Traits`."""


# One look into the index of slots for each player. The template is wrapped in a subquery, and the aggregate in a
# lateral one, for the planner's sake: while a campaign runs, the statistics do not know how many grants it has made.
# By them it would be cheap to read all grants of the template, and by the end there are a million.
_SELECT = """
SELECT player.external_id, held, player.origin, player.currency, {loss}, player.status, coalesce(holds_live, false)
FROM unnest(%s::uuid[]) WITH ORDINALITY AS wanted (id, number)
JOIN bonuses_player AS player ON player.id = wanted.id
CROSS JOIN LATERAL (
    SELECT bool_or(status = ANY (%s)) AS holds_live,
           array_agg(slot) FILTER (WHERE "window" = %s AND slot IS NOT NULL) AS held
    FROM bonuses_grant WHERE template_id = (SELECT %s::uuid) AND player_id = player.id
) AS theirs
ORDER BY wanted.number
"""


def with_traits(players: QuerySet[Player], *, plan: Plan, now: datetime) -> QuerySet[Player]:
    """Annotated with those `Traits` that are no columns of the player's."""
    theirs = _grants(plan).filter(player_id=OuterRef("pk")).order_by()
    annotated: QuerySet[Player] = players.annotate(
        loss=F("net_loss") if _depends_on_loss(plan) else Value(0),
        holds_live=Exists(theirs.live()),
        is_full=_is_full(theirs.filter(window=_window(plan, now), slot__isnull=False), _limit(plan)),
    )
    return annotated


def subjects(player_ids: Sequence[uuid.UUID], *, plan: Plan, now: datetime) -> list[Subject]:
    """In the order of the ids."""
    if connection.vendor == "postgresql":
        return _subjects(player_ids, plan=plan, now=now)
    return _subjects_portably(player_ids, plan=plan, now=now)


def array_of(values: Sequence[str]) -> str:
    """As PostgreSQL writes an array of numbers or ids: much cheaper than a parameter for each."""
    return f"{{{','.join(values)}}}"


def _subjects(player_ids: Sequence[uuid.UUID], *, plan: Plan, now: datetime) -> list[Subject]:
    limit = _limit(plan)
    query = _SELECT.format(loss="player.net_loss" if _depends_on_loss(plan) else "0")
    with connection.cursor() as cursor:
        cursor.execute(
            query, [array_of([one.hex for one in player_ids]), sorted(LIVE), _window(plan, now), plan.template_id]
        )
        return [
            Subject(external_id, _lowest_free(held), (*traits, _reaches(held, limit)))
            for external_id, held, *traits in cursor.fetchall()
        ]


def _subjects_portably(player_ids: Sequence[uuid.UUID], *, plan: Plan, now: datetime) -> list[Subject]:
    players = with_traits(Player.objects.filter(pk__in=player_ids), plan=plan, now=now)
    held = defaultdict[uuid.UUID, list[int]](list)
    holding = _grants(plan).filter(player_id__in=player_ids, window=_window(plan, now), slot__isnull=False)
    for player_id, slot in holding.order_by().values_list("player_id", "slot"):
        held[player_id].append(slot or 0)
    rows = {row[0]: row[1:] for row in players.values_list("pk", "external_id", *Traits._fields)}
    return [Subject(rows[one][0], _lowest_free(held[one]), rows[one][1:]) for one in player_ids]


def _lowest_free(held: Sequence[int] | None) -> int:
    if not held:
        return 0
    return next(slot for slot in range(len(held) + 1) if slot not in held)


def _reaches(held: Sequence[int] | None, limit: int | None) -> bool:
    return limit is not None and len(held or ()) >= limit


def _is_full(holding: GrantQuerySet, limit: int | None) -> Any:
    if limit is None:
        return Value(False)
    if limit == 1:
        return Exists(holding)
    counted = Subquery(holding.values("player").annotate(n=Count("pk")).values("n"))
    return GreaterThanOrEqual(Coalesce(counted, 0), limit)


def _grants(plan: Plan) -> GrantQuerySet:
    grants: GrantQuerySet = Grant.objects.filter(template_id=plan.template_id)
    return grants


def _window(plan: Plan, now: datetime) -> int:
    return rules.window(rules.from_json(plan.terms), now)


def _limit(plan: Plan) -> int | None:
    return rules.from_json(plan.terms).max_grants_per_player


def _depends_on_loss(plan: Plan) -> bool:
    return rules.from_json(plan.terms).type == BonusType.CASHBACK
