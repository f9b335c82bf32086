"""The fields of a campaign that a person sets, and what they must be."""

from typing import Any

from bonuses.configs import DEPOSIT_TYPES
from bonuses.models import BonusTemplate
from bonuses.money import MAX_MINOR
from bonuses.services.issue import TemplateNotFound
from bonuses.terms import DepositAmountRequired
from campaigns.lifecycle import EDITABLE, Status
from campaigns.models import Campaign
from campaigns.services.change_segment import lock_segment
from campaigns.services.errors import CampaignInvalid
from integrations.currencies import is_known

FIELDS = (
    "name",
    "segment_id",
    "template_id",
    "scheduled_at",
    "deposit_amount",
    "currency_override",
    "budget_amount",
    "holdout_percent",
)
MOST_HELD_OUT = 50
LONGEST_NAME = 200


def assign(campaign: Campaign, fields: dict[str, Any]) -> None:
    """Set the fields that are named, and the status that follows from the time it is planned for."""
    for name in FIELDS:
        if name in fields:
            setattr(campaign, name, fields[name])
    campaign.currency_override = campaign.currency_override or ""
    if campaign.state in EDITABLE:
        campaign.status = Status.DRAFT if campaign.scheduled_at is None else Status.SCHEDULED
        campaign.status_reason = ""


def check(campaign: Campaign) -> None:
    """In the transaction that saves it: until its end nobody removes the segment.

    Raises `CampaignInvalid`, `SegmentNotFound`, `TemplateNotFound` and `DepositAmountRequired`.
    """
    if faults := _faults(campaign):
        raise CampaignInvalid("The campaign can't be like this.", **faults)
    lock_segment(campaign.segment_id)
    template = BonusTemplate.objects.filter(pk=campaign.template_id).first()
    if template is None:
        raise TemplateNotFound(f"There is no bonus template {campaign.template_id}.")
    check_deposit(campaign, template)


def check_deposit(campaign: Campaign, template: BonusTemplate) -> None:
    if template.type in DEPOSIT_TYPES and campaign.deposit_amount is None:
        raise DepositAmountRequired


def _faults(campaign: Campaign) -> dict[str, str]:
    faults = {}
    if not campaign.name.strip() or len(campaign.name) > LONGEST_NAME:
        faults["name"] = f"must have 1 to {LONGEST_NAME} characters"
    for name in ("deposit_amount", "budget_amount"):
        amount = getattr(campaign, name)
        if amount is not None and not 1 <= amount <= MAX_MINOR:
            faults[name] = f"must be from 1 to {MAX_MINOR}"
    if campaign.currency_override and not is_known(campaign.currency_override):
        faults["currency_override"] = "is no currency that we know"
    if not 0 <= campaign.holdout_percent <= MOST_HELD_OUT:
        faults["holdout_percent"] = f"must be from 0 to {MOST_HELD_OUT}"
    return faults
