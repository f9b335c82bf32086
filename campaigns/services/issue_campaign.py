import uuid

from django.db import transaction
from django.utils import timezone

from bonuses.models import BonusTemplate
from bonuses.models.stop import stops_of
from bonuses.models.template import TemplateStatus
from bonuses.services.issue import IssuingStopped, TemplateNotActive
from campaigns.approvals.check import check_approved
from campaigns.fanout import hint
from campaigns.lifecycle import ISSUABLE, Status
from campaigns.models import Campaign
from campaigns.services.campaign_fields import check_deposit
from campaigns.services.errors import CampaignNotIssuable
from campaigns.services.lock_campaign import lock_campaign


@transaction.atomic
def issue_campaign(*, campaign_id: uuid.UUID, by: str) -> Campaign:
    """Begin: what will be given is frozen now, and the fan-out runs in the background.

    Raises `CampaignNotFound`, `CampaignNotIssuable`, `IssuingStopped`, `TemplateNotActive`, `DepositAmountRequired`,
    `ApprovalRequired`.
    """
    campaign = lock_campaign(campaign_id)
    if campaign.state not in ISSUABLE:
        raise CampaignNotIssuable(f"The campaign is {campaign.status}.", status=campaign.status)
    template = check_may_give(campaign)
    check_deposit(campaign, template)
    campaign.revision_id = template.revision_id
    check_approved(campaign)
    campaign.status, campaign.status_reason = Status.ISSUING, ""
    campaign.issued_at, campaign.issued_by = timezone.now(), by
    campaign.save(
        update_fields=["revision", "status", "status_reason", "issued_at", "issued_by", "updated_at"],
    )
    transaction.on_commit(lambda: hint.wake(campaign.pk))
    return campaign


def check_may_give(campaign: Campaign) -> BonusTemplate:
    """The template, when neither it nor the kill switch stands in the way: the fan-out would pause at once."""
    template = BonusTemplate.objects.get(pk=campaign.template_id)
    if stops_of(template=template.pk, campaign=campaign.pk).exists():
        raise IssuingStopped
    if template.status != TemplateStatus.ACTIVE:
        raise TemplateNotActive(f"The bonus template is {template.status}.", status=template.status)
    return template
