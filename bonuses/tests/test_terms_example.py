from decimal import Decimal
from typing import Any

import pytest

from bonuses.money import MAX_MINOR
from bonuses.terms import Terms
from bonuses.terms_example import example

MATCH = {"match_percent": 100, "cap_amount": 20000, "currency": "EUR"}
BACK = {"percent": 10, "window_days": 7, "min_loss": 1000, "cap_amount": 5000, "currency": "EUR"}
SPINS = {"count": 20, "value_per_spin": 10, "eligible_games": [], "currency": "EUR"}
TEN = {"amount": 1000, "currency": "EUR"}
THIRTY = {"wagering_requirement_multiplier": Decimal(30)}


def terms(type_: str, config: dict[str, Any], **rules: Any) -> Terms:
    return Terms(type=type_, config=config, **rules)


MATCHED = terms("deposit_match", MATCH, wagering_basis="bonus_plus_deposit", **THIRTY)


@pytest.mark.parametrize(
    ("agreed", "entered", "told"),
    [
        (MATCHED, None, "A deposit of €200 gives a bonus of €200; €12,000 must be wagered."),
        (MATCHED, 5000, "A deposit of €50 gives a bonus of €50; €3,000 must be wagered."),
        (MATCHED, 30050, "A deposit of €300.50 gives a bonus of €200; €15,015 must be wagered."),
        (MATCHED, 0, "Nothing is given for €0. Under this template's terms there is nothing to give."),
        (
            MATCHED,
            MAX_MINOR,
            "Nothing is given for €90,071,992,547,409.91. The wagering requirement is larger than can be counted.",
        ),
        (
            terms("reload", {"match_percent": 33.3, "cap_amount": 100, "currency": "JPY"}),
            None,
            "A deposit of JP¥301 gives a bonus of JP¥100; nothing must be wagered.",
        ),
        (terms("cashback", BACK), None, "A loss of €500 gives €50; nothing must be wagered."),
        (terms("cashback", BACK, **THIRTY), 1234, "A loss of €12.34 gives €1.23; €36.90 must be wagered."),
        (terms("cashback", BACK), 999, "Nothing is given for €9.99. The loss is below the minimum."),
        (
            terms("cashback", {**BACK, "cap_amount": None}),
            None,
            "A loss of €100 gives €10; nothing must be wagered.",
        ),
        (
            terms("free_spins", SPINS, wagering_requirement_multiplier=Decimal(35)),
            None,
            "Winnings of €2 become the bonus; €70 must be wagered.",
        ),
        (terms("free_spins", SPINS), 550, "Winnings of €5.50 become the bonus; nothing must be wagered."),
        (terms("no_deposit", TEN, **THIRTY), None, "The player gets €10; €300 must be wagered."),
        (terms("risk_free_bet", TEN), None, "The player gets €10; nothing must be wagered."),
    ],
)
def test_example(agreed: Terms, entered: int | None, told: str) -> None:
    assert example(agreed, entered=entered) == told
