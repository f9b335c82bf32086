from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonuses.money import MAX_MINOR
from bonuses.terms import FASTTRACK_TYPES, Terms, fasttrack_type, from_json, to_json
from bonuses.tests.factories import CONFIGS as GOOD


def terms_of(type_: str, *, config: dict[str, Any] | None = None, **fields: Any) -> Terms:
    return Terms(type=type_, config={**GOOD[type_], **(config or {})}, **fields)


@pytest.mark.parametrize(
    ("type_", "multiplier", "expected"),
    [
        ("deposit_match", 30, "WelcomeBonus"),
        ("reload", 30, "ReloadBonus"),
        ("no_deposit", 30, "NoDeposit"),
        ("cashback", 30, "CashbackBonus"),
        ("free_spins", 30, "FreeSpins"),
        ("risk_free_bet", 30, "RiskFreeBet"),
        ("deposit_match", 0, "WagerFree"),
        ("reload", 0, "WagerFree"),
        ("no_deposit", 0, "WagerFree"),
        ("cashback", 0, "CashbackBonus"),
        ("free_spins", 0, "FreeSpins"),
        ("risk_free_bet", 0, "RiskFreeBet"),
    ],
)
def test_fasttrack_type(type_: str, multiplier: int, expected: str) -> None:
    terms = terms_of(type_, wagering_requirement_multiplier=Decimal(multiplier))
    assert fasttrack_type(terms) == expected
    assert expected in FASTTRACK_TYPES


def test_an_explicit_fasttrack_type_wins() -> None:
    assert fasttrack_type(terms_of("no_deposit", fasttrack_type="Undefined")) == "Undefined"


@given(st.sampled_from(sorted(GOOD)), st.decimals(0, 999_999, places=2), st.none() | st.integers(1, MAX_MINOR))
def test_terms_survive_being_stored(type_: str, multiplier: Decimal, cap: int | None) -> None:
    terms = terms_of(type_, wagering_requirement_multiplier=multiplier, max_win_cap=cap, bonus_code="WELCOME100")
    assert from_json(to_json(terms)) == terms


def test_stored_terms() -> None:
    terms = terms_of(
        "no_deposit", wagering_requirement_multiplier=Decimal("30.00"), game_contribution={"slots": 100, "live": 12.5}
    )
    stored = to_json(terms)
    assert stored == {
        "type": "no_deposit",
        "config": {"amount": 1000, "currency": "EUR"},
        "product": "Casino",
        "bonus_code": None,
        "wagering_requirement_multiplier": 30,
        "wagering_basis": "bonus",
        "max_bet_during_wagering": None,
        "max_bet_action": "forfeit",
        "time_limit_hours": None,
        "max_grants_per_player": 1,
        "game_contribution": {"slots": 100, "live": 12.5},
        "max_win_cap": None,
        "fasttrack_type": None,
    }
    assert isinstance(stored["wagering_requirement_multiplier"], int)
    assert to_json(terms_of("no_deposit", wagering_requirement_multiplier=Decimal("12.50")))[
        "wagering_requirement_multiplier"
    ] == pytest.approx(12.5, abs=0)
