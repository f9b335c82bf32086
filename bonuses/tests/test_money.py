from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonuses.money import MAX_MINOR, AmountInvalid, convert, display, from_major, major_number, to_major
from integrations.currencies import CATALOGUE, exponent

currencies = st.sampled_from(sorted(CATALOGUE))
minors = st.integers(-MAX_MINOR, MAX_MINOR)
rates = st.decimals("0.000000000001", "9999999999999999", places=12)


@pytest.mark.parametrize(
    ("minor", "currency", "major"),
    [
        (2000, "EUR", "20.00"),
        (1, "EUR", "0.01"),
        (-5, "EUR", "-0.05"),
        (2000, "JPY", "2000"),
        (1234, "KWD", "1.234"),
        (12345, "CLF", "1.2345"),
        (1, "USDT", "0.000001"),
        (MAX_MINOR, "BTC", "90071992.54740991"),
        (0, "EUR", "0.00"),
    ],
)
def test_to_major(minor: int, currency: str, major: str) -> None:
    assert f"{to_major(minor, currency):f}" == major


def test_major_number_is_a_json_number() -> None:
    assert major_number(2000, "EUR") == 20.0
    assert isinstance(major_number(2000, "JPY"), float)


@pytest.mark.parametrize(
    ("major", "currency", "minor"),
    [
        ("20", "EUR", 2000),
        ("20.5", "EUR", 2050),
        ("-0.01", "EUR", -1),
        ("2000", "JPY", 2000),
        ("0.00000001", "BTC", 1),
        ("90071992547409.91", "EUR", MAX_MINOR),
        (Decimal(20), "EUR", 2000),
        (Decimal("20.5000"), "EUR", 2050),
        (Decimal("2E+3"), "JPY", 2000),
    ],
)
def test_from_major(major: str | Decimal, currency: str, minor: int) -> None:
    assert from_major(major, currency) == minor


@pytest.mark.parametrize(
    ("major", "currency"),
    [
        ("20.001", "EUR"),
        ("20.000", "EUR"),
        ("1.0", "JPY"),
        ("0.000000001", "BTC"),
        (Decimal("20.001"), "EUR"),
        (Decimal("1E-999999"), "EUR"),
        ("", "EUR"),
        ("1e3", "EUR"),
        ("1,5", "EUR"),
        ("1_000", "EUR"),
        (" 1", "EUR"),
        ("+1", "EUR"),
        (".5", "EUR"),
        ("5.", "EUR"),
        ("٣", "EUR"),
        ("NaN", "EUR"),
        (Decimal("NaN"), "EUR"),
        (Decimal("Infinity"), "EUR"),
        ("90071992547409.92", "EUR"),
        (Decimal("1E+999999"), "EUR"),
        ("9" * 41, "EUR"),
    ],
)
def test_what_is_no_amount_is_refused(major: str | Decimal, currency: str) -> None:
    with pytest.raises(AmountInvalid) as refused:
        from_major(major, currency)
    assert refused.value.code == "VALIDATION_ERROR"


def test_what_is_too_much_is_said_as_it_is_written() -> None:
    with pytest.raises(AmountInvalid, match=r"^The amount is too large; at most 900719925474\.0991 in CLF\.$"):
        from_major("900719925474.1", "CLF")


@pytest.mark.parametrize(
    ("minor", "rate", "from_currency", "to_currency", "result"),
    [
        (10000, "1.1269", "EUR", "USD", 11269),
        (1, "0.5", "EUR", "USD", 0),
        (3, "0.5", "EUR", "USD", 2),
        (5, "0.5", "EUR", "USD", 2),
        (7, "0.5", "EUR", "USD", 4),
        (-3, "0.5", "EUR", "USD", -2),
        (100, "178.15", "EUR", "JPY", 178),
        (100, "178.5", "EUR", "JPY", 178),
        (100, "179.5", "EUR", "JPY", 180),
        (178, "0.005613247264", "JPY", "EUR", 100),
        (100, "0.3456", "EUR", "KWD", 346),
        (100_000_000, "95123.123456789012", "BTC", "EUR", 9512312),
        (1000, "0.000010512", "EUR", "BTC", 10512),
        (0, "1.5", "EUR", "USD", 0),
    ],
)
def test_convert_rounds_half_even(minor: int, rate: str, from_currency: str, to_currency: str, result: int) -> None:
    assert convert(minor, rate=Decimal(rate), from_currency=from_currency, to_currency=to_currency) == result


def test_a_result_that_json_can_not_keep_is_refused() -> None:
    assert convert(MAX_MINOR, rate=Decimal(1), from_currency="EUR", to_currency="USD") == MAX_MINOR
    with pytest.raises(AmountInvalid):
        convert(MAX_MINOR, rate=Decimal("1.000000000001"), from_currency="EUR", to_currency="USD")


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity"])
def test_what_is_no_rate_is_a_programming_error(rate: str) -> None:
    with pytest.raises(ValueError, match="not an exchange rate"):
        convert(1, rate=Decimal(rate), from_currency="EUR", to_currency="USD")


@given(minors, rates, currencies, currencies)
def test_convert_is_the_nearest_even_integer_of_the_exact_product(
    minor: int, rate: Decimal, source: str, target: str
) -> None:
    exact = Fraction(minor) * Fraction(rate) * Fraction(10) ** (exponent(target) - exponent(source))
    nearest = round(exact)  # Python rounds a Fraction half to even, with integers only.
    if abs(nearest) > MAX_MINOR:
        with pytest.raises(AmountInvalid):
            convert(minor, rate=rate, from_currency=source, to_currency=target)
    else:
        assert convert(minor, rate=rate, from_currency=source, to_currency=target) == nearest


@given(minors, currencies)
def test_a_currency_into_itself_changes_nothing(minor: int, currency: str) -> None:
    assert convert(minor, rate=Decimal(1), from_currency=currency, to_currency=currency) == minor


@given(minors, currencies)
def test_major_and_back(minor: int, currency: str) -> None:
    assert from_major(to_major(minor, currency), currency) == minor
    assert from_major(f"{to_major(minor, currency):f}", currency) == minor


@given(st.integers(-(10**15) + 1, 10**15 - 1), currencies)
def test_fifteen_digits_survive_as_a_json_number(minor: int, currency: str) -> None:
    assert round(Fraction(str(major_number(minor, currency))) * 10 ** exponent(currency)) == minor


@given(minors, currencies)
def test_display_shows_every_digit(minor: int, currency: str) -> None:
    digits = "".join(char for char in display(minor, currency) if char.isdigit())
    assert int(digits) == abs(minor)
    assert display(minor, currency).startswith("-") == (minor < 0)


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (123450, "EUR", "€1,234.50"),
        (500, "USD", "US$5.00"),
        (-500, "GBP", "-£5.00"),
        (5000, "JPY", "JP¥5,000"),
        (12345, "CLF", "CLF\N{NO-BREAK SPACE}1.2345"),
        (5, "CHF", "CHF\N{NO-BREAK SPACE}0.05"),
        (1, "BTC", "₿0.00000001"),
        (MAX_MINOR, "ETH", "Ξ90,071,992.54740991"),
    ],
)
def test_display(minor: int, currency: str, shown: str) -> None:
    assert display(minor, currency) == shown
