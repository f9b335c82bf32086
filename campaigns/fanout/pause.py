"""What makes a campaign pause by itself, and what it says then."""

import uuid

import structlog
from django.db.models import Q
from django.utils import timezone

from bonuses.models import Stop
from bonuses.models.stop import StopScope, stops_of
from bonuses.services.issue import IssuingStopped, TemplateNotActive
from campaigns.lifecycle import Status
from campaigns.models import Campaign
from integrations.errors import DomainError

log = structlog.get_logger(__name__)

BUDGET_EXHAUSTED = "BUDGET_EXHAUSTED"


def pause_for(campaign: Campaign, error: DomainError) -> None:
    pause(campaign.pk, _reason(campaign, error))


def pause(campaign_id: uuid.UUID, reason: str, **only_if: object) -> bool:
    """Whether it was issuing, and is paused now."""
    issuing = Campaign.objects.filter(pk=campaign_id, status=Status.ISSUING, **only_if)
    paused = issuing.update(status=Status.PAUSED, status_reason=reason[:500], updated_at=timezone.now())
    if paused:
        log.warning("campaign_paused", campaign_id=str(campaign_id), reason=reason)
    return bool(paused)


def _reason(campaign: Campaign, error: DomainError) -> str:
    if isinstance(error, IssuingStopped):
        return f"{error.code}: {_why_stopped(campaign)}"
    if isinstance(error, TemplateNotActive):
        return f"TEMPLATE_{str(error.details['status']).upper()}"
    if "adapter" in error.details:
        return f"{error.code}: {error.details['adapter']}"
    return f"{error.code}: {error.message}"


def _why_stopped(campaign: Campaign) -> str:
    """In the words of whoever set the switch: of this campaign, or of an adapter that its players need."""
    ours = stops_of(template=campaign.template_id, campaign=campaign.pk)
    stop = ours.first() or Stop.objects.filter(Q(scope=StopScope.ADAPTER)).first()
    return stop.reason if stop else "the switch is off again"
