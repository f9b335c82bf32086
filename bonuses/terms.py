"""The terms of a bonus and all arithmetic on them. Pure: no ORM, no clock, no settings.

Amounts are minor units of the terms' currency. Percentages and multipliers are JSON numbers, taken at their written
value (12.5 is exactly 12.5) and calculated with exact fractions; each result is rounded once.
"""

import math
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from bonuses.configs import (
    AMOUNT_KEYS,
    CONFIGS,
    DEPOSIT_BASES,
    DEPOSIT_TYPES,
    ConfigInvalid,
    RulesInvalid,
    check_config,
    check_rules,
)
from bonuses.money import MAX_MINOR, AmountInvalid, convert
from integrations.errors import DomainError

__all__ = [
    "CONFIGS",
    "FASTTRACK_TYPES",
    "ConfigInvalid",
    "DepositAmountRequired",
    "NotEligible",
    "RulesInvalid",
    "Terms",
    "amount",
    "bet_progress",
    "check_config",
    "check_rules",
    "converted",
    "fasttrack_type",
    "from_json",
    "is_over_max_bet",
    "to_json",
    "wagering_required",
    "window",
    "winnings_required",
]

_EPOCH = date(1970, 1, 1)

_FASTTRACK_TYPES = {
    "deposit_match": "WelcomeBonus",
    "reload": "ReloadBonus",
    "no_deposit": "NoDeposit",
    "cashback": "CashbackBonus",
    "free_spins": "FreeSpins",
    "risk_free_bet": "RiskFreeBet",
}
_WAGER_FREE = "WagerFree"
_WAGER_FREE_TYPES = DEPOSIT_TYPES | {"no_deposit"}
_UNDEFINED = "Undefined"

FASTTRACK_TYPES = (*_FASTTRACK_TYPES.values(), _WAGER_FREE, _UNDEFINED)
"""The event types of Fast Track, for a template that names its own."""


class NotEligible(DomainError):
    """Under these terms there is nothing to give, or not in that currency."""

    code = "BONUS_NOT_ELIGIBLE"


