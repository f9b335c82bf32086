"""Minor units: integers that never stand without their currency. Pure.

Arithmetic is exact until its one rounding, and uses the catalogue's exponents; only `display` asks another library.
"""

import re
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal

from babel.numbers import format_decimal, get_currency_symbol

from integrations.currencies import CATALOGUE, exponent
from integrations.errors import DomainError

MAX_MINOR = 2**53 - 1
"""The largest integer that every JSON reader keeps exact."""

_LOCALE = "en_GB"
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
# Digits enough for the product of any amount and any rate, so that nothing is rounded twice.
_EXACT = Context(prec=200, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX)


class AmountInvalid(DomainError):
    """An amount that is not a number, has more decimals than its currency, or is too large to be kept exact."""

    code = "VALIDATION_ERROR"


def to_major(minor: int, currency: str) -> Decimal:
    """With exactly the currency's decimals: 2000 EUR cents are `Decimal("20.00")`."""
    return Decimal(minor).scaleb(-exponent(currency), _EXACT)


def major_number(minor: int, currency: str) -> float:
    """For JSON that wants a number; amounts of up to 15 digits read back as they were."""
    return float(to_major(minor, currency))


def from_major(major: str | Decimal, currency: str) -> int:
    """Minor units of what a person or a file wrote in major units.

    Written digits count: "20.000" EUR is refused, as it may have meant twenty thousand. A Decimal counts by value.
    """
    if isinstance(major, str):
        if _PLAIN_NUMBER.fullmatch(major) is None:
            raise AmountInvalid(f"{major[:50]!r} is not an amount; write it like 1234.50.")
        number = Decimal(major)
        decimals = len(major.partition(".")[2])
    else:
        if not major.is_finite():
            raise AmountInvalid("An amount must be a finite number.")
        number = major
        decimals = 0 if _is_whole(_shifted(number, exponent(currency))) else exponent(currency) + 1
    if decimals > exponent(currency):
        raise AmountInvalid(f"{currency} has {exponent(currency)} decimals, and {major} has more.")
    return _kept_exact(_shifted(number, exponent(currency)), currency)


def convert(minor: int, *, rate: Decimal, from_currency: str, to_currency: str) -> int:
    """Minor units of `to_currency`, rounded half-even once; `rate` is one major unit of `from_currency` in the other.

    Raises `AmountInvalid` when the result is too large to be kept exact.
    """
    if not rate.is_finite() or rate <= 0:
        raise ValueError(f"{rate} is not an exchange rate.")
    shift = exponent(to_currency) - exponent(from_currency)
    return _kept_exact(_shifted(_EXACT.multiply(Decimal(minor), rate), shift), to_currency)


def display(minor: int, currency: str) -> str:
    """For people: `€1,234.50`, `US$5.00`, `CLF 1.2345`, `₿0.00000001`."""
    entry = CATALOGUE[currency]
    symbol = entry.symbol if entry.kind == "crypto" else get_currency_symbol(currency, locale=_LOCALE)
    pattern = "#,##0" + ("." + "0" * entry.exponent if entry.exponent else "")
    number = format_decimal(abs(to_major(minor, currency)), format=pattern, locale=_LOCALE)
    gap = "\N{NO-BREAK SPACE}" if symbol[-1].isalpha() and symbol.isascii() else ""
    return f"{'-' if minor < 0 else ''}{symbol}{gap}{number}"


def _shifted(number: Decimal, places: int) -> Decimal:
    return number.scaleb(places, _EXACT)


def _is_whole(number: Decimal) -> bool:
    return number == number.to_integral_value()


def _kept_exact(number: Decimal, currency: str) -> int:
    # The size is looked at first: rounding 1e999999 to an integer would write out a million digits.
    if number.copy_abs() >= MAX_MINOR + 1 or abs(minor := int(number.to_integral_value(ROUND_HALF_EVEN))) > MAX_MINOR:
        raise AmountInvalid(f"The amount is too large; at most {to_major(MAX_MINOR, currency):f} in {currency}.")
    return minor
