from bonuses.lifecycle import Cause, CauseKind
from bonuses.models import TermsRevision
from bonuses.services.bulk.plan import Plan
from campaigns.models import Campaign


def plan_of(campaign: Campaign, revision: TermsRevision) -> Plan:
    return Plan(
        campaign_id=campaign.pk,
        template_id=campaign.template_id,
        revision_id=revision.pk,
        terms=revision.terms,
        deposit_amount=campaign.deposit_amount,
        currency=campaign.currency_override or None,
    )


def cause_of(campaign: Campaign) -> Cause:
    return Cause(CauseKind.CAMPAIGN, actor=campaign.issued_by)