class DepositAmountRequired(DomainError):
    """The amount or the wagering depends on a deposit, and none was named."""

    code = "BONUS_DEPOSIT_AMOUNT_REQUIRED"

    def __init__(self) -> None:
        super().__init__("This bonus needs a deposit_amount.", deposit_amount="This field is required.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    type: str
    config: dict[str, Any]
    product: str = "Casino"
    bonus_code: str | None = None
    wagering_requirement_multiplier: Decimal = Decimal(0)
    wagering_basis: str = "bonus"
    max_bet_during_wagering: int | None = None
    max_bet_action: str = "forfeit"
    time_limit_hours: int | None = None
    max_grants_per_player: int | None = 1
    game_contribution: dict[str, int | float] = field(default_factory=dict)
    max_win_cap: int | None = None
    fasttrack_type: str | None = None
    """An explicit event type; None: derived, see the function of the same name."""

    @property
    def currency(self) -> str:
        return str(self.config["currency"])


def to_json(terms: Terms) -> dict[str, Any]:
    """As a revision stores them and the API shows them; the multiplier is a JSON number, and 30 stays 30."""
    return {**asdict(terms), "wagering_requirement_multiplier": _json_number(terms.wagering_requirement_multiplier)}


def from_json(stored: dict[str, Any]) -> Terms:
    multiplier = Decimal(str(stored.get("wagering_requirement_multiplier", 0)))
    return Terms(**{**stored, "wagering_requirement_multiplier": multiplier})


def converted(terms: Terms, *, currency: str, rate: Decimal) -> Terms:
    """The same terms in another currency; `rate` is one major unit of the terms' currency in that one.

    Every amount is rounded half-even. `NotEligible` when one vanishes in the rounding or grows beyond counting;
    a minimum loss of 0 stays 0.
    """
    if currency == terms.currency:
        return terms

    def turned(path: str, minor: int | None) -> int | None:
        if not minor:
            return minor
        try:
            result = convert(minor, rate=rate, from_currency=terms.currency, to_currency=currency)
        except AmountInvalid:
            raise NotEligible(f"{path} is too large in {currency}.", field=path, currency=currency) from None
        if result == 0:
            raise NotEligible(f"{path} is less than the smallest unit of {currency}.", field=path, currency=currency)
        return result

    amounts = {key: turned(f"config.{key}", terms.config[key]) for key in AMOUNT_KEYS if key in terms.config}
    return replace(
        terms,
        config={**terms.config, **amounts, "currency": currency},
        max_bet_during_wagering=turned("max_bet_during_wagering", terms.max_bet_during_wagering),
        max_win_cap=turned("max_win_cap", terms.max_win_cap),
    )


def amount(terms: Terms, *, deposit: int | None, loss: int | None) -> int:
    """What the player is given; for free spins their face value, until the winnings are known.

    Raises `NotEligible` when that is nothing, `DepositAmountRequired` when it depends on a deposit and there is none.
    """
    config = terms.config
    if terms.type in DEPOSIT_TYPES:
        if deposit is None:
            raise DepositAmountRequired
        given = min(_percentage(deposit, config["match_percent"]), config["cap_amount"])
    elif terms.type == "cashback":
        given = _cashback(config, loss or 0)
    elif terms.type == "free_spins":
        given = config["count"] * config["value_per_spin"]
    else:
        given = config["amount"]
    if given <= 0:
        raise NotEligible("Under this template's terms there is nothing to give.")
    if given > MAX_MINOR:
        raise NotEligible("The amount is larger than can be counted.")
    return int(given)


def wagering_required(terms: Terms, *, amount: int, deposit: int | None) -> int:
    """What has to be wagered, rounded up; 0 for free spins, whose winnings are not known yet.

    Raises `DepositAmountRequired` when it depends on a deposit and there is none.
    """
    if terms.type == "free_spins":
        return 0
    basis = amount
    if terms.wagering_basis in DEPOSIT_BASES:
        if deposit is None:
            raise DepositAmountRequired
        basis = deposit if terms.wagering_basis == "deposit" else amount + deposit
    required = math.ceil(basis * Fraction(terms.wagering_requirement_multiplier))
    if required > MAX_MINOR:
        raise NotEligible("The wagering requirement is larger than can be counted.")
    return required


def winnings_required(terms: Terms, winnings: int) -> int:
    """What has to be wagered after free spins, rounded up.

    It never refuses, since the platform has already paid; a requirement beyond counting is the largest there is.
    """
    return min(math.ceil(winnings * Fraction(terms.wagering_requirement_multiplier)), MAX_MINOR)


def is_over_max_bet(terms: Terms, bet_amount: int) -> bool:
    """Strictly larger than the maximum bet: it ends the bonus or does not count, as `max_bet_action` says."""
    return terms.max_bet_during_wagering is not None and bet_amount > terms.max_bet_during_wagering


def bet_progress(terms: Terms, *, bet_amount: int, category: str) -> int:
    """Hundredths of a minor unit that a bet adds to the wagering progress; nothing when it is over the maximum bet.

    Minor units times a percentage are hundredths of a minor unit, so whole percentages are exact; what a fractional
    one leaves over is rounded down. A category that is not listed counts as `default`; where neither is listed it
    counts nothing, except that an empty map counts every bet in full.
    """
    if is_over_max_bet(terms, bet_amount):
        return 0
    contribution = terms.game_contribution or {"default": 100}
    return math.floor(bet_amount * _exact(contribution.get(category, contribution.get("default", 0))))


def window(terms: Terms, at: datetime) -> int:
    """For cashback the day since the epoch (UTC) on which the window around `at` began; 0 for all other types."""
    if terms.type != "cashback":
        return 0
    days = (at.astimezone(UTC).date() - _EPOCH).days
    return days - days % int(terms.config["window_days"])


def fasttrack_type(terms: Terms) -> str:
    """The event type that Fast Track is told: the template's own, or what follows from the type."""
    if terms.fasttrack_type:
        return terms.fasttrack_type
    if terms.type in _WAGER_FREE_TYPES and not terms.wagering_requirement_multiplier:
        return _WAGER_FREE
    return _FASTTRACK_TYPES.get(terms.type, _UNDEFINED)


def _cashback(config: dict[str, Any], loss: int) -> int:
    if loss < config["min_loss"]:
        raise NotEligible("The loss is below the minimum.", loss_amount=loss, min_loss=config["min_loss"])
    back = _percentage(loss, config["percent"])
    cap = config.get("cap_amount")
    return back if cap is None else min(back, int(cap))


def _percentage(minor: int, percent: float) -> int:
    return math.floor(minor * _exact(percent) / 100)


def _exact(number: float) -> Fraction:
    return Fraction(Decimal(str(number)))


def _json_number(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
