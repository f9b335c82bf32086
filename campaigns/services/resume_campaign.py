import uuid

from django.db import transaction

from campaigns.approvals.check import check_approved
from campaigns.fanout import hint
from campaigns.lifecycle import Status
from campaigns.models import Campaign
from campaigns.services.errors import CampaignNotIssuable
from campaigns.services.issue_campaign import check_may_give
from campaigns.services.lock_campaign import lock_campaign


@transaction.atomic
def resume_campaign(*, campaign_id: uuid.UUID, by: str) -> Campaign:
    """Go on where it stopped, under the terms it began with.

    Raises `CampaignNotFound`, `CampaignNotIssuable`, `IssuingStopped`, `TemplateNotActive` and `ApprovalRequired`.
    """
    campaign = lock_campaign(campaign_id)
    if campaign.state is not Status.PAUSED:
        raise CampaignNotIssuable(f"The campaign is {campaign.status}.", status=campaign.status)
    check_may_give(campaign)
    # Its budget may have been raised, or its audience outgrown what was approved.
    check_approved(campaign)
    campaign.status, campaign.status_reason = Status.ISSUING, ""
    campaign.save(update_fields=["status", "status_reason", "updated_at"])
    transaction.on_commit(lambda: hint.wake(campaign.pk))
    return campaign
