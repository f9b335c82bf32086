import copy
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonuses.models.template import BonusType
from bonuses.money import MAX_MINOR
from bonuses.terms import CONFIGS, ConfigInvalid, RulesInvalid, check_config, check_rules
from bonuses.tests.factories import CONFIGS as GOOD

WELCOME: dict[str, Any] = {
    "type": "deposit_match",
    "config": {"match_percent": 100, "cap_amount": 20000, "currency": "EUR"},
    "wagering_requirement_multiplier": 30,
    "wagering_basis": "bonus_plus_deposit",
    "game_contribution": {"slots": 100, "table": 10, "live": 5, "default": 0},
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def rules(**changes: Any) -> dict[str, Any]:
    return {"type": "deposit_match", "wagering_basis": "bonus", "multiplier": 30, "game_contribution": {}, **changes}


def faults_of(type_: str, config: Any) -> dict[str, str]:
    with pytest.raises(ConfigInvalid) as refused:
        check_config(type_, config)
    assert refused.value.code == "BONUS_CONFIG_INVALID"
    return refused.value.details


def paths_of(type_: str, config: Any) -> set[str]:
    """Of all faults; empty when there is none."""
    try:
        check_config(type_, config)
    except ConfigInvalid as refused:
        return set(refused.details)
    return set()


def rule_faults(**changes: Any) -> dict[str, str]:
    with pytest.raises(RulesInvalid) as refused:
        check_rules(**rules(**changes))
    assert refused.value.code == "VALIDATION_ERROR"
    return refused.value.details


def test_every_type_has_its_config() -> None:
    assert set(CONFIGS) == set(BonusType.values) == set(GOOD)


@pytest.mark.parametrize(("type_", "config"), GOOD.items())
def test_a_good_config_is_left_as_it_was_sent(type_: str, config: dict[str, Any]) -> None:
    sent = copy.deepcopy(config)
    check_config(type_, sent)
    assert sent == config


def test_the_welcome_template() -> None:
    check_config(WELCOME["type"], WELCOME["config"])
    check_rules(
        type=WELCOME["type"],
        wagering_basis=WELCOME["wagering_basis"],
        multiplier=WELCOME["wagering_requirement_multiplier"],
        game_contribution=WELCOME["game_contribution"],
    )


@pytest.mark.parametrize(
    ("type_", "changes"),
    [
        ("deposit_match", {"match_percent": 12.5}),
        ("deposit_match", {"match_percent": 250}),
        ("reload", {"cap_amount": MAX_MINOR}),
        ("no_deposit", {"currency": "BTC"}),
        ("cashback", {"min_loss": 0}),
        ("cashback", {"cap_amount": None}),
        ("cashback", {"percent": 100}),
        ("cashback", {"percent": 0.5}),
        ("free_spins", {"eligible_games": []}),
        ("free_spins", {"count": 1}),
    ],
)
def test_what_a_config_may_say(type_: str, changes: dict[str, Any]) -> None:
    check_config(type_, {**GOOD[type_], **changes})


def test_the_cap_of_a_cashback_may_be_absent() -> None:
    config = dict(GOOD["cashback"])
    del config["cap_amount"]
    check_config("cashback", config)


@pytest.mark.parametrize(("type_", "config"), GOOD.items())
def test_every_other_key_is_required(type_: str, config: dict[str, Any]) -> None:
    required = {key for key in config if (type_, key) != ("cashback", "cap_amount")}
    assert faults_of(type_, {}) == {f"config.{key}": "This field is required." for key in required}


@pytest.mark.parametrize("config", [None, [], "x", 1, True])
def test_a_config_is_an_object(config: Any) -> None:
    assert faults_of("no_deposit", config) == {"config": "Must be an object."}


def test_all_faults_are_told_at_once() -> None:
    config = {"match_percent": "100", "cap_amount": 0, "currency": "eur", "cap": 1}
    assert faults_of("deposit_match", config) == {
        "config.match_percent": "Must be a valid number.",
        "config.cap_amount": "Must be greater than 0.",
        "config.currency": "Not a currency code we know, such as EUR.",
        "config.cap": "Unknown field.",
    }


@pytest.mark.parametrize("value", [True, False, 0, -1, 1.0, 0.5, "1", None, [], {}, MAX_MINOR + 1, 10**400])
def test_an_amount_is_a_whole_number_of_minor_units(value: Any) -> None:
    for type_, key in (
        ("deposit_match", "cap_amount"),
        ("reload", "cap_amount"),
        ("no_deposit", "amount"),
        ("risk_free_bet", "amount"),
        ("free_spins", "value_per_spin"),
    ):
        assert set(faults_of(type_, {**GOOD[type_], key: value})) == {f"config.{key}"}


@pytest.mark.parametrize("value", [True, 0, -1, "1", None, float("nan"), float("inf"), 1e300, 10**400, [1]])
def test_a_percentage_is_a_finite_number_above_zero(value: Any) -> None:
    for type_, key in (("deposit_match", "match_percent"), ("reload", "match_percent"), ("cashback", "percent")):
        assert set(faults_of(type_, {**GOOD[type_], key: value})) == {f"config.{key}"}


@pytest.mark.parametrize(
    ("type_", "changes", "path"),
    [
        ("cashback", {"percent": 100.1}, "config.percent"),
        ("cashback", {"min_loss": -1}, "config.min_loss"),
        ("cashback", {"min_loss": True}, "config.min_loss"),
        ("cashback", {"cap_amount": 0}, "config.cap_amount"),
        ("cashback", {"window_days": 0}, "config.window_days"),
        ("cashback", {"window_days": 7.5}, "config.window_days"),
        ("cashback", {"window_days": 10**9}, "config.window_days"),
        ("free_spins", {"count": 0}, "config.count"),
        ("free_spins", {"count": True}, "config.count"),
        ("free_spins", {"eligible_games": "book"}, "config.eligible_games"),
        ("free_spins", {"eligible_games": ["book", 7]}, "config.eligible_games.1"),
        ("free_spins", {"eligible_games": [None]}, "config.eligible_games.0"),
        ("free_spins", {"eligible_games": ["a\x00b"]}, "config.eligible_games.0"),
        ("free_spins", {"eligible_games": ["\ud800"]}, "config.eligible_games.0"),
        ("free_spins", {"eligible_games": None}, "config.eligible_games"),
        ("no_deposit", {"currency": "ZZZ"}, "config.currency"),
        ("no_deposit", {"currency": "XAU"}, "config.currency"),
        ("no_deposit", {"currency": 978}, "config.currency"),
        ("no_deposit", {"match_percent": 100}, "config.match_percent"),
        ("free_spins", {"count": 2, "value_per_spin": MAX_MINOR}, "config"),
    ],
)
def test_what_a_config_may_not_say(type_: str, changes: dict[str, Any], path: str) -> None:
    assert set(faults_of(type_, {**GOOD[type_], **changes})) == {path}


@given(st.sampled_from(sorted(CONFIGS)), json_values)
def test_any_json_is_taken_or_refused(type_: str, config: Any) -> None:
    assert all(re.match(r"config(\.|$)", path) for path in paths_of(type_, config))


@given(st.sampled_from([(type_, key) for type_, config in GOOD.items() for key in config]), json_values)
def test_any_value_is_taken_or_refused_at_its_own_path(field: tuple[str, str], value: Any) -> None:
    type_, key = field
    paths = paths_of(type_, {**GOOD[type_], key: value})
    assert all(re.fullmatch(rf"config\.{key}(\.\d+)?", path) for path in paths)


def test_every_message_is_a_sentence() -> None:
    for type_ in CONFIGS:
        config = {**dict.fromkeys(GOOD[type_], -1), "more": 1}
        assert all(text.endswith(".") and "Input" not in text for text in faults_of(type_, config).values())


@pytest.mark.parametrize(
    ("type_", "basis"),
    [
        *((type_, "bonus") for type_ in GOOD),
        *((type_, basis) for type_ in ("deposit_match", "reload") for basis in ("deposit", "bonus_plus_deposit")),
        ("free_spins", "winnings"),
    ],
)
def test_a_basis_that_fits(type_: str, basis: str) -> None:
    check_rules(**rules(type=type_, wagering_basis=basis))


@pytest.mark.parametrize(
    ("type_", "basis"),
    [
        *((type_, "winnings") for type_ in GOOD if type_ != "free_spins"),
        *(
            (type_, basis)
            for type_ in GOOD
            if type_ not in {"deposit_match", "reload"}
            for basis in ("deposit", "bonus_plus_deposit")
        ),
    ],
)
def test_a_basis_that_the_type_does_not_have(type_: str, basis: str) -> None:
    assert set(rule_faults(type=type_, wagering_basis=basis)) == {"wagering_basis"}


@pytest.mark.parametrize("multiplier", [0, 30, 0.5, 12.25, 30.0, 999_999, Decimal("12.5"), Decimal("30.00")])
def test_a_multiplier(multiplier: Any) -> None:
    check_rules(**rules(multiplier=multiplier))


@pytest.mark.parametrize(
    "multiplier",
    [-1, -0.01, 0.001, 12.345, 0.1 + 0.2, 1_000_000, 10**400, 1e300, True, "30", None, float("nan"), float("inf")],
)
def test_what_is_no_multiplier(multiplier: Any) -> None:
    assert set(rule_faults(multiplier=multiplier)) == {"wagering_requirement_multiplier"}


@pytest.mark.parametrize("contribution", [{}, {"default": 0}, {"slots": 100, "live": 12.5}, {"ігри": 1}])
def test_a_contribution(contribution: Any) -> None:
    check_rules(**rules(game_contribution=contribution))


@pytest.mark.parametrize(
    ("contribution", "path"),
    [
        (None, "game_contribution"),
        ([], "game_contribution"),
        ({"slots": -1}, "game_contribution.slots"),
        ({"slots": 100.5}, "game_contribution.slots"),
        ({"slots": True}, "game_contribution.slots"),
        ({"slots": "100"}, "game_contribution.slots"),
        ({"slots": None}, "game_contribution.slots"),
        ({"slots": float("nan")}, "game_contribution.slots"),
        ({"": 1}, "game_contribution."),
        ({"a\x00": 1}, "game_contribution.a\x00"),
        ({"a" * 101: 1}, "game_contribution." + "a" * 101),
    ],
)
def test_what_is_no_contribution(contribution: Any, path: str) -> None:
    assert set(rule_faults(game_contribution=contribution)) == {path}


def test_faults_of_several_rules_are_told_at_once() -> None:
    faults = rule_faults(wagering_basis="winnings", multiplier=-1, game_contribution={"slots": 101})
    assert set(faults) == {"wagering_basis", "wagering_requirement_multiplier", "game_contribution.slots"}
