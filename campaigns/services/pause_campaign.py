import uuid

from django.db import transaction

from campaigns.lifecycle import Status
from campaigns.models import Campaign
from campaigns.services.errors import CampaignNotIssuable
from campaigns.services.lock_campaign import lock_campaign


@transaction.atomic
def pause_campaign(*, campaign_id: uuid.UUID, by: str, reason: str = "") -> Campaign:
    """Nothing more is promised from now on; calls that are under way end. `by` and `reason` are shown.

    Raises `CampaignNotFound` and `CampaignNotIssuable`.
    """
    campaign = lock_campaign(campaign_id)
    if campaign.state is not Status.ISSUING:
        raise CampaignNotIssuable(f"The campaign is {campaign.status}.", status=campaign.status)
    campaign.status = Status.PAUSED
    campaign.status_reason = (reason or f"Paused by {by}.")[:500]
    campaign.save(update_fields=["status", "status_reason", "updated_at"])
    return campaign
