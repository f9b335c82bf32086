from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from bonuses.api.bodies import read
from bonuses.api.columns import selected
from bonuses.api.viewsets import RowViewSet, actor
from campaigns.api.approvals import LAST_DECISION, ApproveCampaign
from campaigns.api.docs.campaigns import describe_campaigns
from campaigns.api.filters import CampaignFilters
from campaigns.api.rows import CAMPAIGN_COLUMNS, campaign_row, preview_row
from campaigns.api.serializers import ChangeCampaign, CreateCampaign, NoFields, campaign_fields
from campaigns.models import Campaign
from campaigns.services.approve_campaign import approve_campaign
from campaigns.services.cancel_campaign import cancel_campaign
from campaigns.services.change_campaign import change_campaign
from campaigns.services.create_campaign import create_campaign
from campaigns.services.errors import CampaignNotFound
from campaigns.services.issue_campaign import issue_campaign
from campaigns.services.pause_campaign import pause_campaign
from campaigns.services.preview_campaign import preview_campaign
from campaigns.services.resume_campaign import resume_campaign
from campaigns.stats import STATS


@describe_campaigns
class CampaignViewSet(RowViewSet):
    # The numbers are summed in the statement that reads the row, so that they never belong to different moments.
    queryset = selected(Campaign, CAMPAIGN_COLUMNS).annotate(approval=LAST_DECISION, stats=STATS)
    columns = (*CAMPAIGN_COLUMNS, "approval", "stats")
    row = campaign_row
    filterset_class = CampaignFilters
    permissions_needed: ClassVar = {
        "list": "campaigns.view_campaign",
        "retrieve": "campaigns.view_campaign",
        "preview": ("campaigns.view_campaign", "campaigns.view_recipient"),
        "create": "campaigns.add_campaign",
        "partial_update": "campaigns.change_campaign",
        "issue": "campaigns.issue_campaign",
        "approve": "campaigns.approve_campaign",
        "pause": "campaigns.issue_campaign",
        "resume": "campaigns.issue_campaign",
        "cancel": "campaigns.issue_campaign",
    }
    changes_nothing = frozenset({"preview"})

    def missing(self, pk: str) -> CampaignNotFound:
        return CampaignNotFound(pk)

    def create(self, request: Request) -> Response:
        body = read(request, CreateCampaign)
        campaign = create_campaign(fields=campaign_fields(body), by=actor(request))
        return Response(self.one(campaign.pk), status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        campaign_id = self.id_of(pk)
        body = read(request, ChangeCampaign)
        change_campaign(campaign_id=campaign_id, changes=campaign_fields(body), by=actor(request))
        return Response(self.one(campaign_id))

    def issue(self, request: Request, pk: str) -> Response:
        return self._told(issue_campaign, request, pk, status=202)

    def approve(self, request: Request, pk: str) -> Response:
        campaign_id = self.id_of(pk)
        body = read(request, ApproveCampaign)
        approve_campaign(campaign_id=campaign_id, seen=body.hash, cost=body.cost, by=actor(request))
        return Response(self.one(campaign_id))

    def pause(self, request: Request, pk: str) -> Response:
        return self._told(pause_campaign, request, pk)

    def resume(self, request: Request, pk: str) -> Response:
        return self._told(resume_campaign, request, pk)

    def cancel(self, request: Request, pk: str) -> Response:
        return self._told(cancel_campaign, request, pk)

    def preview(self, request: Request, pk: str) -> Response:
        campaign_id = self.id_of(pk)
        read(request, NoFields, may_be_empty=True)
        return Response(preview_row(preview_campaign(campaign_id=campaign_id)))

    def _told(self, what: Callable[..., Any], request: Request, pk: str, *, status: int = 200) -> Response:
        """Tell the campaign to go on, to wait or to end; answer with its row."""
        campaign_id = self.id_of(pk)
        read(request, NoFields, may_be_empty=True)
        what(campaign_id=campaign_id, by=actor(request))
        return Response(self.one(campaign_id), status=status)
