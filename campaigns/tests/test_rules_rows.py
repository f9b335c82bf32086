"""Rules as rows of a form: what is shown comes back as it was, and what can't is not shown so."""

from typing import Any

import pytest
from django.http import QueryDict

from campaigns.admin.rules.nodes import Group, NotShown, Row, from_tree, mark_faults, to_tree
from campaigns.admin.rules.posted import from_posted
from campaigns.admin.rules.shown import Shown, ShownRow, shown

SE = {"field": "country", "op": "eq", "value": "SE"}
RICH = {"field": "total_deposited", "op": "gte", "value": 10_000}
VIP = {"field": "attributes.vip", "op": "eq", "value": True}


def leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def sent(**fields: str | list[str]) -> Group:
    """What a browser sends; `_0_1_op` stands for `rules-0_1-op`."""
    data = QueryDict(mutable=True)
    for name, value in fields.items():
        place, _, of = name.lstrip("_").rpartition("_")
        key = name if name == "rules_act" else f"rules-{place}-{of}"
        data.setlist(key, value if isinstance(value, list) else [value])
    return from_posted(data, "rules")


def as_sent(node: Shown, data: QueryDict) -> None:
    """What a browser sends of what is shown."""
    if not isinstance(node, ShownRow):
        data[f"{node.name}-join"] = node.node.join
        for each in node.inner:
            as_sent(each, data)
        return
    row = node.row
    data.update({f"{node.name}-{name}": getattr(row, name) for name in ("name", "op", "key", "sort")})
    if row.is_not:
        data[f"{node.name}-not"] = "on"
    chosen = [value for value, _, is_chosen in node.options if is_chosen]
    data.setlist(f"{node.name}-value", chosen if node.options else [node.input_value])


def there_and_back(tree: dict[str, Any]) -> Any:
    data = QueryDict(mutable=True)
    as_sent(shown(from_tree(tree), name="rules", id_="id_rules"), data)
    root = from_posted(data, "rules")
    assert mark_faults(root) is False
    return to_tree(root)


@pytest.mark.parametrize(
    "tree",
    [
        {"all": [SE]},
        {"any": [SE, RICH, VIP]},
        {"not": {"any": [SE, RICH]}},
        {"not": {"all": [SE, RICH]}},
        {"all": [{"not": SE}, {"any": [RICH, {"all": [VIP, {"not": {"any": [SE]}}]}]}]},
    ],
)
def test_groups_come_back_as_they_were(tree: dict[str, Any]) -> None:
    assert there_and_back(tree) == tree


@pytest.mark.parametrize(
    "one",
    [
        leaf("country", "in", ["SE", "FI"]),
        leaf("country", "exists", False),
        leaf("status", "eq", "active"),
        leaf("status", "in", ["active", "banned"]),
        leaf("currency", "nin", ["EUR"]),
        leaf("external_id", "contains", "a b"),
        leaf("net_loss", "lt", -5),
        leaf("created_at", "gte", "2025-01-31T12:00:00Z"),
        leaf("created_at", "gte", "2025-01-31T12:00:00.5+02:00"),
        leaf("created_at", "in", ["2025-01-31T12:00:00Z", "2025-02-01T00:00:00Z"]),
        leaf("attributes.tier", "eq", "gold"),
        leaf("attributes.tier", "eq", ""),
        leaf("attributes.tier", "eq", " gold\n"),
        leaf("attributes.tier", "eq", "5"),
        leaf("attributes.visits", "gt", 5),
        leaf("attributes.score", "lte", 1.5),
        leaf("attributes.score", "eq", 1.0),
        leaf("attributes.vip", "eq", False),
        leaf("attributes.vip", "in", [True, False]),
        leaf("attributes.mixed", "in", [1, "1", True]),
        leaf("attributes.tags", "contains", "räksmörgås"),
        leaf("attributes.a.b", "exists", True),
    ],
)
def test_conditions_come_back_as_they_were(one: dict[str, Any]) -> None:
    back = there_and_back({"all": [one]})
    assert repr(back) == repr({"all": [one]})


