"""What rules may look like, and what is said of those that may not."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from bonuses.models import Player
from bonuses.models.player import PlayerStatus
from campaigns.rule_fields import COLUMNS, MAX_LIST, STATUSES
from campaigns.rules import MAX_DEPTH, MAX_NODES, MAX_VALUES, All, AnyOf, Leaf, Not, RulesInvalid, parse

ID = "0194b8f1-0c7d-7b22-8e11-2a3b4c5d6e71"
GOOD = {"field": "total_deposited", "op": "gte", "value": 10000}


def leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def faults(tree: Any) -> dict[str, Any]:
    with pytest.raises(RulesInvalid) as caught:
        parse(tree)
    assert caught.value.code == "VALIDATION_ERROR"
    return caught.value.details


def test_a_tree() -> None:
    tree = {"all": [GOOD, {"any": [leaf("attributes.vip", "eq", True), {"not": leaf("country", "in", ["DE", "AT"])}]}]}
    assert parse(tree) == All(
        (
            Leaf("total_deposited", "gte", 10000),
            AnyOf((Leaf("attributes.vip", "eq", True), Not(Leaf("country", "in", ("DE", "AT"))))),
        )
    )


def test_every_column_may_be_asked() -> None:
    columns = {field.name for field in Player._meta.fields} - {"attributes"}
    assert set(COLUMNS) == columns
    assert set(PlayerStatus.values) == set(STATUSES)


@pytest.mark.parametrize(
    ("field", "op", "value", "read"),
    [
        ("id", "eq", ID, uuid.UUID(ID)),
        ("external_id", "contains", "%", "%"),
        ("currency", "in", ["EUR", "BTC"], ("EUR", "BTC")),
        ("status", "nin", ["banned"], ("banned",)),
        ("country", "ne", "DE", "DE"),
        ("net_loss", "lt", -(2**53 - 1), -(2**53 - 1)),
        ("created_at", "gte", "2025-01-31T12:00:00+01:00", datetime(2025, 1, 31, 11, tzinfo=UTC)),
        ("attributes.a.b", "gt", 0.5, 0.5),
        ("attributes.since", "gt", "2025-01-31", "2025-01-31"),
        ("attributes.vip", "in", [True, 1, "x"], (True, 1, "x")),
        ("attributes.tags", "contains", 5, 5),
        ("origin", "exists", False, False),
    ],
)
def test_good_values(field: str, op: str, value: Any, read: Any) -> None:
    assert parse(leaf(field, op, value)) == Leaf(field, op, read)


def test_exists_is_true_unless_it_says_otherwise() -> None:
    assert parse({"field": "country", "op": "exists"}) == Leaf("country", "exists", True)


@pytest.mark.parametrize(
    ("field", "op", "value"),
    [
        ("id", "eq", "player-1"),
        ("external_id", "eq", 5),
        ("external_id", "eq", None),
        ("external_id", "eq", "a\x00"),
        ("external_id", "eq", "\ud800"),
        ("external_id", "eq", "x" * 501),
        ("currency", "eq", "eur"),
        ("currency", "eq", "XXX"),
        ("status", "eq", "gone"),
        ("country", "eq", "de"),
        ("country", "eq", ""),
        ("country", "eq", "DE\n"),
        ("total_deposited", "gte", "10000"),
        ("total_deposited", "gte", 10000.0),
        ("total_deposited", "gte", True),
        ("total_deposited", "gte", 2**53),
        ("total_deposited", "gte", None),
        ("total_deposited", "gte", [1]),
        ("total_deposited", "in", 1),
        ("total_deposited", "in", []),
        ("total_deposited", "in", [1] * (MAX_LIST + 1)),
        ("created_at", "lt", "2025-01-31"),
        ("created_at", "lt", "2025-01-31T12:00:00"),
        ("created_at", "lt", "2025-02-30T12:00:00Z"),
        ("created_at", "lt", "0001-01-01T00:00:00+01:00"),
        ("created_at", "lt", 1738324800),
        ("country", "exists", "true"),
        ("country", "exists", None),
        ("attributes.x", "eq", None),
        ("attributes.x", "eq", {}),
        ("attributes.x", "eq", []),
        ("attributes.x", "gt", True),
        ("attributes.x", "eq", 2**53),
        ("attributes.x", "eq", float("nan")),
        ("attributes.x", "eq", float("inf")),
    ],
)
def test_bad_value_is_named(field: str, op: str, value: Any) -> None:
    assert list(faults(leaf(field, op, value))) == ["rules.value"]


@pytest.mark.parametrize(
    ("field", "op"),
    [
        ("total_deposited", "contains"),
        ("created_at", "contains"),
        ("id", "gt"),
        ("status", "contains"),
        ("currency", "lt"),
        ("country", "gte"),
        ("external_id", "gt"),
        ("external_id", "regex"),
        ("attributes.x", "icontains"),
        ("attributes.x", None),
        ("attributes.x", ["eq"]),
    ],
)
def test_op_that_the_field_does_not_know(field: str, op: Any) -> None:
    assert list(faults(leaf(field, op, "x"))) == ["rules.op"]


@pytest.mark.parametrize(
    "field",
    [
        "password",
        "grant",
        "attributes",
        "attributes.",
        "Attributes.x",
        "country__in",
        "attributes.\x00",
        "attributes." + "x" * 201,
        "",
        None,
        5,
    ],
)
def test_field_that_may_not_be_asked(field: Any) -> None:
    assert list(faults(leaf(field, "eq", "x"))) == ["rules.field"]


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        (None, "rules"),
        ([], "rules"),
        ("x", "rules"),
        ({}, "rules"),
        ({"both": [GOOD]}, "rules"),
        ({"all": [GOOD], "any": [GOOD]}, "rules"),
        ({"all": []}, "rules.all"),
        ({"any": {}}, "rules.any"),
        ({"not": None}, "rules.not"),
        ({"not": [GOOD]}, "rules.not"),
        ({"all": [GOOD, 5]}, "rules.all.1"),
        ({"field": "country", "op": "eq"}, "rules.value"),
        ({"field": "country", "value": "DE"}, "rules.op"),
        ({"op": "eq", "value": "DE"}, "rules.field"),
        ({**GOOD, "typo": 1}, "rules.typo"),
        ({**GOOD, "all": [GOOD]}, "rules.all"),
    ],
)
def test_bad_node_is_named(tree: Any, path: str) -> None:
    assert list(faults(tree)) == [path]


def test_all_bad_nodes_are_named_at_once() -> None:
    tree = {
        "all": [
            GOOD,
            leaf("total_deposited", "gte", "x"),
            {"not": {"any": [leaf("colour", "eq", "red"), leaf("status", "in", ["active", "gone"])]}},
        ]
    }
    assert faults(tree) == {
        "rules.all.1.value": "Must be an integer, in minor units of the player's currency.",
        "rules.all.2.not.any.0.field": "Must be a column of the players or attributes.<key>.",
        "rules.all.2.not.any.1.value.1": "Must be one of active, self_excluded, bonus_blocked, banned.",
    }


def nested(depth: int) -> Any:
    return {"not": nested(depth - 1)} if depth > 1 else GOOD


def test_depth_is_limited() -> None:
    parse(nested(MAX_DEPTH))
    assert list(faults(nested(MAX_DEPTH + 1))) == ["rules" + ".not" * MAX_DEPTH]
    assert list(faults(nested(500))) == ["rules" + ".not" * MAX_DEPTH]


def test_number_of_nodes_is_limited() -> None:
    parse({"any": [GOOD] * (MAX_NODES - 1)})
    assert faults({"any": [GOOD] * MAX_NODES}) == {"rules": "Must be of at most 200 nodes."}
    assert faults({"any": [GOOD] * 100_000}) == {"rules": "Must be of at most 200 nodes."}


def test_number_of_values_is_limited() -> None:
    full = leaf("total_deposited", "in", [1] * MAX_LIST)
    parse({"any": [full] * (MAX_VALUES // MAX_LIST)})
    assert faults({"any": [GOOD, *[full] * (MAX_VALUES // MAX_LIST)]}) == {"rules": "Must hold at most 2000 values."}
