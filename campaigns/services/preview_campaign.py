import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from bonuses.models import Player
from bonuses.services.bulk.judge import Deal, Verdict
from bonuses.services.bulk.plan import Plan
from bonuses.services.bulk.survey import cost_within, judge_each, survey
from campaigns.audience import audience_of
from campaigns.fanout.plan import plan_of
from campaigns.lifecycle import Outcome
from campaigns.models import Campaign
from campaigns.services.errors import CampaignNotFound

SAMPLE = 10


def preview_campaign(*, campaign_id: uuid.UUID) -> dict[str, Any]:
    """What it would come to were it issued now, by the code that issues it; nothing is written.

    `audience` without the held-out, `exclusions` by reason, `expected_cost` and `worst_cost` in minor units of
    `currency`, and a `sample` of the audience. Raises `CampaignNotFound`.
    """
    found = Campaign.objects.select_related("segment", "template__revision", "revision").filter(pk=campaign_id)
    campaign = found.first()
    if campaign is None:
        raise CampaignNotFound(campaign_id)
    plan, now = plan_of(campaign, campaign.revision or campaign.template.revision), timezone.now()
    surveyed = survey(plan=plan, players=audience_of(campaign), now=now)
    cost, left = surveyed.cost, _budget_left(campaign)
    if left is not None and cost > left:
        cost = cost_within(left, plan=plan, players=audience_of(campaign), now=now)
    return {
        "audience": surveyed.audience,
        "exclusions": dict(sorted(surveyed.refusals.items())),
        "expected_cost": cost,
        "worst_cost": surveyed.worst_cost,
        "currency": settings.BASE_CURRENCY,
        "sample": _sample(campaign, plan, now),
    }


def _budget_left(campaign: Campaign) -> int | None:
    return None if campaign.budget_amount is None else campaign.budget_amount - campaign.budget_used


def _sample(campaign: Campaign, plan: Plan, now: datetime) -> list[dict[str, Any]]:
    some = audience_of(campaign).order_by("pk")[:SAMPLE]
    return [_shown(player, verdict) for player, verdict in judge_each(plan=plan, players=some, now=now)]


def _shown(player: Player, verdict: Verdict) -> dict[str, Any]:
    row: dict[str, Any] = {"player_id": str(player.pk), "external_id": player.external_id}
    if isinstance(verdict, Deal):
        offer = verdict.offer
        told = {"status": Outcome.GRANTED.value, "reason": "", "message": ""}
        return {**row, **told, "amount": offer.amount, "currency": offer.terms.currency}
    told = {"status": Outcome.SKIPPED.value, "reason": verdict.code, "message": verdict.message}
    return {**row, **told, "amount": None, "currency": None}
