"""The box on a campaign's page alone, for the page that keeps it up to date."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from campaigns.admin.campaign_pages import VIEW, found
from campaigns.admin.campaign_status import campaign_status


def status_part(request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
    """The address says what the page knows: how the campaign stood, and how far it was when that was last read out."""
    campaign = found(request, campaign_id, VIEW)
    status, by_htmx = campaign_status(campaign, request), bool(_htmx(request))
    read_out = by_htmx and request.GET.get("said") != str(status["said"])
    response = TemplateResponse(
        request, "admin/campaigns/campaign/status.html", {"status": status, "read_out": read_out}
    )
    if by_htmx and (request.GET.get("was") != campaign.status or not status["is_live"]):
        # What can be done with it, and what else the page shows, has changed as well.
        response["HX-Refresh"] = "true"
    return response


def _htmx(request: Any) -> Any:
    return request.htmx