def test_a_lone_rule_is_a_group_of_one() -> None:
    assert there_and_back(SE) == {"all": [SE]}


def test_a_double_negation_means_the_same() -> None:
    assert there_and_back({"not": {"not": SE}}) == {"not": {"any": [{"not": SE}]}}


@pytest.mark.parametrize(
    "tree",
    [
        1,
        [],
        {},
        {"all": [SE], "any": [SE]},
        {"all": SE},
        {**SE, "more": 1},
        {"field": 1, "op": "eq", "value": 1},
        leaf("country", "in", ["S\nE"]),
        leaf("country", "in", [" SE"]),
        leaf("country", "eq", "SE\r\n"),
        leaf("country", "eq", 5),
        leaf("created_at", "eq", "2025-01-31 12:00:00Z "),
        {"any": [SE] * 200},
    ],
)
def test_what_rows_would_alter_is_not_shown_in_rows(tree: Any) -> None:
    with pytest.raises(NotShown):
        from_tree(tree)


def test_what_is_nested_too_deeply_for_rows_is_not_shown_in_rows() -> None:
    tree: dict[str, Any] = SE
    for _ in range(2000):
        tree = {"all": [tree]}
    with pytest.raises(NotShown):
        from_tree(tree)


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("country", " se ", "SE"),
        ("total_deposited", " 100 ", 10_000),
        ("net_loss", "-0.01", -1),
        ("created_at", "2025-01-31T12:00", "2025-01-31T12:00:00Z"),
        ("created_at", "2025-01-31 12:00:01", "2025-01-31T12:00:01Z"),
    ],
)
def test_values_are_read_as_they_are_meant(name: str, typed: str, value: Any) -> None:
    root = sent(_0_join="all", _0_0_name=name, _0_0_op="eq", _0_0_value=typed)
    assert to_tree(root) == {"all": [leaf(name, "eq", value)]}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "total_deposited", "value": "a lot"}, "'a lot' is not an amount; write it like 1234.50."),
        ({"name": "net_loss", "value": "1.505"}, "EUR has 2 decimals, and 1.505 has more."),
        (
            {"name": "net_loss", "value": "9" * 15},
            "The amount is too large; at most 90071992547409.91 in EUR.",
        ),
        ({"name": "net_loss", "op": "in", "value": ""}, "Must be a list of 1 to 1,000 values."),
        ({"name": "country", "value": "Sweden"}, "Must be an ISO 3166-1 alpha-2 code, such as DE."),
        (
            {"name": "created_at", "value": ""},
            "Must be an RFC 3339 time with its offset, such as 2025-01-31T12:00:00Z.",
        ),
        ({"name": ""}, "Must be a column of the players or attributes.<key>."),
        ({"name": "attributes.", "key": ""}, "Must be a column of the players or attributes.<key>."),
        ({"name": "country", "op": "in", "value": ""}, "Must be a list of 1 to 1,000 values."),
    ],
)
def test_what_is_wrong_is_said_at_the_row_that_keeps_what_was_typed(fields: dict[str, str], said: str) -> None:
    bad = {f"_0_1_0_{name}": value for name, value in {"op": "eq", **fields}.items()}
    root = sent(_0_join="none", _0_0_name="status", _0_0_op="eq", _0_0_value="active", _0_1_join="any", **bad)
    assert mark_faults(root) is True
    fine, group = root.inner
    assert isinstance(group, Group)
    [row] = group.inner
    assert (root.faults, fine.faults, group.faults, row.faults) == ([], [], [], [said])
    assert isinstance(row, Row)
    assert row.values in ([], [fields.get("value", "")])


