"""What a template's terms come to for one player at one moment: amounts, requirement, rates, expiry."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from bonuses import terms as rules
from bonuses.models.template import BonusType
from bonuses.money import convert
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


def make_offer(
    agreed: dict[str, Any],
    *,
    player_currency: str,
    net_loss: int,
    deposit: int | None,
    loss: int | None,
    currency: str | None,
    now: datetime,
    rate_at: RateAt = rate_at,
) -> Offer:
    """`net_loss`, in the player's currency, counts when a cashback names no `loss`.

    Raises `DepositAmountRequired`, `NotEligible`, `RateMissing`, and `AmountInvalid` beyond what can be counted.
    """
    terms = rules.from_json(agreed)
    terms_rate = None
    if currency is not None and currency != terms.currency:
        terms_rate = rate_at(terms.currency, currency, now)
        terms = rules.converted(terms, currency=currency, rate=terms_rate)
    if terms.type == BonusType.CASHBACK and loss is None:
        loss = _in_terms(net_loss, player_currency, terms.currency, now, rate_at)
    amount = rules.amount(terms, deposit=deposit, loss=loss)
    exchange_rate = rate_at(terms.currency, settings.BASE_CURRENCY, now)
    if player_currency != terms.currency:
        # Every event of the grant names this rate: better nothing is given than something that can't be told.
        rate_at(player_currency, settings.BASE_CURRENCY, now)
    return Offer(
        terms=terms,
        amount=amount,
        amount_base=convert(
            amount, rate=exchange_rate, from_currency=terms.currency, to_currency=settings.BASE_CURRENCY
        ),
        wagering_required=rules.wagering_required(terms, amount=amount, deposit=deposit),
        window=rules.window(terms, now),
        expires_at=now + timedelta(hours=terms.time_limit_hours) if terms.time_limit_hours else None,
        terms_rate=terms_rate,
        exchange_rate=exchange_rate,
        player_rate=None if player_currency == terms.currency else rate_at(terms.currency, player_currency, now),
    )


def _in_terms(net_loss: int, from_currency: str, currency: str, now: datetime, rate_at: RateAt) -> int:
    if from_currency == currency:
        return net_loss
    rate = rate_at(from_currency, currency, now)
    return convert(net_loss, rate=rate, from_currency=from_currency, to_currency=currency)
