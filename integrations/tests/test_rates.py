from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from integrations.models import ExchangeRate
from integrations.rates import RateMissing, newest_age, rate_at

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 3, 10, tzinfo=UTC)
NOON = DAY + timedelta(hours=12)


def quote(base: str, into: str, rate: str, *, at: datetime = DAY) -> None:
    ExchangeRate.objects.create(base=base, quote=into, rate=Decimal(rate), valid_from=at, source="desk")


def test_direct(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    quote("EUR", "USD", "1.1269")
    with django_assert_num_queries(1):
        assert rate_at("EUR", "USD", NOON) == Decimal("1.1269")


def test_inverse_has_twelve_decimals(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    quote("EUR", "USD", "1.1269")
    with django_assert_num_queries(1):
        rate = rate_at("USD", "EUR", NOON)
    assert str(rate) == "0.887390185465"


def test_crossed_over_a_third_currency(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    quote("EUR", "USD", "1.25")
    quote("EUR", "GBP", "0.8")
    with django_assert_num_queries(1):
        assert rate_at("USD", "GBP", NOON) == Decimal("0.64")


@pytest.mark.parametrize(
    "legs",
    [
        (("USD", "EUR", "0.5"), ("EUR", "GBP", "0.8")),
        (("USD", "EUR", "0.5"), ("GBP", "EUR", "1.25")),
        (("EUR", "USD", "2"), ("EUR", "GBP", "0.8")),
        (("EUR", "USD", "2"), ("GBP", "EUR", "1.25")),
    ],
)
def test_crossed_whichever_way_round_its_legs_are_quoted(legs: tuple[tuple[str, str, str], ...]) -> None:
    for leg in legs:
        quote(*leg)
    assert rate_at("USD", "GBP", NOON) == Decimal("0.4")


def test_a_currency_in_itself_is_one_without_a_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert rate_at("EUR", "EUR", NOON) == 1


def test_the_newest_at_or_before_the_time() -> None:
    quote("EUR", "USD", "1.1", at=DAY - timedelta(days=1))
    quote("EUR", "USD", "1.2", at=DAY)
    quote("EUR", "USD", "1.3", at=DAY + timedelta(days=1))
    assert rate_at("EUR", "USD", DAY - timedelta(microseconds=1)) == Decimal("1.1")
    assert rate_at("EUR", "USD", DAY) == Decimal("1.2")
    assert rate_at("EUR", "USD", DAY + timedelta(days=30)) == Decimal("1.3")


def test_a_rate_of_later_does_not_count() -> None:
    quote("EUR", "USD", "1.1", at=NOON)
    with pytest.raises(RateMissing) as refused:
        rate_at("EUR", "USD", NOON - timedelta(seconds=1))
    assert refused.value.code == "EXCHANGE_RATE_MISSING"
    assert refused.value.details == {"base": "EUR", "quote": "USD", "at": "2026-03-10T11:59:59Z"}


def test_of_both_directions_the_newer_counts() -> None:
    quote("EUR", "USD", "1.25", at=DAY - timedelta(days=1))
    quote("USD", "EUR", "0.5", at=DAY)
    assert rate_at("EUR", "USD", NOON) == 2
    assert rate_at("USD", "EUR", NOON) == Decimal("0.5")


def test_of_both_directions_at_one_time_the_direct_one_counts() -> None:
    quote("EUR", "USD", "1.25")
    quote("USD", "EUR", "0.5")
    assert rate_at("EUR", "USD", NOON) == Decimal("1.25")
    assert rate_at("USD", "EUR", NOON) == Decimal("0.5")


def test_the_pair_itself_comes_before_a_fresher_crossing() -> None:
    quote("USD", "GBP", "0.7", at=DAY - timedelta(days=9))
    quote("EUR", "USD", "1.25")
    quote("EUR", "GBP", "0.8")
    assert rate_at("USD", "GBP", NOON) == Decimal("0.7")


def test_of_two_crossings_the_one_with_the_fresher_older_leg_counts() -> None:
    quote("EUR", "USD", "1.25", at=DAY)
    quote("EUR", "GBP", "0.8", at=DAY - timedelta(days=5))
    quote("CHF", "USD", "1", at=DAY - timedelta(days=2))
    quote("CHF", "GBP", "0.9", at=DAY - timedelta(days=1))
    assert rate_at("USD", "GBP", NOON) == Decimal("0.9")


def test_a_crossing_takes_the_newest_of_each_leg() -> None:
    for days, dollars, pounds in ((3, "1", "1"), (2, "1.25", "1"), (1, "1.25", "0.8")):
        quote("EUR", "USD", dollars, at=DAY - timedelta(days=days))
        quote("EUR", "GBP", pounds, at=DAY - timedelta(days=days))
    quote("EUR", "GBP", "9", at=DAY + timedelta(days=1))
    assert rate_at("USD", "GBP", NOON) == Decimal("0.64")


def test_two_currencies_without_a_third_in_common() -> None:
    quote("EUR", "USD", "1.25")
    quote("CHF", "GBP", "0.9")
    with pytest.raises(RateMissing):
        rate_at("USD", "GBP", NOON)


def test_a_rate_too_small_for_twelve_decimals_is_missing() -> None:
    quote("BTC", "VND", "9000000000000000")
    with pytest.raises(RateMissing):
        rate_at("VND", "BTC", NOON)


def test_newest_age() -> None:
    assert newest_age() is None
    quote("EUR", "USD", "1.1", at=DAY)
    quote("EUR", "USD", "1.2", at=DAY + timedelta(days=5))
    with time_machine.travel(DAY + timedelta(hours=3), tick=False):
        assert newest_age() == timedelta(hours=3)
