import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from campaigns.approvals.check import check_approved
from campaigns.lifecycle import EDITABLE, Status
from campaigns.models import Campaign
from campaigns.services.change_campaign import change_campaign
from campaigns.services.errors import ApprovalRequired, CampaignInvalid, CampaignNotEditable
from campaigns.services.lock_campaign import lock_campaign


@transaction.atomic
def plan_campaign(*, campaign_id: uuid.UUID, planned_at: datetime | None, by: str) -> Campaign:
    """Note when a draft is meant to begin; nothing begins by it. None: by hand.

    Raises `CampaignNotFound` and `CampaignNotEditable`.
    """
    campaign = lock_campaign(campaign_id)
    if campaign.state is not Status.DRAFT:
        raise CampaignNotEditable(f"The campaign is {campaign.status}.", status=campaign.status)
    campaign.planned_at, campaign.edited_by = planned_at, by
    campaign.save(update_fields=["planned_at", "edited_by", "updated_at"])
    return campaign


@transaction.atomic
def schedule_as_planned(*, campaign_id: uuid.UUID, by: str) -> Campaign:
    """Have it begin by itself at the time that was planned.

    Raises `CampaignInvalid` where there is none, or it has passed, and what `change_campaign` raises.
    """
    planned_at = lock_campaign(campaign_id).planned_at
    if planned_at is None or planned_at <= timezone.now():
        raise CampaignInvalid("The time that was planned has passed. Choose another one.", planned_at="has passed")
    return change_campaign(campaign_id=campaign_id, changes={"scheduled_at": planned_at}, by=by)


@transaction.atomic
def ask_for_approval(*, campaign_id: uuid.UUID, by: str) -> Campaign:
    """Say of it that it waits for a second person; where a start is planned it is scheduled, and waits with that.

    Raises `CampaignNotFound`, `CampaignNotEditable`, also where no approval is needed, and what scheduling raises.
    """
    campaign = lock_campaign(campaign_id)
    if campaign.state not in EDITABLE:
        raise CampaignNotEditable(f"The campaign is {campaign.status}.", status=campaign.status)
    if campaign.state is Status.DRAFT and campaign.planned_at:
        campaign = schedule_as_planned(campaign_id=campaign_id, by=by)
    if not _waits(campaign):
        raise CampaignNotEditable("It needs no approval as it stands.", status=campaign.status)
    campaign.status_reason = f"{ApprovalRequired.code}: asked for by {by}"[:500]
    campaign.save(update_fields=["status_reason", "updated_at"])
    return campaign


def _waits(campaign: Campaign) -> bool:
    try:
        check_approved(campaign)
    except ApprovalRequired:
        return True
    return False
