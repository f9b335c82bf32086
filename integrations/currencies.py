"""The currencies we know and how many decimals each has. Pure, and the only source of exponents for arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import iso4217
from babel.numbers import get_currency_symbol


@dataclass(frozen=True, slots=True)
class Currency:
    """One major unit is `10 ** exponent` minor units."""

    code: str
    kind: Literal["fiat", "crypto"]
    exponent: int
    symbol: str


_CRYPTO = (
    Currency("BTC", "crypto", 8, "₿"),
    Currency("ETH", "crypto", 8, "Ξ"),
    Currency("USDT", "crypto", 6, "₮"),
)


def _catalogue() -> dict[str, Currency]:
    """Codes without a minor unit (gold, drawing rights, test codes) can't be paid out, so they are left out."""
    fiat = (
        Currency(entry.code, "fiat", entry.exponent, get_currency_symbol(entry.code, locale="en"))
        for entry in iso4217.Currency
        if entry.exponent is not None
    )
    return {currency.code: currency for currency in sorted((*fiat, *_CRYPTO), key=lambda currency: currency.code)}


CATALOGUE: Mapping[str, Currency] = MappingProxyType(_catalogue())


def is_known(code: str) -> bool:
    return code in CATALOGUE


def exponent(code: str) -> int:
    """Number of decimals; `KeyError` for a code that is not in the catalogue."""
    return CATALOGUE[code].exponent
