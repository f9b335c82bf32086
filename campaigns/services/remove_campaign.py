import uuid

from django.db import transaction
from django.db.models import ProtectedError

from campaigns.lifecycle import Status
from campaigns.services.errors import CampaignNotEditable
from campaigns.services.lock_campaign import lock_campaign


@transaction.atomic
def remove_campaign(*, campaign_id: uuid.UUID) -> None:
    """Delete a draft. One that has begun, or is about to, is cancelled instead: what it gave stays on record.

    Raises `CampaignNotFound` and `CampaignNotEditable`.
    """
    campaign = lock_campaign(campaign_id)
    if campaign.state is not Status.DRAFT:
        raise CampaignNotEditable(f"The campaign is {campaign.status}.", status=campaign.status)
    try:
        campaign.delete()
    except ProtectedError as error:
        message = "Somebody has decided on the campaign, which stays on record. Cancel it instead."
        raise CampaignNotEditable(message, status=campaign.status) from error
