"""What a template's terms come to for one player at one moment: amounts, requirement, rates, expiry."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from bonuses import terms as rules
from bonuses.models.template import BonusType
from bonuses.money import convert
from bonuses.services.checks import Check
from bonuses.terms import Terms
from integrations.rates import rate_at

RateAt = Callable[[str, str, datetime], Decimal]
"""As `integrations.rates.rate_at`."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Amounts in minor units of `terms.currency`; `amount_base` in those of the base currency."""

    terms: Terms
    amount: int
    amount_base: int
    wagering_required: int
    window: int
    expires_at: datetime | None
    terms_rate: Decimal | None
    exchange_rate: Decimal
    player_rate: Decimal | None


@dataclass(slots=True, kw_only=True)
class Offering:
    """An offer in the making: each check adds a part. `net_loss`, in the player's currency, counts when a cashback
    names no `loss`."""

    agreed: dict[str, Any] = field(kw_only=False)
    player_currency: str
    net_loss: int
    deposit: int | None
    loss: int | None
    currency: str | None
    now: datetime
    rate_at: RateAt = rate_at
    terms: Terms = field(init=False)
    terms_rate: Decimal | None = field(default=None, init=False)
    amount: int = field(init=False)
    exchange_rate: Decimal = field(init=False)
    amount_base: int = field(init=False)
    wagering_required: int = field(init=False)
    player_rate: Decimal | None = field(default=None, init=False)

    @property
    def offer(self) -> Offer:
        """Once all have passed."""
        hours = self.terms.time_limit_hours
        return Offer(
            terms=self.terms,
            amount=self.amount,
            amount_base=self.amount_base,
            wagering_required=self.wagering_required,
            window=rules.window(self.terms, self.now),
            expires_at=self.now + timedelta(hours=hours) if hours else None,
            terms_rate=self.terms_rate,
            exchange_rate=self.exchange_rate,
            player_rate=self.player_rate,
        )


def _currency(making: Offering) -> None:
    making.terms, currency = rules.from_json(making.agreed), making.currency
    if currency is not None and currency != making.terms.currency:
        making.terms_rate = making.rate_at(making.terms.currency, currency, making.now)
        making.terms = rules.converted(making.terms, currency=currency, rate=making.terms_rate)


def _amount(making: Offering) -> None:
    if making.terms.type == BonusType.CASHBACK and making.loss is None:
        making.loss = _in_terms(making)
    making.amount = rules.amount(making.terms, deposit=making.deposit, loss=making.loss)


def _rates(making: Offering) -> None:
    currency = making.terms.currency
    making.exchange_rate = making.rate_at(currency, settings.BASE_CURRENCY, making.now)
    if making.player_currency != currency:
        # Every event of the grant names this rate: better nothing is given than something that can't be told.
        making.rate_at(making.player_currency, settings.BASE_CURRENCY, making.now)


def _totals(making: Offering) -> None:
    making.amount_base = convert(
        making.amount,
        rate=making.exchange_rate,
        from_currency=making.terms.currency,
        to_currency=settings.BASE_CURRENCY,
    )
    making.wagering_required = rules.wagering_required(making.terms, amount=making.amount, deposit=making.deposit)


def _player_rate(making: Offering) -> None:
    if making.player_currency != making.terms.currency:
        making.player_rate = making.rate_at(making.terms.currency, making.player_currency, making.now)


OFFER_CHECKS: tuple[Check[Offering], ...] = (
    Check("currency", _currency),
    Check("amount", _amount),
    Check("rates", _rates),
    Check("totals", _totals),
    Check("player_rate", _player_rate),
)
"""Each raises some of `DepositAmountRequired`, `NotEligible`, `RateMissing`, and `AmountInvalid` beyond what can be
counted."""


def _in_terms(making: Offering) -> int:
    from_currency, currency = making.player_currency, making.terms.currency
    if from_currency == currency:
        return making.net_loss
    rate = making.rate_at(from_currency, currency, making.now)
    return convert(making.net_loss, rate=rate, from_currency=from_currency, to_currency=currency)
