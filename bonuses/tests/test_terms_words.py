from decimal import Decimal
from typing import Any

import pytest

from bonuses.terms import Terms
from bonuses.terms_words import details, headline

MATCH: dict[str, Any] = {"match_percent": 100, "cap_amount": 20000, "currency": "EUR"}
FREE: dict[str, Any] = {"amount": 1000, "currency": "EUR"}
BACK: dict[str, Any] = {"percent": 10, "window_days": 7, "min_loss": 1000, "cap_amount": 5000, "currency": "EUR"}
SPINS: dict[str, Any] = {"count": 20, "value_per_spin": 10, "eligible_games": ["book", "other"], "currency": "EUR"}
THIRTY = Decimal(30)


def terms(type_: str = "no_deposit", config: dict[str, Any] = FREE, **rules: Any) -> Terms:
    return Terms(type=type_, config=config, **rules)


@pytest.mark.parametrize(
    ("agreed", "told"),
    [
        (
            terms(
                "deposit_match",
                MATCH,
                wagering_requirement_multiplier=Decimal("30.00"),
                wagering_basis="bonus_plus_deposit",
                time_limit_hours=720,
            ),
            "100 % up to €200, wager 30× bonus + deposit within 30 days",
        ),
        (
            terms(
                "reload",
                {"match_percent": 12.5, "cap_amount": 9950, "currency": "USD"},
                wagering_requirement_multiplier=Decimal("2.5"),
                wagering_basis="deposit",
                time_limit_hours=36,
            ),
            "Reload of 12.5 % up to US$99.50, wager 2.5× deposit within 36 hours",
        ),
        (terms(), "€10 without a deposit, no wagering"),
        (terms(time_limit_hours=24), "€10 without a deposit, no wagering, valid for 1 day"),
        (
            terms(config={"amount": 1500, "currency": "JPY"}, wagering_requirement_multiplier=THIRTY),
            "JP¥1,500 without a deposit, wager 30× bonus, without a time limit",
        ),
        (
            terms(config={"amount": 1500, "currency": "KWD"}),
            "KWD\N{NO-BREAK SPACE}1.500 without a deposit, no wagering",
        ),
        (terms(config={"amount": 100, "currency": "JPY"}), "JP¥100 without a deposit, no wagering"),
        (terms("cashback", BACK), "10 % cashback up to €50 on losses from €10 in 7 days, no wagering"),
        (
            terms("cashback", {"percent": 5, "window_days": 1, "min_loss": 0, "cap_amount": None, "currency": "EUR"}),
            "5 % cashback on losses in 1 day, no wagering",
        ),
        (
            terms("free_spins", SPINS, wagering_requirement_multiplier=Decimal(35), time_limit_hours=1),
            "20 free spins of €0.10, wager 35× winnings within 1 hour",
        ),
        (terms("free_spins", {**SPINS, "count": 1, "value_per_spin": 100}), "1 free spin of €1, no wagering"),
        (terms("risk_free_bet", {"amount": 500, "currency": "EUR"}), "Risk-free bet of €5, no wagering"),
    ],
)
def test_headline(agreed: Terms, told: str) -> None:
    assert headline(agreed) == told


def test_details_of_a_plain_bonus() -> None:
    assert details(terms()) == [
        "A player can be given it once.",
        "Fast Track is told of it as WagerFree for Casino.",
    ]


def test_details_of_one_with_every_rule() -> None:
    agreed = terms(
        "free_spins",
        SPINS,
        wagering_requirement_multiplier=THIRTY,
        max_grants_per_player=3,
        max_bet_during_wagering=550,
        game_contribution={"slots": 100, "table": 12.5},
        max_win_cap=100_000,
        bonus_code="SPIN20",
        product="Sportsbook",
    )

    assert details(agreed) == [
        "A player can be given it at most 3 times.",
        "The spins are for book and other.",
        "A bet over €5.50 ends the bonus.",
        "Bets count by game: slots 100 %, table 12.5 % and nothing else.",
        "At most €1,000 can be won from it.",
        "Fast Track is told of it as FreeSpins for Sportsbook with the code SPIN20.",
    ]


@pytest.mark.parametrize(
    ("agreed", "told"),
    [
        (terms(max_grants_per_player=None), "A player can be given it any number of times."),
        (terms("cashback", BACK), "A player can be given it once in every window of 7 days."),
        (terms("free_spins", {**SPINS, "eligible_games": []}), "The spins are tied to no game."),
        (terms(max_bet_during_wagering=500, max_bet_action="ignore"), "A bet over €5 does not count."),
        (terms(wagering_requirement_multiplier=THIRTY), "All bets count in full."),
        (
            terms(wagering_requirement_multiplier=THIRTY, game_contribution={"slots": 100, "default": 50}),
            "Bets count by game: slots 100 % and everything else 50 %.",
        ),
        (
            terms(wagering_requirement_multiplier=THIRTY, game_contribution={"default": 0.5}),
            "Bets count by game: everything 0.5 %.",
        ),
        (
            terms(wagering_requirement_multiplier=THIRTY, game_contribution={"default": 0}),
            "Bets count by game: nothing.",
        ),
        (terms(fasttrack_type="Undefined"), "Fast Track is told of it as Undefined for Casino."),
    ],
)
def test_a_sentence_of_the_details(agreed: Terms, told: str) -> None:
    assert told in details(agreed)
