"""What there is to approve of a campaign: all that decides what is given to whom, and what it comes to."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from bonuses.models import Player, TermsRevision
from bonuses.money import MAX_MINOR
from bonuses.services.bulk.judge import Judge
from bonuses.services.bulk.survey import cost_within, survey
from campaigns.audience import audience_of
from campaigns.fanout.plan import plan_of
from campaigns.lifecycle import Outcome
from campaigns.models import Campaign, Recipient
from campaigns.models.segment import SegmentKind


@dataclass(frozen=True, slots=True)
class Review:
    bound: dict[str, Any]
    """Name to value, as JSON: an edit of any of these makes an approval void."""
    audience: int
    cost: int
    """At face value, within the budget, what was given already included. Minor units of the base currency."""
    worst_cost: int


def review_of(campaign: Campaign, players: QuerySet[Player] | None = None, *, judge: Judge | None = None) -> Review:
    """As it stands now: for `players`, or for whoever is to be given something yet. Nothing is written."""
    if players is None:
        players = untouched(campaign) if campaign.snapshot_at else audience_of(campaign)
    plan, now = plan_of(campaign, revision_of(campaign)), timezone.now()
    surveyed = survey(plan=plan, players=players, now=now, judge=judge)
    cost, left = surveyed.cost, None
    if campaign.budget_amount is not None:
        left = campaign.budget_amount - campaign.budget_used
    if left is not None and cost > left:
        cost = cost_within(left, plan=plan, players=players, now=now)
    return Review(
        bound=bound_of(campaign),
        audience=surveyed.audience,
        # All together may be worth more than a number of JSON holds.
        cost=min(campaign.budget_used + cost, MAX_MINOR),
        worst_cost=min(surveyed.worst_cost, MAX_MINOR),
    )


def bound_of(campaign: Campaign) -> dict[str, Any]:
    planned = campaign.scheduled_at
    return {
        "terms": str(revision_of(campaign).pk),
        "segment": _segment(campaign),
        "currency": [campaign.currency_override, settings.BASE_CURRENCY],
        "deposit": campaign.deposit_amount,
        "budget": campaign.budget_amount,
        "holdout": campaign.holdout_percent,
        "schedule": planned.isoformat() if planned else None,
    }


def hash_of(bound: dict[str, Any], cost: int) -> str:
    """Of what is shown to the approver, the cost included: who sends it back has seen just that."""
    text = json.dumps({**bound, "cost": cost}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def revision_of(campaign: Campaign) -> TermsRevision:
    """The frozen terms, or those that issuing would freeze now."""
    return campaign.revision or campaign.template.revision


def untouched(campaign: Campaign) -> QuerySet[Player]:
    """Those of the snapshot who were promised nothing yet."""
    waiting = Recipient.objects.filter(campaign=campaign, status=Outcome.PENDING, grant_id__isnull=True)
    return Player.objects.order_by().filter(Exists(waiting.filter(player=OuterRef("pk")).order_by()))


def _segment(campaign: Campaign) -> dict[str, Any]:
    segment = campaign.segment
    if segment.kind == SegmentKind.RULES:
        return {"id": str(segment.pk), "rules": segment.rules}
    return {"id": str(segment.pk), "members_version": segment.members_version}
