from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from bonuses.api.columns import selected
from bonuses.api.viewsets import RowViewSet
from campaigns.api.docs.recipients import describe_recipients
from campaigns.api.filters import RecipientFilters
from campaigns.api.rows import RECIPIENT_COLUMNS, recipient_row
from campaigns.models import Campaign, Recipient
from campaigns.services.errors import CampaignNotFound


@describe_recipients
class RecipientViewSet(RowViewSet):
    """Of one campaign. They are numbered in the order in which the players were made, so the newest come first."""

    queryset = selected(Recipient, RECIPIENT_COLUMNS)
    columns = RECIPIENT_COLUMNS
    keyset = ("number",)
    row = recipient_row
    filterset_class = RecipientFilters
    permissions_needed: ClassVar = {"list": ("campaigns.view_campaign", "campaigns.view_recipient")}

    def missing(self, pk: str) -> CampaignNotFound:
        return CampaignNotFound(pk)

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(campaign=self.id_of(self.kwargs["pk"]))

    def list(self, request: Request, pk: str = "") -> Response:
        page = super().list(request)
        if not page.data["data"] and not Campaign.objects.filter(pk=self.id_of(pk)).exists():
            raise self.missing(pk)
        return page
