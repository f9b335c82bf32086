"""The tree as a form sends it, and what its buttons do to it.

Each field's name has its node's place: `rules-0_2-op` is of the third node within the outermost group.
"""

import re
from collections.abc import Mapping
from typing import Any

from campaigns.admin.rules.nodes import DEEPEST, JOINS, MOST_NODES, Group, Node, Row, every
from campaigns.admin.rules.values import SORTS, lines_of
from campaigns.rule_fields import LISTS, kind_of

PLACE = re.compile(r"0(_\d{1,3}){0,20}", re.ASCII)
ROOT = (0,)
ACT = "rules_act"
ADD_RULE, ADD_GROUP, REMOVE = "rule", "group", "remove"

Place = tuple[int, ...]
Sent = dict[str, list[str]]


def was_sent(data: Any, name: str) -> bool:
    return f"{name}-0-join" in data


def from_posted(data: Any, name: str) -> Group:
    """`data` is a QueryDict. Fields of nodes that have no group around them are left out."""
    sent = _by_place(data, name)
    root = Group(_join(sent.get(ROOT, {})))
    nodes: dict[Place, Node] = {ROOT: root}
    for place in sorted(sent):
        around = nodes.get(place[:-1])
        if place != ROOT and isinstance(around, Group) and len(nodes) <= MOST_NODES + 1:
            nodes[place] = _node(sent[place])
            around.inner.append(nodes[place])
    if wanted := data.get(ACT, ""):
        root.was_altered = True
        _act(root, nodes, wanted)
    return root


def _by_place(data: Any, name: str) -> dict[Place, Sent]:
    found: dict[Place, Sent] = {}
    for key in data:
        prefix, _, rest = key.partition("-")
        place, _, of = rest.partition("-")
        if prefix == name and PLACE.fullmatch(place):
            found.setdefault(tuple(map(int, place.split("_"))), {})[of] = data.getlist(key)
    return found


def _node(sent: Sent) -> Node:
    return Group(_join(sent)) if "join" in sent else _row(sent)


def _join(sent: Mapping[str, list[str]]) -> str:
    join = _first(sent, "join")
    return join if join in JOINS else "all"


def _row(sent: Sent) -> Row:
    row = Row(name=_first(sent, "name"), op=_first(sent, "op") or "eq", key=_first(sent, "key"))
    row.is_not = "not" in sent
    sort = _first(sent, "sort")
    row.sort = sort if sort in SORTS else "text"
    kind = kind_of(row.asked)
    ops = kind.ops if kind else ()
    if ops and row.op not in ops:
        row.op = ops[0]
    # Chosen from a list they come one by one; else as they were typed, a list a line each.
    values = sent.get("value", [])
    row.values = lines_of("\n".join(values)) if row.op in LISTS else values[:1]
    return row


def _first(sent: Mapping[str, list[str]], name: str) -> str:
    return next(iter(sent.get(name, ())), "")


def _act(root: Group, nodes: dict[Place, Node], wanted: str) -> None:
    act, _, at = wanted.partition(" ")
    if not PLACE.fullmatch(at):
        return
    place = tuple(map(int, at.split("_")))
    node, around = nodes.get(place), nodes.get(place[:-1])
    if act == REMOVE and node is not None and isinstance(around, Group):
        around.inner = [each for each in around.inner if each is not node]
    elif act in {ADD_RULE, ADD_GROUP} and isinstance(node, Group):
        _add(root, node, act, len(place))


def _add(root: Group, group: Group, act: str, depth: int) -> None:
    if sum(1 for _ in every(root)) >= MOST_NODES - 1 or depth >= DEEPEST:
        group.faults.append("There is no more room here. Longer or deeper rules are written as JSON.")
        return
    group.inner.append(Row(is_new=True) if act == ADD_RULE else Group("any", [Row(is_new=True)]))
