from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonuses.money import MAX_MINOR
from bonuses.terms import (
    DepositAmountRequired,
    NotEligible,
    Terms,
    amount,
    wagering_required,
    window,
    winnings_required,
)
from bonuses.tests.factories import CONFIGS as GOOD

deposits = st.integers(1, MAX_MINOR)
percents = st.integers(1, 1000) | st.floats(0.01, 1000, allow_nan=False).map(lambda x: round(x, 4))
multipliers = st.decimals(0, 100, places=2)


def terms_of(type_: str, *, config: dict[str, Any] | None = None, **fields: Any) -> Terms:
    return Terms(type=type_, config={**GOOD[type_], **(config or {})}, **fields)


def match(percent: float, cap: int) -> Terms:
    return terms_of("deposit_match", config={"match_percent": percent, "cap_amount": cap})


@pytest.mark.parametrize("type_", ["deposit_match", "reload"])
@pytest.mark.parametrize(
    ("percent", "cap", "deposit", "given_"),
    [
        (100, 20000, 10000, 10000),
        (100, 20000, 20000, 20000),
        (100, 20000, 20001, 20000),
        (50, 20000, 9999, 4999),
        (12.5, 20000, 799, 99),
        (12.5, 20000, 800, 100),
        (33.3, 20000, 1000, 333),
        (0.1, 20000, 1000, 1),
        (250, 20000, 10000, 20000),
        (1000000, MAX_MINOR, MAX_MINOR, MAX_MINOR),
    ],
)
def test_a_match_of_the_deposit(type_: str, percent: float, cap: int, deposit: int, given_: int) -> None:
    terms = terms_of(type_, config={"match_percent": percent, "cap_amount": cap})
    assert amount(terms, deposit=deposit, loss=None) == given_


@given(deposits, percents, st.integers(1, MAX_MINOR))
def test_a_match_is_exact_before_it_is_rounded_down(deposit: int, percent: float, cap: int) -> None:
    exact = Fraction(deposit) * Fraction(str(percent)) / 100
    if (expected := min(exact.__floor__(), cap)) == 0:
        with pytest.raises(NotEligible):
            amount(match(percent, cap), deposit=deposit, loss=None)
    else:
        assert amount(match(percent, cap), deposit=deposit, loss=None) == expected


def test_a_match_needs_a_deposit() -> None:
    with pytest.raises(DepositAmountRequired) as refused:
        amount(match(100, 20000), deposit=None, loss=5000)
    assert refused.value.code == "BONUS_DEPOSIT_AMOUNT_REQUIRED"
    assert refused.value.details == {"deposit_amount": "This field is required."}


def test_a_match_of_next_to_nothing_is_nothing() -> None:
    with pytest.raises(NotEligible) as refused:
        amount(match(50, 20000), deposit=1, loss=None)
    assert refused.value.code == "BONUS_NOT_ELIGIBLE"


@pytest.mark.parametrize("type_", ["no_deposit", "risk_free_bet"])
def test_a_fixed_amount(type_: str) -> None:
    assert amount(terms_of(type_, config={"amount": 1500}), deposit=None, loss=None) == 1500
    assert amount(terms_of(type_, config={"amount": 1500}), deposit=99, loss=99) == 1500


@pytest.mark.parametrize(
    ("config", "loss", "given_"),
    [
        ({}, 1000, 100),
        ({}, 10009, 1000),
        ({}, 50000, 5000),
        ({}, 50011, 5000),
        ({"cap_amount": None}, 1_000_000, 100_000),
        ({"percent": 12.5}, 1007, 125),
        ({"min_loss": 0}, 10, 1),
    ],
)
def test_cashback(config: dict[str, Any], loss: int, given_: int) -> None:
    assert amount(terms_of("cashback", config=config), deposit=None, loss=loss) == given_


def test_cashback_without_a_cap() -> None:
    config = {key: value for key, value in GOOD["cashback"].items() if key != "cap_amount"}
    assert amount(Terms(type="cashback", config=config), deposit=None, loss=1_000_000) == 100_000


@pytest.mark.parametrize("loss", [999, 0, -5000, None])
def test_cashback_below_the_minimum_loss(loss: int | None) -> None:
    with pytest.raises(NotEligible):
        amount(terms_of("cashback"), deposit=None, loss=loss)


