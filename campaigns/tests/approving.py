"""Campaigns that need an approval, for tests, and those who give it."""

from typing import Any

from campaigns.approvals.review import hash_of, review_of
from campaigns.models import Approval, Campaign
from campaigns.services.approve_campaign import approve_campaign
from campaigns.tests.factories import CampaignFactory

COST = 1000
"""Of each player: €10."""


def costly(**fields: Any) -> Campaign:
    """By anna, of €10 for everybody."""
    campaign: Campaign = CampaignFactory(**{"created_by": "anna", **fields})
    return campaign


def shown(campaign: Campaign) -> str:
    """The hash that whoever looks at it now is shown."""
    fresh = Campaign.objects.get(pk=campaign.pk)
    review = review_of(fresh)
    return hash_of(review.bound, review.cost)


def approved(campaign: Campaign, by: str = "boss") -> Approval:
    return approve_campaign(campaign_id=campaign.pk, seen=shown(campaign), by=by)
