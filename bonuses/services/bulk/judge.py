"""What a player is given, or why nothing: the same answer for the preview and for the fan-out.

It depends on a few traits only, so it is worked out once for all players who share them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from bonuses.money import AmountInvalid
from bonuses.services.adapters import (
    AdapterCapabilityMissing,
    AdapterNotConfigured,
    AdapterPaused,
    Known,
    all_adapters,
    serving,
)
from bonuses.services.bulk.plan import Plan, Refusal
from bonuses.services.bulk.traits import Traits
from bonuses.services.checks import Check, of_part, pass_all
from bonuses.services.issue_checks import PlayerBlocked, check_adapter_goes, check_player_status
from bonuses.services.offer import OFFER_CHECKS, Offer, Offering
from bonuses.services.slots import GrantLimitReached
from bonuses.terms import DepositAmountRequired, NotEligible
from integrations.errors import DomainError
from integrations.models import Adapter
from integrations.rates import RateMissing, rate_at


class HoldsLiveGrant(DomainError):
    code = "LIVE_GRANT"

    def __init__(self) -> None:
        super().__init__("The player holds a live grant of this template.")


_REFUSALS = (
    PlayerBlocked,
    AmountInvalid,
    NotEligible,
    RateMissing,
    DepositAmountRequired,
    AdapterNotConfigured,
    AdapterCapabilityMissing,
    HoldsLiveGrant,
    GrantLimitReached,
)


@dataclass(frozen=True, slots=True)
class Deal:
    """Nothing for now, though, while the platform is switched off or stopped."""

    offer: Offer
    known: Known

    @property
    def adapter(self) -> Adapter:
        return self.known.adapter


Verdict = Deal | Refusal


@dataclass(slots=True)
class Judging:
    """One kind of player before the checks."""

    traits: Traits
    offering: Offering
    judge: "Judge"
    known: Known = field(init=False)


class Judge:
    """Judges for one plan at one moment; reads rates and platforms once."""

    def __init__(self, plan: Plan, *, now: datetime) -> None:
        self._plan = plan
        self._now = now
        self._rates: dict[tuple[str, str], Decimal | None] = {}

    def judge(self, traits: Traits) -> Verdict:
        judging = self.about(traits)
        try:
            pass_all(JUDGE_CHECKS, judging)
        except _REFUSALS as error:
            return Refusal(code_of(error), error.message)
        return Deal(judging.offering.offer, judging.known)

    def about(self, traits: Traits) -> Judging:
        """To go through the checks with."""
        plan = self._plan
        offering = Offering(
            plan.terms,
            player_currency=traits.currency,
            net_loss=traits.loss,
            deposit=plan.deposit_amount,
            loss=None,
            currency=plan.currency,
            now=self._now,
            rate_at=self._rate_at,
        )
        return Judging(traits, offering, self)

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
    def adapters(self) -> list[Known]:
        return all_adapters()


def code_of(error: DomainError) -> str:
    """An amount beyond counting is one that the terms can't give."""
    return NotEligible.code if isinstance(error, AmountInvalid) else error.code


def _player_may_be_granted(judging: Judging) -> None:
    check_player_status(judging.traits.status)


def _adapter_serves(judging: Judging) -> None:
    judging.known = serving(judging.judge.adapters, judging.traits.origin)


def _holds_no_live_grant(judging: Judging) -> None:
    if judging.traits.holds_live:
        raise HoldsLiveGrant


def _slot_is_free(judging: Judging) -> None:
    if judging.traits.is_full:
        raise GrantLimitReached


def _adapter_is_on(known: Known) -> None:
    if not known.adapter.is_active:
        raise AdapterPaused(known.adapter)


def _offering(judging: Judging) -> Offering:
    return judging.offering


JUDGE_CHECKS: tuple[Check[Judging], ...] = (
    Check("player_active", _player_may_be_granted),
    *of_part(OFFER_CHECKS, _offering),
    Check("adapter", _adapter_serves),
    Check("live_grant", _holds_no_live_grant),
    Check("limit", _slot_is_free),
)
"""What refuses is the end of it for this player."""
ADAPTER_CHECKS: tuple[Check[Known], ...] = (
    Check("adapter_active", _adapter_is_on),
    Check("adapter_stop", check_adapter_goes),
)
"""What refuses here holds all of them up, until it is over."""
