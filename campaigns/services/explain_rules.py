"""The rules of a segment, one by one, as they are true or false of one player."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from django.db.models import Exists, OuterRef

from bonuses.models import Player
from bonuses.money import display
from campaigns.rule_fields import AMOUNTS, ATTRIBUTE, COLUMNS
from campaigns.rules import All, AnyOf, Leaf, Not, Rule
from campaigns.segments import players_that

SIGNS = {"eq": "=", "ne": "≠", "gt": ">", "gte": "≥", "lt": "<", "lte": "≤", "in": "in", "nin": "not in"}
LISTED = 10
LONGEST = 200


@dataclass(frozen=True, slots=True)
class RuleFinding:
    depth: int
    words: str
    is_true: bool
    value: str = ""
    """The player's, where the rule asks for one."""


def leaf_flags(rule: Rule) -> dict[str, Exists]:
    """To annotate a player with: whether each leaf is true of him, as the segment itself asks for it."""
    return {
        f"rule_{number}": Exists(players_that(leaf).filter(pk=OuterRef("pk")))
        for number, leaf in enumerate(_leaves(rule))
    }


def rule_findings(rule: Rule, player: Player) -> list[RuleFinding]:
    """In the order of the tree, groups before what they hold. The player is annotated with `leaf_flags`."""
    flags = (bool(getattr(player, f"rule_{number}")) for number in count())
    return _findings(rule, player, flags, depth=0)


def _findings(rule: Rule, player: Player, flags: Iterator[bool], depth: int) -> list[RuleFinding]:
    if isinstance(rule, Leaf):
        return [RuleFinding(depth, _words(rule, player), next(flags), _value_of(player, rule.field))]
    inner = [_findings(each, player, flags, depth + 1) for each in _inside(rule)]
    found = [findings[0].is_true for findings in inner]
    if isinstance(rule, Not):
        head = RuleFinding(depth, "not", not found[0])
    elif isinstance(rule, All):
        head = RuleFinding(depth, "all of these", all(found))
    else:
        head = RuleFinding(depth, "any of these", any(found))
    return [head, *(finding for findings in inner for finding in findings)]


def _leaves(rule: Rule) -> Iterator[Leaf]:
    if isinstance(rule, Leaf):
        yield rule
    else:
        for each in _inside(rule):
            yield from _leaves(each)


def _inside(rule: All | AnyOf | Not) -> tuple[Rule, ...]:
    return (rule.rule,) if isinstance(rule, Not) else rule.rules


def _words(leaf: Leaf, player: Player) -> str:
    if leaf.op == "exists":
        return f"{leaf.field} {'is there' if leaf.value else 'is not there'}"
    return f"{leaf.field} {SIGNS.get(leaf.op, leaf.op)} {_in_money(leaf.field, leaf.value, player)}"


def _value_of(player: Player, field: str) -> str:
    if field.startswith(ATTRIBUTE):
        return _shown(player.attributes.get(field.removeprefix(ATTRIBUTE)))
    return _in_money(field, getattr(player, field), player)


def _in_money(field: str, value: Any, player: Player) -> str:
    """Amounts are compared as minor units of the player's own currency."""
    if COLUMNS.get(field) is not AMOUNTS:
        return _shown(value)
    if isinstance(value, tuple):
        return _shown(tuple(display(each, player.currency) for each in value))
    return display(value, player.currency)


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, tuple):
        some = ", ".join(_shown(each) for each in value[:LISTED])
        return f"{some} and {len(value) - LISTED} more" if len(value) > LISTED else some
    if isinstance(value, datetime):
        return f"{value:%-d %b %Y %H:%M:%S} UTC"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str).strip('"')
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
