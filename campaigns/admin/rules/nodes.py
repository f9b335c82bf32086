"""The tree that the form shows, and the JSON that stands for it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from campaigns.admin.rules.values import amount_faults, comes_back, is_amount, read, written
from campaigns.rule_fields import ATTRIBUTE, LISTS
from campaigns.rules import RulesInvalid, parse

JOINS = {
    "all": "all of these are true",
    "any": "any of these is true",
    "none": "none of these is true",
    "not_all": "not all of these are true",
}
WRAPPED = {"none": "any", "not_all": "all"}
"""Joins that the rules know as the opposite of another one."""
MOST_NODES = 120
"""More would be more fields than a request may have. Longer rules are written as JSON."""
DEEPEST = 12


class NotShown(ValueError):
    """Rules that these rows can't show without altering them."""


@dataclass(slots=True)
class Row:
    """One condition. Values are texts, as they are typed."""

    name: str = ""
    """Of a column, or `attributes.` for the attribute `key`."""
    op: str = "eq"
    key: str = ""
    sort: str = "text"
    """What the values of an attribute are: text, number, flag or json."""
    values: list[str] = field(default_factory=list)
    is_not: bool = False
    is_new: bool = False
    """Where the one who asked for it is to go on typing."""
    faults: list[str] = field(default_factory=list)

    @property
    def asked(self) -> str:
        return f"{ATTRIBUTE}{self.key}" if self.name == ATTRIBUTE else self.name


@dataclass(slots=True)
class Group:
    join: str = "all"
    inner: "list[Node]" = field(default_factory=list)
    was_altered: bool = False
    """By one of the form's buttons: it was not meant to be saved."""
    faults: list[str] = field(default_factory=list)


Node = Row | Group


def from_tree(tree: Any) -> Group:
    """Raises `NotShown`."""
    node = _node(tree, 0)
    root = node if isinstance(node, Group) else Group("all", [node])
    if sum(1 for _ in every(root)) > MOST_NODES:
        raise NotShown
    return root


def _node(tree: Any, depth: int) -> Node:
    if depth > DEEPEST:
        raise NotShown
    match tree:
        case {"all": list(inner), **rest} if not rest:
            return _group("all", inner, depth)
        case {"any": list(inner), **rest} if not rest:
            return _group("any", inner, depth)
        case {"not": inner, **rest} if not rest:
            return _opposite(inner, depth)
        case _:
            return _row(tree)


def _opposite(tree: Any, depth: int) -> Node:
    match tree:
        case {"all": list(inner), **rest} if not rest:
            return _group("not_all", inner, depth)
        case {"any": list(inner), **rest} if not rest:
            return _group("none", inner, depth)
        case {"not": _}:
            return _group("none", [tree], depth)
    row = _row(tree)
    row.is_not = True
    return row


def _group(join: str, inner: list[Any], depth: int) -> Group:
    return Group(join, [_node(each, depth + 1) for each in inner])


def _row(leaf: Any) -> Row:
    match leaf:
        case {"field": str(name), "op": str(op), **rest} if not rest.keys() - {"value"}:
            value = rest.get("value", True) if op == "exists" else rest.get("value")
        case _:
            raise NotShown
    row = Row(name=name, op=op)
    if name.startswith(ATTRIBUTE):
        row.name, row.key = ATTRIBUTE, name.removeprefix(ATTRIBUTE)
    row.sort, row.values = written(value, field=name, op=op)
    # What would not come back as it is here is not shown in rows.
    back = read(row.values, field=row.asked, op=op, sort=row.sort)
    if not comes_back(row.values, op) or back != value or repr(back) != repr(value):
        raise NotShown
    return row


def to_tree(root: Group) -> dict[str, Any] | None:
    """The JSON of it; None where nothing was said."""
    return _written(root, "rules", {}) if root.inner else None


def mark_faults(root: Group) -> bool:
    """Say of each node what is wrong with it; whether there is anything wrong."""
    places: dict[str, Node] = {}
    tree = _written(root, "rules", places)
    try:
        parse(tree)
    except RulesInvalid as error:
        for path, message in error.details.items():
            _say(_node_at(path, places, root), str(message))
        return True
    return False


def _amount_faults(node: Node) -> list[str]:
    if not isinstance(node, Row) or not is_amount(node.name) or node.op == "exists":
        return []
    return amount_faults(node.values or ([] if node.op in LISTS else [""]))


def _say(node: Node, message: str) -> None:
    """Of amounts in the words of what was typed: the rules know minor units alone."""
    for said in _amount_faults(node) or [message]:
        if said not in node.faults:
            node.faults.append(said)


def every(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Group):
        for each in node.inner:
            yield from every(each)


def _written(node: Node, path: str, places: dict[str, Node]) -> dict[str, Any]:
    places[path] = node
    tree: dict[str, Any]
    if isinstance(node, Group):
        join = WRAPPED.get(node.join, node.join)
        is_not = node.join in WRAPPED
        inner = f"{path}.not.{join}" if is_not else f"{path}.{join}"
        tree = {join: [_written(each, f"{inner}.{number}", places) for number, each in enumerate(node.inner)]}
    else:
        is_not = node.is_not
        value = read(node.values, field=node.asked, op=node.op, sort=node.sort)
        tree = {"field": node.asked, "op": node.op, "value": value}
    return {"not": tree} if is_not else tree


def _node_at(path: str, places: dict[str, Node], root: Group) -> Node:
    """The innermost that the path leads through."""
    through = [place for place in places if path == place or path.startswith(f"{place}.")]
    return places[max(through, key=len)] if through else root