def test_an_empty_group_is_said_at_the_group() -> None:
    root = sent(_0_join="all", _0_0_join="any")
    assert mark_faults(root) is True
    assert root.inner[0].faults == ["Must be a list of at least one rule."]


def test_nothing_said_is_no_rules() -> None:
    assert to_tree(sent(_0_join="any")) is None


def test_another_field_brings_its_own_comparisons() -> None:
    root = sent(_0_join="all", _0_0_name="status", _0_0_op="gte", _0_0_value="5")
    [row] = shown(root, name="rules", id_="id_rules").inner
    assert isinstance(row, ShownRow)
    assert [value for value, _, _ in row.ops] == ["eq", "ne", "in", "nin", "exists"]
    assert [value for value, _, _ in row.options] == ["active", "self_excluded", "bonus_blocked", "banned"]


@pytest.mark.parametrize(
    ("act", "tree"),
    [
        ("rule 0", {"all": [SE, {"any": [RICH]}, leaf("", "eq", "")]}),
        ("rule 0_1", {"all": [SE, {"any": [RICH, leaf("", "eq", "")]}]}),
        ("group 0_1", {"all": [SE, {"any": [RICH, {"any": [leaf("", "eq", "")]}]}]}),
        ("remove 0_0", {"all": [{"any": [RICH]}]}),
        ("remove 0_1", {"all": [SE]}),
        ("remove 0_1_0", {"all": [SE, {"any": []}]}),
        ("remove 0", {"all": [SE, {"any": [RICH]}]}),
        ("rule 0_0", {"all": [SE, {"any": [RICH]}]}),
        ("remove 0_9", {"all": [SE, {"any": [RICH]}]}),
        ("show", {"all": [SE, {"any": [RICH]}]}),
        ("rule 0_x", {"all": [SE, {"any": [RICH]}]}),
    ],
)
def test_buttons_add_and_remove(act: str, tree: dict[str, Any]) -> None:
    root = sent(
        _0_join="all",
        _0_0_name="country",
        _0_0_op="eq",
        _0_0_value="SE",
        _0_1_join="any",
        _0_1_0_name="total_deposited",
        _0_1_0_op="gte",
        _0_1_0_value="100.00",
        rules_act=act,
    )
    assert root.was_altered is True
    assert to_tree(root) == tree


def test_there_is_an_end_to_adding() -> None:
    rows = {f"_0_{number}_name": "country" for number in range(119)}
    root = sent(_0_join="all", rules_act="rule 0", **rows)
    assert len(root.inner) == 119
    assert root.faults == ["There is no more room here. Longer or deeper rules are written as JSON."]


def test_nonsense_is_left_out() -> None:
    nonsense = {"rules-0_5_1-name": "country", "rules-7-name": "country", "rules-0_-name": "x", "rules-0_²-name": "x"}
    data = QueryDict(mutable=True)
    data.update({"rules-0-join": "none of your business", **nonsense})
    assert from_posted(data, "rules") == Group("all")


def test_amounts_are_shown_as_they_are_typed() -> None:
    root = from_tree(leaf("total_deposited", "in", [10_000, 5]))
    [row] = shown(root, name="rules", id_="id_rules").inner
    assert isinstance(row, ShownRow)
    assert row.value == "100.00\n0.05"
    assert row.hint == (
        "One a line. 10.00 is €10.00, and for players in other currencies JP¥1,000 or KWD\N{NO-BREAK SPACE}1.000"
    )
    assert to_tree(root) == {"all": [leaf("total_deposited", "in", [10_000, 5])]}


def test_each_wrong_amount_of_a_list_is_said() -> None:
    root = sent(_0_join="all", _0_0_name="net_loss", _0_0_op="in", _0_0_value="1.50\na\n1.505\na")
    assert mark_faults(root) is True
    assert root.inner[0].faults == [
        "'a' is not an amount; write it like 1234.50.",
        "EUR has 2 decimals, and 1.505 has more.",
    ]
