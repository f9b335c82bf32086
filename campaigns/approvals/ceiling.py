"""What a campaign that is under way may give at most, whatever has become dearer since somebody approved it."""

from typing import NamedTuple

from django.conf import settings
from django.db.models import BigIntegerField, Case, F, OuterRef, Subquery, When

from campaigns.fanout.pause import BUDGET_EXHAUSTED
from campaigns.models import Approval, Campaign
from campaigns.models.approval import Decision
from campaigns.services.errors import ApprovalRequired


class Limit(NamedTuple):
    amount: int | None
    """Of all that it gives; base currency, minor units."""
    reason: str
    """To pause with when it is reached."""


AS_MUCH_AS_APPROVED = f"{ApprovalRequired.code}: It has given as much as may be given without another approval."


def approved_cost() -> Subquery:
    """Of a campaign: what its last decision allows. None where nothing was approved, or not any more."""
    cost = Case(When(decision=Decision.APPROVED, then=F("cost")), default=None, output_field=BigIntegerField())
    return Subquery(Approval.objects.filter(campaign=OuterRef("pk")).annotate(allowed=cost).values("allowed")[:1])


def limit_of(campaign: Campaign, *, approved_cost: int | None) -> Limit:
    """The budget, or what may be given without anybody's further word when that is less."""
    budget, threshold = campaign.budget_amount, settings.CAMPAIGN_APPROVAL_THRESHOLD
    if threshold is None:
        return Limit(budget, BUDGET_EXHAUSTED)
    ceiling = max(threshold, approved_cost or 0)
    if budget is not None and budget <= ceiling:
        return Limit(budget, BUDGET_EXHAUSTED)
    return Limit(ceiling, AS_MUCH_AS_APPROVED)
