import uuid

from django.db import transaction

from campaigns.approvals.check import last_of, required
from campaigns.approvals.review import Review, hash_of, review_of
from campaigns.lifecycle import EDITABLE, Status
from campaigns.models import Approval, Campaign
from campaigns.models.approval import Decision
from campaigns.services.errors import ApprovalByItsMaker, CampaignNotEditable
from campaigns.services.lock_campaign import lock_campaign

APPROVABLE = EDITABLE | {Status.PAUSED}
"""A paused one may have grown, or be given a larger budget."""


@transaction.atomic
def approve_campaign(*, campaign_id: uuid.UUID, seen: str, by: str, cost: int | None = None) -> Approval:
    """`seen` is the hash of what was shown, `cost` the cost that was shown; None: what it costs now.

    Raises `CampaignNotFound`, `CampaignNotEditable`, `ApprovalByItsMaker`, and `ApprovalRequired` with the hash of what
    there is to approve now when that is something else than was shown, or costs more.
    """
    campaign = _lock(campaign_id)
    if by in {campaign.created_by, campaign.edited_by}:
        raise ApprovalByItsMaker
    review = review_of(campaign)
    shown = review.cost if cost is None else cost
    if seen != hash_of(review.bound, shown):
        raise required("It is not as it was shown any more. Look at it again first.", review)
    if review.cost > shown:
        raise required("It costs more by now than was shown. Look at it again first.", review)
    approval = _write(campaign, review, decision=Decision.APPROVED, by=by, cost=shown)
    if campaign.state in EDITABLE:
        # Nobody waits for it any more. A scheduled one may begin at the next tick, when its time has come.
        campaign.status_reason = ""
        campaign.save(update_fields=["status_reason"])
    return approval


@transaction.atomic
def withdraw_approval(*, campaign_id: uuid.UUID, by: str) -> Approval:
    """Before it begins, or goes on. Raises `CampaignNotFound` and `CampaignNotEditable`."""
    campaign = _lock(campaign_id)
    last = last_of(campaign)
    if last is None or last.decision == Decision.WITHDRAWN:
        raise CampaignNotEditable("There is no approval to withdraw.", status=campaign.status)
    as_approved = Review(last.reviewed, last.audience, last.cost, last.worst_cost)
    return _write(campaign, as_approved, decision=Decision.WITHDRAWN, by=by, cost=last.cost)


def _lock(campaign_id: uuid.UUID) -> Campaign:
    campaign = lock_campaign(campaign_id)
    if campaign.state not in APPROVABLE:
        raise CampaignNotEditable(f"The campaign is {campaign.status}.", status=campaign.status)
    return campaign


def _write(campaign: Campaign, review: Review, *, decision: Decision, by: str, cost: int) -> Approval:
    return Approval.objects.create(
        campaign=campaign,
        decision=decision,
        by=by,
        created_by=campaign.created_by,
        hash=hash_of(review.bound, cost),
        reviewed=review.bound,
        audience=review.audience,
        cost=cost,
        worst_cost=review.worst_cost,
    )
