"""The terms of a bonus calculated through once, by the functions that issuing uses. Pure."""

import math
from decimal import Decimal
from fractions import Fraction

from bonuses.configs import DEPOSIT_TYPES
from bonuses.money import MAX_MINOR
from bonuses.terms import NotEligible, Terms, amount, wagering_required, winnings_required
from bonuses.terms_words import money
from integrations.currencies import exponent

USUAL_MAJOR = 100

SUBJECTS = {"cashback": "loss", "free_spins": "winnings"}
"""What the example begins with, where it is not a deposit or nothing at all."""


def example(terms: Terms, *, entered: int | None = None) -> str:
    """What becomes of a deposit, a loss or winnings; one that shows the cap where none is entered."""
    start = usual_start(terms) if entered is None else entered
    said = money(start, terms.currency)
    try:
        if terms.type in DEPOSIT_TYPES:
            return f"A deposit of {said} gives a bonus of {_result(terms, deposit=start)}"
        if terms.type == "cashback":
            return f"A loss of {said} gives {_result(terms, loss=start)}"
        if terms.type == "free_spins":
            return f"Winnings of {said} become the bonus; {_to_wager(terms, winnings_required(terms, start))}"
        return f"The player gets {_result(terms)}"
    except NotEligible as refusal:
        return f"Nothing is given for {said}. {refusal.message}" if takes_entry(terms.type) else refusal.message


def takes_entry(type_: str) -> bool:
    return type_ in DEPOSIT_TYPES or type_ in SUBJECTS


def usual_start(terms: Terms) -> int:
    """Just what reaches the cap; where there is none, a hundred, or what the spins are worth."""
    config = terms.config
    if terms.type == "free_spins":
        return int(config["count"] * config["value_per_spin"])
    cap = config.get("cap_amount")
    least = config.get("min_loss", 0)
    if cap is None:
        return int(max(least, USUAL_MAJOR * 10 ** exponent(terms.currency)))
    share = Fraction(Decimal(str(config.get("match_percent") or config["percent"]))) / 100
    return int(min(max(least, math.ceil(cap / share)), MAX_MINOR))


def _result(terms: Terms, *, deposit: int | None = None, loss: int | None = None) -> str:
    given = amount(terms, deposit=deposit, loss=loss)
    required = wagering_required(terms, amount=given, deposit=deposit)
    return f"{money(given, terms.currency)}; {_to_wager(terms, required)}"


def _to_wager(terms: Terms, required: int) -> str:
    return f"{money(required, terms.currency)} must be wagered." if required else "nothing must be wagered."
