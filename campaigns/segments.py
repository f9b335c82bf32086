"""Segments as querysets of players: one statement, whatever the rules."""

from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from bonuses.models import Player
from campaigns.attributes import AttributeIs
from campaigns.models import Segment, SegmentMember
from campaigns.models.segment import SegmentKind
from campaigns.rule_fields import ATTRIBUTE
from campaigns.rules import All, Leaf, Not, Rule, parse

OPPOSITES = {"ne": "eq", "nin": "in"}
LOOKUPS = {"eq": "exact"}


def players_of(segment: Segment) -> QuerySet[Player]:
    """Those it holds at the moment of asking, in no order. Raises `RulesInvalid` for rules we no longer take."""
    if segment.kind == SegmentKind.RULES:
        return players_that(parse(segment.rules))
    listed = SegmentMember.objects.filter(segment=segment, player=OuterRef("pk"))
    return Player.objects.order_by().filter(Exists(listed))


def players_that(rule: Rule) -> QuerySet[Player]:
    """The players of whom the rule is true."""
    return Player.objects.order_by().filter(_condition(rule, wanted=True))


def _condition(rule: Rule, *, wanted: bool) -> Q:
    """`not` is carried down to the leaves: there alone an answer could be unknown."""
    if isinstance(rule, Leaf):
        return _leaf(rule, wanted=wanted)
    if isinstance(rule, Not):
        return _condition(rule.rule, wanted=not wanted)
    together = and_ if isinstance(rule, All) is wanted else or_
    return reduce(together, (_condition(each, wanted=wanted) for each in rule.rules))


def _leaf(leaf: Leaf, *, wanted: bool) -> Q:
    op = leaf.op
    if op in OPPOSITES:
        op, wanted = OPPOSITES[op], not wanted
    if op == "exists":
        wanted = wanted is leaf.value
    if leaf.field.startswith(ATTRIBUTE):
        return Q(AttributeIs(leaf.field.removeprefix(ATTRIBUTE), op, leaf.value, wanted=wanted))
    condition = _column(leaf.field, op, leaf.value)
    return condition if wanted else ~condition


def _column(field: str, op: str, value: Any) -> Q:
    """No column of a player is ever NULL, so that the opposite of a condition is just that."""
    if op == "exists":
        return ~Q(country="") if field == "country" else Q(pk__isnull=False)
    if op == "contains":
        # Not LIKE, for which SQLite takes upper and lower case as the same.
        return Q(GreaterThan(StrIndex(F(field), Value(value)), 0))
    return Q(**{f"{field}__{LOOKUPS.get(op, op)}": value})
