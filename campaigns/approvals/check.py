"""Whether a campaign may give what it costs. Asked wherever one begins or goes on, whoever wants it to."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from bonuses.models import Player
from bonuses.money import display
from bonuses.services.bulk.judge import Judge
from campaigns.approvals.review import Review, hash_of, review_of
from campaigns.models import Approval, Campaign
from campaigns.models.approval import Decision
from campaigns.services.errors import ApprovalRequired


def check_approved(campaign: Campaign, players: QuerySet[Player] | None = None, *, judge: Judge | None = None) -> None:
    """Raises `ApprovalRequired` when it costs more than the threshold, and nobody else has approved just this."""
    threshold = settings.CAMPAIGN_APPROVAL_THRESHOLD
    if threshold is None or (campaign.budget_amount is not None and campaign.budget_amount <= threshold):
        return
    review = review_of(campaign, players, judge=judge)
    if review.cost > threshold and (why := why_void(campaign, review)):
        raise required(why, review)


def required(why: str, review: Review) -> ApprovalRequired:
    threshold = settings.CAMPAIGN_APPROVAL_THRESHOLD
    return ApprovalRequired(why, cost=review.cost, threshold=threshold, hash=hash_of(review.bound, review.cost))


def is_needed(review: Review) -> bool:
    threshold = settings.CAMPAIGN_APPROVAL_THRESHOLD
    return threshold is not None and review.cost > threshold


def why_void(campaign: Campaign, review: Review) -> str:
    """Why what was decided last does not let it through; empty when it does."""
    last = last_of(campaign)
    if last is None:
        return f"It costs {_money(review.cost)}, and needs the approval of a second person."
    if last.decision == Decision.WITHDRAWN:
        return f"{last.by} has withdrawn the approval; it needs a new one."
    if changed := changed_since(campaign, last, review.bound):
        return f"It was changed after {last.by} had approved it, and needs a new approval: {', '.join(changed)}."
    if review.cost > last.cost:
        return f"It costs {_money(review.cost)} by now, and {last.by} has approved {_money(last.cost)}."
    return ""


def last_of(campaign: Campaign) -> Approval | None:
    return Approval.objects.filter(campaign=campaign).first()


def changed_since(campaign: Campaign, approval: Approval, bound: dict[str, Any]) -> list[str]:
    """The names of what is not as it was approved. Whom the snapshot holds no change of the segment alters."""
    fixed = {"segment"} if campaign.snapshot_at else set()
    return [name for name in bound if name not in fixed and approval.reviewed.get(name) != bound[name]]


def _money(cost: int) -> str:
    return display(cost, settings.BASE_CURRENCY)
