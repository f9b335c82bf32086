"""Which players rules choose: a plain reading of the same tree in Python says the same, on every database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from operator import ge, gt, le, lt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from bonuses.models import Player
from bonuses.tests.factories import PlayerFactory
from campaigns.models import Segment, SegmentMember
from campaigns.rules import parse
from campaigns.segments import players_of, players_that

pytestmark = pytest.mark.django_db

NOON = datetime(2025, 1, 31, 12, tzinfo=UTC)
KEYS = ["x", "a.b", "0", 'qu"ote', "é %s {} \\", "absent"]
VALUES: list[Any] = [
    *(0, 1, -1, 2, 10, 9, 0.1, 1.5, 1e-7, 2**53 - 1, -0.0, 1.0),
    *("", "1", "10", "9", "a", "A", "Z", "é", "z", "aé", "true", "%", "_", "a%b", "\\", "😀", "\uffff"),
    *(True, False),
]
ODD: list[Any] = [None, [], {}, [1, "a"], ["A", True, None], [[1]], {"a": 1}, ["10"], [1.0, "%"], [0], [{"x": 1}]]
ORDERS: dict[str, Callable[[Any, Any], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
AMOUNTS = [-5, 0, 1, 9, 10, 100, 2**53 - 1]
TEXTS = ["a", "A", "a%b", "é", "É", "b_", "player-1", ""]


def sample() -> list[Player]:
    """Each value under some key, in every mixture with the columns that its place in the list makes of them."""
    players = [
        Player(
            external_id=f"{TEXTS[n % 7]}-{n}",
            currency=["EUR", "USD", "BTC"][n % 3],
            origin=TEXTS[n % 7],
            status=["active", "banned", "self_excluded", "bonus_blocked"][n % 4],
            country=["", "DE", "AT"][n % 3],
            total_deposited=max(0, AMOUNTS[n % 7]),
            net_loss=AMOUNTS[(n * 3) % 7],
            attributes={KEYS[n % 5]: value, **({"x": VALUES[(n * 7) % len(VALUES)]} if n % 2 else {})},
        )
        for n, value in enumerate([*VALUES, *ODD] * 2)
    ]
    Player.objects.bulk_create(players)
    for n, player in enumerate(players):
        player.created_at = NOON + timedelta(days=n % 5, microseconds=n % 2)
    Player.objects.bulk_update(players, ["created_at"])
    return list(Player.objects.all())


def kind(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def same(one: Any, other: Any) -> bool:
    return kind(one) == kind(other) and one == other


def has(value: Any, sought: Any) -> bool:
    if isinstance(value, list):
        return any(same(each, sought) for each in value)
    return isinstance(value, str) and isinstance(sought, str) and sought in value


def value_of(player: Player, field: str) -> Any:
    """None: there is none."""
    if field.startswith("attributes."):
        return player.attributes.get(field.removeprefix("attributes."))
    value = getattr(player, field)
    return None if field == "country" and value == "" else value


def typed(field: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if field == "created_at" else value


def holds(tree: Any, player: Player) -> bool:
    """The rules as one reads them, without the code under test."""
    if "all" in tree:
        return all(holds(each, player) for each in tree["all"])
    if "any" in tree:
        return any(holds(each, player) for each in tree["any"])
    if "not" in tree:
        return not holds(tree["not"], player)
    return leaf_holds(tree["field"], tree["op"], tree["value"], value_of(player, tree["field"]))


def leaf_holds(field: str, op: str, sought: Any, value: Any) -> bool:
    if op in {"ne", "nin"}:
        return not leaf_holds(field, op.replace("ne", "eq").replace("nin", "in"), sought, value)
    if op in {"eq", "in"}:
        return any(same(value, typed(field, each)) for each in (sought if op == "in" else [sought]))
    if op == "exists":
        return (value is not None) is sought
    if op == "contains":
        return has(value, sought)
    sought = typed(field, sought)
    return kind(value) == kind(sought) and ORDERS[op](value, sought)


def chosen(tree: Any) -> list[str]:
    return sorted(players_that(parse(tree)).values_list("external_id", flat=True))


def leaves_of(field: str, values: st.SearchStrategy[Any], *ops: str) -> st.SearchStrategy[Any]:
    lists = st.lists(values, min_size=1, max_size=3) | st.lists(values, min_size=9, max_size=12)
    by_op = {"in": lists, "nin": lists, "exists": st.booleans()}
    some = ("eq", "ne", "in", "nin", "exists", *ops)
    return st.sampled_from(some).flatmap(
        lambda op: st.fixed_dictionaries({"field": st.just(field), "op": st.just(op), "value": by_op.get(op, values)})
    )


def attributes() -> st.SearchStrategy[Any]:
    keys = st.sampled_from([f"attributes.{key}" for key in KEYS])
    comparable = st.sampled_from([value for value in VALUES if not isinstance(value, bool)])
    orders = st.fixed_dictionaries({"field": keys, "op": st.sampled_from([*ORDERS]), "value": comparable})
    return keys.flatmap(lambda key: leaves_of(key, st.sampled_from(VALUES), "contains")) | orders


TIMES = st.sampled_from([(NOON + timedelta(days=n, microseconds=m)).isoformat() for n in range(3) for m in range(2)])
LEAVES = (
    attributes()
    | leaves_of("external_id", st.sampled_from(TEXTS), "contains")
    | leaves_of("origin", st.sampled_from(TEXTS), "contains")
    | leaves_of("currency", st.sampled_from(["EUR", "BTC", "JPY"]))
    | leaves_of("status", st.sampled_from(["active", "banned"]))
    | leaves_of("country", st.sampled_from(["DE", "FR"]))
    | leaves_of("total_deposited", st.sampled_from(AMOUNTS), *ORDERS)
    | leaves_of("net_loss", st.sampled_from(AMOUNTS), *ORDERS)
    | leaves_of("created_at", TIMES, *ORDERS)
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=5,
)


@pytest.mark.parametrize("trees", [attributes(), TREES], ids=["attributes", "trees"])
def test_the_database_and_plain_python_agree(trees: st.SearchStrategy[Any]) -> None:
    players = sample()

    @settings(max_examples=250, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(trees)
    def agree(tree: Any) -> None:
        assert chosen(tree) == sorted(player.external_id for player in players if holds(tree, player))

    agree()


@pytest.mark.parametrize("op", ["eq", "contains", "gt", "lte"])
def test_every_kind_of_value_against_every_other(op: str) -> None:
    players = sample()
    values = [value for value in VALUES if op not in ORDERS or not isinstance(value, bool)]
    for tree in ({"field": "attributes.x", "op": op, "value": value} for value in values):
        for whole in (tree, {"not": tree}):
            assert chosen(whole) == sorted(player.external_id for player in players if holds(whole, player)), whole


def test_absent_and_null_are_the_same_and_only_the_opposites_hold() -> None:
    PlayerFactory(external_id="absent")
    PlayerFactory(external_id="null", attributes={"tier": None})
    PlayerFactory(external_id="gold", attributes={"tier": "gold"})
    PlayerFactory(external_id="tin", attributes={"tier": "tin"})
    tier = {"field": "attributes.tier", "op": "eq", "value": "gold"}
    assert chosen(tier) == ["gold"]
    assert chosen({**tier, "op": "ne"}) == chosen({"not": tier}) == ["absent", "null", "tin"]
    assert chosen({**tier, "op": "nin", "value": ["gold", "tin"]}) == ["absent", "null"]
    assert chosen({**tier, "op": "lte"}) == ["gold"]
    assert chosen({"not": {**tier, "op": "gt"}}) == ["absent", "gold", "null"]
    assert chosen({**tier, "op": "exists", "value": True}) == ["gold", "tin"]
    assert chosen({**tier, "op": "exists", "value": False}) == ["absent", "null"]


def test_no_country_is_no_value() -> None:
    PlayerFactory(external_id="none")
    PlayerFactory(external_id="de", country="DE")
    country = {"field": "country", "op": "ne", "value": "AT"}
    assert chosen(country) == ["de", "none"]
    assert chosen({"field": "country", "op": "exists", "value": False}) == ["none"]


def test_numbers_are_compared_as_numbers() -> None:
    for value in (9, 10, 10.5, "10", True):
        PlayerFactory(external_id=repr(value), attributes={"level": value})
    level = {"field": "attributes.level", "op": "gt", "value": 9}
    assert chosen(level) == ["10", "10.5"]
    assert chosen({**level, "op": "eq", "value": 10.0}) == ["10"]
    assert chosen({**level, "op": "eq", "value": 1}) == []


def test_a_segment_of_rules_is_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    player = PlayerFactory(total_deposited=5, attributes={"vip": True})
    PlayerFactory()
    rules = {
        "all": [
            {"field": "total_deposited", "op": "gt", "value": 0},
            {"not": {"field": "attributes.vip", "op": "ne", "value": True}},
        ]
    }
    segment = Segment.objects.create(name="VIP", kind="rules", rules=rules)
    with django_assert_num_queries(1):
        assert list(players_of(segment)) == [player]


def test_a_fixed_list_is_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    segment, other = (Segment.objects.create(name=name, kind="list") for name in "ab")
    player, not_mine = PlayerFactory(), PlayerFactory()
    SegmentMember.objects.create(segment=segment, player=player)
    SegmentMember.objects.create(segment=other, player=not_mine)
    with django_assert_num_queries(1):
        assert list(players_of(segment)) == [player]
