import uuid

from campaigns.models import Campaign
from campaigns.services.errors import CampaignNotFound


def lock_campaign(campaign_id: uuid.UUID) -> Campaign:
    """The row as it is now, and nobody else's until the transaction ends: held for a moment, and no chunk after it.

    Raises `CampaignNotFound`.
    """
    # Without a join: who had to wait would have PostgreSQL look for the new row beside the old one's template.
    campaign = Campaign.objects.select_for_update(no_key=True).filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound(campaign_id)
    return campaign
