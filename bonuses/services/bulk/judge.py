"""What a player is given, or why nothing: the same answer for the preview and for the fan-out.

It depends on a few traits only, so it is worked out once for all players who share them.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from bonuses.models.player import PlayerStatus
from bonuses.money import AmountInvalid
from bonuses.services.adapters import AdapterCapabilityMissing, AdapterNotConfigured, Known, all_adapters, serving
from bonuses.services.bulk.plan import Plan, Refusal
from bonuses.services.bulk.traits import Traits
from bonuses.services.issue import PlayerBlocked
from bonuses.services.offer import Offer, make_offer
from bonuses.services.slots import GrantLimitReached
from bonuses.terms import DepositAmountRequired, NotEligible
from integrations.models import Adapter
from integrations.rates import RateMissing, rate_at

HOLDS_LIVE = Refusal("LIVE_GRANT", "The player holds a live grant of this template.")
IS_FULL = Refusal(GrantLimitReached.code, GrantLimitReached().message)
_REFUSALS = (NotEligible, RateMissing, DepositAmountRequired, AdapterNotConfigured, AdapterCapabilityMissing)


@dataclass(frozen=True, slots=True)
class Deal:
    """Nothing for now, though, while the platform is switched off or stopped."""

    offer: Offer
    adapter: Adapter
    is_stopped: bool
    """The platform, by the kill switch."""


Verdict = Deal | Refusal


class Judge:
    """Judges for one plan at one moment; reads rates and platforms once."""

    def __init__(self, plan: Plan, *, now: datetime) -> None:
        self._plan = plan
        self._now = now
        self._rates: dict[tuple[str, str], Decimal | None] = {}

    def judge(self, traits: Traits) -> Verdict:
        if traits.status != PlayerStatus.ACTIVE:
            return Refusal(PlayerBlocked.code, f"The player is {traits.status}.")
        try:
            offer = self._offer(traits)
            known = serving(self._adapters, traits.origin)
        except AmountInvalid as error:
            return Refusal(NotEligible.code, error.message)
        except _REFUSALS as error:
            return Refusal(error.code, error.message)
        if traits.holds_live:
            return HOLDS_LIVE
        return IS_FULL if traits.is_full else Deal(offer, known.adapter, known.is_stopped)

    def _offer(self, traits: Traits) -> Offer:
        plan = self._plan
        return make_offer(
            plan.terms,
            player_currency=traits.currency,
            net_loss=traits.loss,
            deposit=plan.deposit_amount,
            loss=None,
            currency=plan.currency,
            now=self._now,
            rate_at=self._rate_at,
        )

    def _rate_at(self, base: str, quote: str, at: datetime) -> Decimal:
        pair = (base, quote)
        if pair not in self._rates:
            try:
                self._rates[pair] = rate_at(base, quote, at)
            except RateMissing:
                self._rates[pair] = None
        rate = self._rates[pair]
        if rate is None:
            raise RateMissing(base, quote, at)
        return rate

    @cached_property
    def _adapters(self) -> list[Known]:
        return all_adapters()
