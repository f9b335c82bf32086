from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from bonuses.models import Player
from campaigns.admin.words import SKIPPED_FOR, reason_in_words
from campaigns.lifecycle import Outcome
from campaigns.models import Campaign, Recipient
from integrations.admin.common import ReadOnlyAdmin, as_uuid, link, link_to

CAMPAIGNS_OFFERED = 20
PLAYERS_SEARCHED = 200


class CampaignFilter(admin.SimpleListFilter):
    title = "campaign"
    parameter_name = "campaign"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The newest, and the one that was chosen by its page."""
        begun = Campaign.objects.filter(snapshot_at__isnull=False)
        chosen = as_uuid(request.GET.get(self.parameter_name, ""))
        campaigns = {*begun[:CAMPAIGNS_OFFERED], *(Campaign.objects.filter(pk=chosen) if chosen else ())}
        newest_first = sorted(campaigns, key=lambda campaign: campaign.created_at, reverse=True)
        return [(str(campaign.pk), campaign.name) for campaign in newest_first]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        chosen = as_uuid(str(self.value()))
        return queryset.filter(campaign=chosen) if chosen else queryset.none()


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(outcome.value, outcome.value) for outcome in Outcome]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() else queryset


class ReasonFilter(admin.SimpleListFilter):
    """By the codes we know, and the one that was chosen: those of a million rows are not worth a scan."""

    title = "reason"
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = request.GET.get(self.parameter_name)
        offered = {chosen: chosen, **SKIPPED_FOR} if chosen else SKIPPED_FOR
        return list(offered.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(reason=self.value()) if self.value() else queryset


@admin.register(Recipient)
class RecipientAdmin(ReadOnlyAdmin):
    change_list_template = "admin/campaigns/recipient/change_list.html"
    list_display = ("player", "status", "reason_shown", "grant_link", "campaign")
    # In the order of the audience and nothing else: another would have to read a million of them.
    sortable_by = ()
    list_select_related = ("player", "campaign")
    search_fields = ("player",)
    search_help_text = "A player's external id, or how it begins."
    fields = ("campaign_link", "number", "player_link", "status", "reason", "message", "grant_link")

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        """Within one campaign they have an index."""
        narrower = (StatusFilter, ReasonFilter) if request.GET.get(CampaignFilter.parameter_name) else ()
        return (CampaignFilter, *narrower)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """An index has either. By `campaign`, as the model says it, would be by the columns that campaigns go by."""
        of_one = request.GET.get(CampaignFilter.parameter_name)
        return ("campaign_id", "number") if of_one else ("-campaign_id", "-number")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The campaign only where there may be several."""
        return self.list_display[:-1] if request.GET.get(CampaignFilter.parameter_name) else self.list_display

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        players = Player.objects.filter(external_id__startswith=term).order_by("external_id")
        return queryset.filter(player__in=list(players.values_list("pk", flat=True)[:PLAYERS_SEARCHED])), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "csv_url": _csv_url(request)})

    @admin.display(description="reason", ordering="reason")
    def reason_shown(self, recipient: Recipient) -> str | SafeString:
        return reason_in_words(recipient.reason, recipient.message)

    @admin.display(description="player")
    def player_link(self, recipient: Recipient) -> SafeString:
        return link(recipient.player)

    @admin.display(description="campaign")
    def campaign_link(self, recipient: Recipient) -> SafeString:
        return link(recipient.campaign)

    @admin.display(description="grant")
    def grant_link(self, recipient: Recipient) -> SafeString | str:
        grant_id = recipient.grant_id
        return link_to("bonuses_grant", grant_id, str(grant_id)[-12:]) if grant_id else "-"


def _csv_url(request: HttpRequest) -> str:
    """Of what the list shows, but for the search."""
    campaign = as_uuid(request.GET.get("campaign", ""))
    if campaign is None:
        return ""
    filters = {name: request.GET[name] for name in ("status", "reason") if request.GET.get(name)}
    return f"{reverse('admin:campaigns_campaign_csv', args=[campaign])}?{urlencode(filters)}".rstrip("?")
