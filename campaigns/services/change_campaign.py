import uuid
from typing import Any

from django.db import transaction

from campaigns.lifecycle import EDITABLE, Status
from campaigns.models import Campaign
from campaigns.services.campaign_fields import FIELDS, assign, check
from campaigns.services.errors import CampaignNotEditable
from campaigns.services.lock_campaign import lock_campaign


@transaction.atomic
def change_campaign(*, campaign_id: uuid.UUID, changes: dict[str, Any], by: str) -> Campaign:
    """Change the fields that are named: any before it begins, and while it is paused its budget, upwards.

    Raises `CampaignNotFound`, `CampaignNotEditable` and what `create_campaign` raises.
    """
    campaign = lock_campaign(campaign_id)
    if campaign.state is Status.PAUSED and set(changes) == {"budget_amount"}:
        _check_raised(campaign, changes["budget_amount"])
    elif campaign.state not in EDITABLE:
        raise CampaignNotEditable(f"The campaign is {campaign.status}.", status=campaign.status)
    assign(campaign, changes)
    check(campaign)
    campaign.edited_by = by
    campaign.save(update_fields=[*FIELDS, "status", "status_reason", "edited_by", "updated_at"])
    return campaign


def _check_raised(campaign: Campaign, budget: int | None) -> None:
    """None is no limit: more than any."""
    if campaign.budget_amount is None or (budget is not None and budget < campaign.budget_amount):
        raise CampaignNotEditable("While it is paused a budget can only be raised.", status=campaign.status)
