import pytest

from integrations.currencies import CATALOGUE, Currency, exponent, is_known


@pytest.mark.parametrize(
    ("code", "decimals"),
    [("JPY", 0), ("EUR", 2), ("USD", 2), ("KWD", 3), ("CLF", 4), ("BTC", 8), ("ETH", 8), ("USDT", 6)],
)
def test_decimals(code: str, decimals: int) -> None:
    assert exponent(code) == decimals


def test_an_entry_says_kind_and_symbol() -> None:
    assert CATALOGUE["EUR"] == Currency("EUR", "fiat", 2, "€")
    assert CATALOGUE["BTC"] == Currency("BTC", "crypto", 8, "₿")


@pytest.mark.parametrize("code", ["", "eur", " EUR", "EURO", "ZZZ", "XAU", "XDR", "XXX", "XTS", "€"])
def test_what_can_not_be_paid_out_is_unknown(code: str) -> None:
    assert not is_known(code)
    with pytest.raises(KeyError):
        exponent(code)


def test_every_entry_fits_its_key_and_its_column() -> None:
    assert all(code == entry.code and 3 <= len(code) <= 10 for code, entry in CATALOGUE.items())
    assert all(0 <= entry.exponent <= 8 and entry.symbol for entry in CATALOGUE.values())
    assert {code for code, entry in CATALOGUE.items() if entry.kind == "crypto"} == {"BTC", "ETH", "USDT"}


def test_the_catalogue_can_not_be_written_to() -> None:
    with pytest.raises(TypeError):
        CATALOGUE["EUR"] = CATALOGUE["USD"]  # type: ignore[index]
