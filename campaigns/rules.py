"""The rules of a segment: a tree of `all`, `any` and `not` around leaves. Pure: no ORM, no clock, no settings.

    {"all": [{"field": "total_deposited", "op": "gte", "value": 10000},
             {"not": {"field": "attributes.vip", "op": "eq", "value": true}}]}

Every rule is true or false of every player, never unknown. A player who has no value (no such attribute, one that is
null, no country) fails each leaf but `ne`, `nin` and `exists` with false: `ne` is the opposite of `eq`, `nin` of `in`,
and `not` of whatever it holds. Values of another type are different values: the text "5" is neither 5 nor less than 6.
Numbers are compared as numbers, texts by code point, and upper and lower case differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.rule_fields import Fault, Kind, kind_of
from integrations.errors import DomainError

MAX_DEPTH = 10
MAX_NODES = 200
MAX_VALUES = 2000
"""In the lists of all `in` and `nin` together."""


class RulesInvalid(DomainError):
    """`details` maps the path of each bad node to what is wrong with it: `rules.all.1.value`."""

    code = "VALIDATION_ERROR"


@dataclass(frozen=True, slots=True)
class Leaf:
    field: str
    op: str
    value: Any
    """Of the field's type; a tuple of such for `in` and `nin`; for `exists` true, which is its default, or false."""


@dataclass(frozen=True, slots=True)
class All:
    rules: "tuple[Rule, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    rules: "tuple[Rule, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    rule: "Rule"


Rule = Leaf | All | AnyOf | Not

GROUPS: dict[str, type[All] | type[AnyOf]] = {"all": All, "any": AnyOf}
LEAF = frozenset({"field", "op", "value"})
FORMS = 'Must be {"all": […]}, {"any": […]}, {"not": …} or {"field": …, "op": …, "value": …}.'


def parse(tree: Any) -> Rule:
    """Raises `RulesInvalid`, which names every bad node."""
    reader = _Reader()
    rule = reader.rule(tree, "rules", depth=1)
    if reader.faults or rule is None:
        raise RulesInvalid("The rules are not acceptable.", **reader.faults)
    return rule


class _Reader:
    """Goes on after a fault, so that a caller hears of all of them at once. Faults have whole paths here."""

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}
        self.nodes = 0
        self.values = 0

    def rule(self, node: Any, path: str, depth: int) -> Rule | None:
        """None: something about it is wrong, and noted."""
        try:
            return self._rule(node, path, depth)
        except Fault as fault:
            self.faults.setdefault(fault.path, fault.message)
            return None

    def _rule(self, node: Any, path: str, depth: int) -> Rule | None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise Fault(f"Must be of at most {MAX_NODES} nodes.", "rules")
        if depth > MAX_DEPTH:
            raise Fault(f"Must not be nested more than {MAX_DEPTH} levels deep.", path)
        if isinstance(node, Mapping):
            [only, *others] = [*node] or [None]
            if only in GROUPS and not others:
                return self._group(node, str(only), path, depth)
            if only == "not" and not others:
                inner = self.rule(node["not"], f"{path}.not", depth + 1)
                return Not(inner) if inner else None
            if LEAF & node.keys():
                return self._leaf(node, path)
        raise Fault(FORMS, path)

    def _group(self, node: Mapping[str, Any], name: str, path: str, depth: int) -> Rule:
        inner = node[name]
        if not isinstance(inner, list) or not inner:
            raise Fault("Must be a list of at least one rule.", f"{path}.{name}")
        # Past the limit there is nothing more to be said of the rest.
        rules = [self.rule(each, f"{path}.{name}.{n}", depth + 1) for n, each in enumerate(inner[: MAX_NODES + 1])]
        return GROUPS[name](tuple(rule for rule in rules if rule is not None))

    def _leaf(self, node: Mapping[str, Any], path: str) -> Leaf | None:
        node = {"value": True, **node} if node.get("op") == "exists" else node
        missing = dict.fromkeys(sorted(LEAF - node.keys()), "This field is required.")
        unknown = dict.fromkeys(node.keys() - LEAF, "Unknown field.")
        if wrong := missing | unknown:
            self.faults |= {f"{path}.{name}": message for name, message in wrong.items()}
            return None
        kind = kind_of(node["field"])
        if kind is None:
            raise Fault("Must be a column of the players or attributes.<key>.", f"{path}.field")
        if node["op"] not in kind.ops:
            raise Fault(f"Must be one of {', '.join(kind.ops)} for this field.", f"{path}.op")
        return Leaf(node["field"], node["op"], self._value(kind, node, path))

    def _value(self, kind: Kind, node: Mapping[str, Any], path: str) -> Any:
        try:
            value = kind.read(node["op"], node["value"])
        except Fault as fault:
            raise Fault(fault.message, f"{path}.value{fault.path}") from None
        self.values += len(value) if isinstance(value, tuple) else 1
        if self.values > MAX_VALUES:
            raise Fault(f"Must hold at most {MAX_VALUES} values.", "rules")
        return value
