import uuid
from typing import Any

from django.db import transaction

from campaigns.models import Campaign
from campaigns.services.campaign_fields import assign, check


@transaction.atomic
def create_campaign(*, fields: dict[str, Any], by: str, campaign_id: uuid.UUID | None = None) -> Campaign:
    """Make a draft, or, where `scheduled_at` is set, a campaign that begins then. Its id, where it has one already,
    must be new.

    Raises `CampaignInvalid`, `SegmentNotFound`, `TemplateNotFound` and `DepositAmountRequired`.
    """
    campaign = Campaign(created_by=by)
    if campaign_id is not None:
        campaign.pk = campaign_id
    assign(campaign, fields)
    check(campaign)
    campaign.save(force_insert=True)
    return campaign
