"""Players who are served by one platform and have one currency: what their grants have in common is made once."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from bonuses.models import Grant, Player, TermsRevision
from bonuses.models.grant import GrantedByKind
from bonuses.services.bulk.judge import ADAPTER_CHECKS, Deal, Judge
from bonuses.services.bulk.plan import Plan, Refusal
from bonuses.services.bulk.traits import Traits
from bonuses.services.checks import pass_all
from bonuses.services.claim import claim_until
from bonuses.services.issue import offered
from bonuses.services.order import grant_order
from integrations.models import Adapter
from integrations.platforms.base import GrantOrder


@dataclass(frozen=True)
class Group:
    number: int
    fields: dict[str, Any]
    """Of a grant, but for its id, player and slot; the amounts are those of the first."""
    adapter: Adapter
    claimed_until: datetime

    @cached_property
    def grant(self) -> Grant:
        """A pattern."""
        return Grant(**self.fields, player=Player())

    @cached_property
    def order(self) -> GrantOrder:
        """A pattern, made as it is made for a single grant, so that a repeated call is the same."""
        return grant_order(self.grant)


@dataclass(frozen=True)
class Share:
    """What each of those gets who share all traits. In cashback that may be one player only."""

    group: Group
    amount: int
    amount_base: int
    wagering_required: int

    @cached_property
    def order(self) -> GrantOrder:
        order = self.group.order
        wagering = replace(order.wagering, required_subunit=self.wagering_required)
        return replace(order, amount_subunit=self.amount, wagering=wagering)


class Groups:
    """Those of one plan at one moment, as players who belong to them turn up."""

    def __init__(self, plan: Plan, *, now: datetime) -> None:
        self._plan = plan
        self._now = now
        self._judge = Judge(plan, now=now)
        self._groups: dict[tuple[uuid.UUID, str], Group] = {}
        self._known: dict[tuple[Any, ...], Share | Refusal] = {}

    def share(self, traits: tuple[Any, ...]) -> Share | Refusal:
        """Raises `AdapterPaused` and `IssuingStopped` when somebody is found whom the platform can't serve now."""
        found = self._known.get(traits)
        if found is None:
            found = self._known[traits] = self._find(Traits(*traits))
        return found

    def _find(self, traits: Traits) -> Share | Refusal:
        verdict = self._judge.judge(traits)
        if isinstance(verdict, Refusal):
            return verdict
        pass_all(ADAPTER_CHECKS, verdict.known)
        offer = verdict.offer
        return Share(self._group(verdict, traits), offer.amount, offer.amount_base, offer.wagering_required)

    def _group(self, deal: Deal, traits: Traits) -> Group:
        key = (deal.adapter.pk, traits.currency)
        if key not in self._groups:
            until = claim_until(deal.adapter, self._now)
            self._groups[key] = Group(len(self._groups), self._fields(deal, traits, until), deal.adapter, until)
        return self._groups[key]

    def _fields(self, deal: Deal, traits: Traits, until: datetime) -> dict[str, Any]:
        plan, now = self._plan, self._now
        return {
            "template_id": plan.template_id,
            "revision": TermsRevision(pk=plan.revision_id, terms=plan.terms),
            "player_currency": traits.currency,
            "adapter": deal.adapter,
            "campaign_id": plan.campaign_id,
            "granted_by_kind": GrantedByKind.CAMPAIGN,
            "granted_by_id": plan.campaign_id,
            "deposit_amount": plan.deposit_amount,
            "transition_count": 1,
            "created_at": now,
            # As in `services.issue`: the first call is claimed by the same commit, and if we die the sweep finds it.
            "attempts": 1,
            "attempted_at": now,
            "claimed_until": until,
            "next_attempt_at": until,
            **offered(deal.offer),
        }
