from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonuses.money import MAX_MINOR
from bonuses.terms import Terms, bet_progress, is_over_max_bet

bets = st.integers(0, MAX_MINOR)
whole_percents = st.integers(0, 100)
percents = whole_percents | st.floats(0, 100).map(lambda percent: round(percent, 6))


def terms(contribution: dict[str, Any], max_bet: int | None = None) -> Terms:
    return Terms(
        type="no_deposit",
        config={"amount": 1000, "currency": "EUR"},
        game_contribution=contribution,
        max_bet_during_wagering=max_bet,
    )


SEED = {"slots": 100, "table": 10, "live": 5, "default": 0}


@pytest.mark.parametrize(
    ("contribution", "category", "bet", "hundredths"),
    [
        (SEED, "slots", 250, 25_000),
        (SEED, "table", 250, 2_500),
        (SEED, "live", 1, 5),
        (SEED, "bingo", 250, 0),
        (SEED, "default", 250, 0),
        ({"slots": 100, "default": 20}, "bingo", 250, 5_000),
        ({"slots": 100}, "bingo", 250, 0),
        ({"slots": 100}, "Slots", 250, 0),
        ({}, "bingo", 250, 25_000),
        ({}, "", 250, 25_000),
        ({"live": 12.5}, "live", 3, 37),
        ({"live": 33.33}, "live", 100, 3_333),
        ({"live": 0.1}, "live", 30, 3),
        ({"slots": 100}, "slots", 0, 0),
        ({"slots": 100}, "slots", MAX_MINOR, MAX_MINOR * 100),
    ],
)
def test_progress_of_a_bet(contribution: dict[str, Any], category: str, bet: int, hundredths: int) -> None:
    assert bet_progress(terms(contribution), bet_amount=bet, category=category) == hundredths


@given(bets, whole_percents)
def test_whole_percentages_are_exact(bet: int, percent: int) -> None:
    assert bet_progress(terms({"slots": percent}), bet_amount=bet, category="slots") == bet * percent


@given(bets, percents)
def test_the_fraction_of_a_hundredth_is_rounded_down(bet: int, percent: float) -> None:
    progress = bet_progress(terms({"slots": percent}), bet_amount=bet, category="slots")
    assert progress <= bet * Fraction(str(percent)) < progress + 1


@given(st.lists(st.integers(0, 10**9), max_size=20), whole_percents)
def test_many_small_bets_count_like_one_large_one(stakes: list[int], percent: int) -> None:
    rules = terms({"slots": percent})
    one_by_one = sum(bet_progress(rules, bet_amount=stake, category="slots") for stake in stakes)
    assert one_by_one == bet_progress(rules, bet_amount=sum(stakes), category="slots")


@given(bets, percents, percents, st.text(max_size=5))
def test_a_bet_never_counts_more_than_itself(bet: int, slots: float, default: float, category: str) -> None:
    progress = bet_progress(terms({"slots": slots, "default": default}), bet_amount=bet, category=category)
    assert 0 <= progress <= bet * 100


def test_only_a_strictly_larger_bet_is_over_the_maximum() -> None:
    limited = terms({}, max_bet=500)
    assert [is_over_max_bet(limited, bet) for bet in (499, 500, 501)] == [False, False, True]
    assert [bet_progress(limited, bet_amount=bet, category="slots") for bet in (499, 500, 501)] == [49_900, 50_000, 0]


def test_without_a_maximum_no_bet_is_over_it() -> None:
    assert not is_over_max_bet(terms({}), MAX_MINOR)
