"""What the templates show of the tree: for each node its place, the choices it offers and the field for its value."""

from dataclasses import dataclass
from typing import Any

from campaigns.admin.rules.nodes import JOINS, Group, Node, Row
from campaigns.admin.rules.posted import ADD_GROUP, ADD_RULE, REMOVE
from campaigns.admin.rules.values import LOCAL_TIME, SORTS, amount_hint, is_amount
from campaigns.rule_fields import ATTRIBUTE, COLUMNS, LISTS, STATUSES, TIMES, kind_of

NAMES = {
    "country": "Country",
    "currency": "Currency",
    "status": "Status",
    "origin": "Brand",
    "total_deposited": "Total deposited",
    "net_loss": "Net loss",
    "created_at": "Player since",
    "updated_at": "Player changed",
    "external_id": "External id",
    "id": "Id",
    ATTRIBUTE: "Attribute …",
}
OPS = {
    "eq": "is",
    "ne": "is not",
    "in": "is one of",
    "nin": "is none of",
    "gt": "is more than",
    "gte": "is at least",
    "lt": "is less than",
    "lte": "is at most",
    "contains": "contains",
    "exists": "has a value",
}
FLAGS = {"yes": "yes", "no": "no"}
HINTS = {"country": "SE", "currency": "EUR"}
Choices = list[tuple[str, str, bool]]
"""Value, words, and whether it is the chosen one."""


@dataclass(frozen=True, slots=True)
class Shown:
    name: str
    """What the names of its fields begin with."""
    id: str
    place: str
    node: Node
    number: str
    """For people: `2.1` is the first within the second."""
    inner: "tuple[Shown, ...]" = ()
    is_new: bool = False

    @property
    def is_group(self) -> bool:
        return isinstance(self.node, Group)

    @property
    def faults(self) -> list[str]:
        return self.node.faults

    @property
    def can_remove(self) -> bool:
        return "_" in self.place

    @property
    def acts(self) -> dict[str, str]:
        return {act: f"{act} {self.place}" for act in (ADD_RULE, ADD_GROUP, REMOVE)}


@dataclass(frozen=True, slots=True)
class ShownGroup(Shown):
    @property
    def joins(self) -> Choices:
        assert isinstance(self.node, Group)  # noqa: S101  made so
        return _choices(JOINS, {self.node.join})


@dataclass(frozen=True, slots=True)
class ShownRow(Shown):
    @property
    def row(self) -> Row:
        assert isinstance(self.node, Row)  # noqa: S101  made so
        return self.node

    @property
    def names(self) -> Choices:
        """One that we don't know is shown as it is, to be mended."""
        name = self.row.name
        unknown = {name: name} if name and name not in NAMES else {}
        return _choices({"": "Choose …", **NAMES, **unknown}, {name})

    @property
    def ops(self) -> Choices:
        kind = kind_of(self.row.asked) or kind_of(f"{ATTRIBUTE}x" if self.is_attribute else "")
        known = kind.ops if kind else ()
        return _choices({op: OPS[op] for op in known} or {self.row.op: self.row.op}, {self.row.op})

    @property
    def is_attribute(self) -> bool:
        return self.row.name == ATTRIBUTE

    @property
    def sorts(self) -> Choices:
        return _choices(SORTS, {self.row.sort})

    @property
    def has_sorts(self) -> bool:
        return self.is_attribute and self.row.op != "exists"

    @property
    def options(self) -> Choices:
        """Where a value is chosen, not typed."""
        row = self.row
        if row.op == "exists":
            return _choices(FLAGS, set(row.values[:1] or ["yes"]))
        if row.name == "status":
            return _choices({status: status.replace("_", " ") for status in STATUSES}, set(row.values))
        if self.has_sorts and row.sort == "flag" and row.op not in LISTS:
            return _choices({"": "Choose …", **FLAGS}, set(row.values[:1]))
        return []

    @property
    def is_many(self) -> bool:
        return self.row.op in LISTS

    @property
    def value(self) -> str:
        return "\n".join(self.row.values)

    @property
    def input_type(self) -> str:
        """A browser's own field for times, unless it could not show what is there."""
        is_time = COLUMNS.get(self.row.name) is TIMES and not self.is_many
        return "datetime-local" if is_time and (not self.value or _is_local(self.value)) else "text"

    @property
    def input_value(self) -> str:
        return self.value.removesuffix("Z") if self.input_type == "datetime-local" else self.value

    @property
    def hint(self) -> str:
        if self.options:
            return ""
        if is_amount(self.row.name):
            return f"One a line. {amount_hint()}" if self.is_many else amount_hint()
        if self.is_many:
            return "One a line"
        return "UTC" if COLUMNS.get(self.row.name) is TIMES else HINTS.get(self.row.name, "")


def shown(root: Group, *, name: str, id_: str) -> Shown:
    return _shown(root, name, id_, (0,))


def _shown(node: Node, name: str, id_: str, place: tuple[int, ...]) -> Shown:
    at = "_".join(map(str, place))
    number = ".".join(str(each + 1) for each in place[1:])
    common: dict[str, Any] = {
        "name": f"{name}-{at}",
        "id": f"{id_}_{at}",
        "place": at,
        "node": node,
        "number": number,
    }
    if isinstance(node, Row):
        return ShownRow(**common, is_new=node.is_new)
    inner = tuple(_shown(each, name, id_, (*place, n)) for n, each in enumerate(node.inner))
    return ShownGroup(**common, inner=inner)


def _choices(offered: dict[str, str], chosen: set[str]) -> Choices:
    return [(value, words, value in chosen) for value, words in offered.items()]


def _is_local(value: str) -> bool:
    return "T" in value and LOCAL_TIME.fullmatch(value.removesuffix("Z")) is not None
