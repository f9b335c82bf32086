"""What a plan would come to for a set of players, were it carried out now; nothing is written."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db.models import Count, QuerySet

from bonuses.models import Player
from bonuses.money import MAX_MINOR, AmountInvalid, convert
from bonuses.services.bulk.judge import Judge, Verdict
from bonuses.services.bulk.plan import Plan, Refusal, exceeds
from bonuses.services.bulk.traits import Traits, with_traits
from bonuses.services.offer import Offer
from integrations.jit import without_jit

KINDS_KEPT = 10_000
"""In cashback nearly everybody may be a kind of his own."""


@dataclass(slots=True)
class Survey:
    """Costs in minor units of the base currency."""

    audience: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    cost: int = 0
    """Face value of what would be promised."""
    worst_cost: int = 0
    """The most that can become real money of it, where the terms have a cap."""


@without_jit()
def survey(*, plan: Plan, players: QuerySet[Player], now: datetime, judge: Judge | None = None) -> Survey:
    """The database counts those who share all that matters; each kind of player is judged once.

    `judge` is one of this plan that has judged others, and knows rates and platforms already.
    """
    judge, found = judge or Judge(plan, now=now), Survey()
    kinds = with_traits(players, plan=plan, now=now).order_by().values_list(*Traits._fields).annotate(n=Count("pk"))
    for *traits, count in kinds.iterator():
        verdict = judge.judge(Traits(*traits))
        found.audience += count
        if isinstance(verdict, Refusal):
            found.refusals[verdict.code] += count
        else:
            found.cost += count * verdict.offer.amount_base
            found.worst_cost += count * _worst(verdict.offer)
    return found


@without_jit()
def cost_within(budget: int, *, plan: Plan, players: QuerySet[Player], now: datetime) -> int:
    """Face value of what would be promised, in the order of the players' ids, to the last one whom it covers."""
    judge, cost = Judge(plan, now=now), 0
    face_value = lru_cache(maxsize=KINDS_KEPT)(lambda traits: _face_value(judge.judge(Traits(*traits))))
    ordered = with_traits(players, plan=plan, now=now).order_by("pk").values_list(*Traits._fields)
    for traits in ordered.iterator():
        if exceeds(cost + face_value(traits), budget):
            break
        cost += face_value(traits)
    return cost


def judge_each(*, plan: Plan, players: QuerySet[Player], now: datetime) -> Iterator[tuple[Player, Verdict]]:
    """For a sample: each player with what he would get, in the queryset's order."""
    judge = Judge(plan, now=now)
    for player in with_traits(players, plan=plan, now=now):
        yield player, judge.judge(Traits(*(getattr(player, name) for name in Traits._fields)))


def _face_value(verdict: Verdict) -> int:
    return 0 if isinstance(verdict, Refusal) else verdict.offer.amount_base


def _worst(offer: Offer) -> int:
    worst, currency = max(offer.amount, offer.terms.max_win_cap or 0), offer.terms.currency
    try:
        return convert(worst, rate=offer.exchange_rate, from_currency=currency, to_currency=settings.BASE_CURRENCY)
    except AmountInvalid:
        return MAX_MINOR
