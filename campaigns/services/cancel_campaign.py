import uuid

from django.db import transaction
from django.utils import timezone

from campaigns.fanout import hint
from campaigns.lifecycle import ALLOWED, Status
from campaigns.models import Campaign
from campaigns.services.errors import CampaignNotIssuable
from campaigns.services.lock_campaign import lock_campaign


@transaction.atomic
def cancel_campaign(*, campaign_id: uuid.UUID, by: str, reason: str = "") -> Campaign:
    """End it for good. Who has the bonus keeps it; whoever is not promised one yet becomes `skipped`, by and by.

    Raises `CampaignNotFound` and `CampaignNotIssuable`.
    """
    campaign = lock_campaign(campaign_id)
    if Status.CANCELLED not in ALLOWED[campaign.state]:
        raise CampaignNotIssuable(f"The campaign is {campaign.status}.", status=campaign.status)
    campaign.status = Status.CANCELLED
    campaign.status_reason = (reason or f"Cancelled by {by}.")[:500]
    if campaign.snapshot_at is None:
        # There is nobody to be told no. A snapshot that is being taken finds it cancelled and undoes itself.
        campaign.finished_at = timezone.now()
    campaign.save(update_fields=["status", "status_reason", "finished_at", "updated_at"])
    transaction.on_commit(lambda: hint.wake(campaign.pk))
    return campaign
