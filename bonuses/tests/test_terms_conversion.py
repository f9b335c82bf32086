from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonuses.money import MAX_MINOR, convert
from bonuses.terms import NotEligible, Terms, converted
from bonuses.tests.factories import CONFIGS as GOOD


def terms_of(type_: str, *, config: dict[str, Any] | None = None, **fields: Any) -> Terms:
    return Terms(type=type_, config={**GOOD[type_], **(config or {})}, **fields)


def test_conversion_of_all_amounts() -> None:
    terms = terms_of("deposit_match", max_bet_during_wagering=500, max_win_cap=100_001)
    turned = converted(terms, currency="USD", rate=Decimal("1.1269"))
    assert turned.config == {"match_percent": 100, "cap_amount": 22538, "currency": "USD"}
    assert (turned.max_bet_during_wagering, turned.max_win_cap) == (563, 112_691)
    assert turned.currency == "USD"
    assert (terms.config, terms.max_bet_during_wagering) == (GOOD["deposit_match"], 500)


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("deposit_match", {"match_percent": 100, "cap_amount": 35630}),
        ("reload", {"match_percent": 50, "cap_amount": 17815}),
        ("no_deposit", {"amount": 1782}),
        ("risk_free_bet", {"amount": 891}),
        ("cashback", {"percent": 10, "window_days": 7, "min_loss": 1782, "cap_amount": 8908}),
        ("free_spins", {"count": 20, "value_per_spin": 18, "eligible_games": ["book-of-tests"]}),
    ],
)
def test_conversion_to_the_yen(type_: str, expected: dict[str, Any]) -> None:
    turned = converted(terms_of(type_), currency="JPY", rate=Decimal("178.15"))
    assert turned.config == {**expected, "currency": "JPY"}


def test_conversion_rounds_half_even() -> None:
    for minor, expected in ((1, 2), (3, 4), (5, 8)):
        turned = converted(terms_of("no_deposit", config={"amount": minor}), currency="USD", rate=Decimal("1.5"))
        assert turned.config["amount"] == expected


def test_what_was_not_limited_stays_so() -> None:
    terms = terms_of("cashback", config={"min_loss": 0, "cap_amount": None})
    turned = converted(terms, currency="USD", rate=Decimal("1.1"))
    assert turned.config == {**terms.config, "currency": "USD"}
    assert (turned.max_bet_during_wagering, turned.max_win_cap) == (None, None)


def test_the_same_currency_is_not_converted() -> None:
    terms = terms_of("no_deposit", config={"amount": 333})
    assert converted(terms, currency="EUR", rate=Decimal(1)) is terms


@pytest.mark.parametrize(
    ("type_", "fields", "path"),
    [
        ("deposit_match", {"config": {"cap_amount": 50}}, "config.cap_amount"),
        ("no_deposit", {"config": {"amount": 50}}, "config.amount"),
        ("cashback", {"config": {"min_loss": 50}}, "config.min_loss"),
        ("cashback", {"config": {"cap_amount": 50}}, "config.cap_amount"),
        ("free_spins", {"config": {"value_per_spin": 50}}, "config.value_per_spin"),
        ("no_deposit", {"max_bet_during_wagering": 50}, "max_bet_during_wagering"),
        ("no_deposit", {"max_win_cap": 50}, "max_win_cap"),
    ],
)
def test_an_amount_that_vanishes_is_refused(type_: str, fields: dict[str, Any], path: str) -> None:
    config = {key: value * 1000 if key == "value_per_spin" else value for key, value in GOOD[type_].items()}
    terms = terms_of(type_, **{**fields, "config": {**config, **fields.get("config", {})}})
    with pytest.raises(NotEligible) as refused:
        converted(terms, currency="JPY", rate=Decimal(1))
    assert refused.value.details == {"field": path, "currency": "JPY"}


def test_an_amount_that_grows_beyond_counting_is_refused() -> None:
    with pytest.raises(NotEligible) as refused:
        converted(terms_of("no_deposit", config={"amount": MAX_MINOR}), currency="USD", rate=Decimal("1.1"))
    assert refused.value.details == {"field": "config.amount", "currency": "USD"}


@given(st.integers(1, MAX_MINOR), st.decimals("0.0001", "10000", places=12))
def test_conversion_agrees_with_money(minor: int, rate: Decimal) -> None:
    terms = terms_of("no_deposit", config={"amount": minor})
    try:
        turned = converted(terms, currency="KWD", rate=rate)
    except NotEligible:
        return
    assert turned.config["amount"] == convert(minor, rate=rate, from_currency="EUR", to_currency="KWD") > 0