@pytest.mark.parametrize("loss", [9, 0, -1, -5000, None])
def test_cashback_that_comes_to_nothing(loss: int | None) -> None:
    with pytest.raises(NotEligible):
        amount(terms_of("cashback", config={"min_loss": 0}), deposit=None, loss=loss)


def test_free_spins_at_face_value() -> None:
    assert amount(terms_of("free_spins"), deposit=None, loss=None) == 200


def test_free_spins_that_became_too_many_to_count() -> None:
    terms = terms_of("free_spins", config={"count": 2, "value_per_spin": MAX_MINOR})
    with pytest.raises(NotEligible):
        amount(terms, deposit=None, loss=None)


@pytest.mark.parametrize(
    ("basis", "multiplier", "required"),
    [
        ("bonus", "30", 300_000),
        ("deposit", "30", 600_000),
        ("bonus_plus_deposit", "30", 900_000),
        ("bonus", "0", 0),
        ("bonus", "0.01", 100),
        ("bonus_plus_deposit", "12.25", 367_500),
    ],
)
def test_wagering_required(basis: str, multiplier: str, required: int) -> None:
    terms = terms_of("deposit_match", wagering_basis=basis, wagering_requirement_multiplier=Decimal(multiplier))
    assert wagering_required(terms, amount=10_000, deposit=20_000) == required


def test_wagering_required_is_rounded_up() -> None:
    terms = terms_of("no_deposit", wagering_requirement_multiplier=Decimal("0.01"))
    assert [wagering_required(terms, amount=given_, deposit=None) for given_ in (1, 100, 101)] == [1, 1, 2]


@given(deposits, multipliers)
def test_wagering_required_is_the_next_integer(given_: int, multiplier: Decimal) -> None:
    terms = terms_of("no_deposit", wagering_requirement_multiplier=multiplier)
    exact = given_ * Fraction(multiplier)
    if exact > MAX_MINOR:
        with pytest.raises(NotEligible):
            wagering_required(terms, amount=given_, deposit=None)
    else:
        assert exact <= wagering_required(terms, amount=given_, deposit=None) < exact + 1


def test_a_deposit_basis_needs_a_deposit() -> None:
    terms = terms_of("reload", wagering_basis="deposit", wagering_requirement_multiplier=Decimal(30))
    with pytest.raises(DepositAmountRequired):
        wagering_required(terms, amount=1000, deposit=None)


@pytest.mark.parametrize("basis", ["bonus", "winnings"])
def test_free_spins_are_wagered_by_their_winnings(basis: str) -> None:
    terms = terms_of("free_spins", wagering_basis=basis, wagering_requirement_multiplier=Decimal("12.5"))
    assert wagering_required(terms, amount=200, deposit=None) == 0
    assert [winnings_required(terms, winnings) for winnings in (0, 1, 333)] == [0, 13, 4163]
    assert winnings_required(terms, MAX_MINOR) == MAX_MINOR


@pytest.mark.parametrize(
    ("at", "start"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1970, 1, 7, 23, 59, 59, tzinfo=UTC), 0),
        (datetime(1970, 1, 8, tzinfo=UTC), 7),
        (datetime(2026, 10, 6, 12, tzinfo=UTC), 20727),
        (datetime(1970, 1, 8, 1, tzinfo=timezone(timedelta(hours=2))), 0),
    ],
)
def test_window_of_a_cashback(at: datetime, start: int) -> None:
    assert window(terms_of("cashback"), at) == start


@given(st.integers(1, 400), st.integers(0, 4 * 10**9))
def test_a_window_holds_its_moment(days: int, seconds: int) -> None:
    at = datetime.fromtimestamp(seconds, tz=UTC)
    start = window(terms_of("cashback", config={"window_days": days}), at)
    began = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=start)
    assert start % days == 0
    assert began <= at < began + timedelta(days=days)


def test_other_types_have_one_window() -> None:
    assert {window(terms_of(type_), datetime(2026, 10, 6, tzinfo=UTC)) for type_ in GOOD if type_ != "cashback"} == {0}
