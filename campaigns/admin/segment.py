from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.safestring import SafeString

from bonuses.admin.once import OnceAdmin
from campaigns.admin.live_count import counted, table_of
from campaigns.admin.rules.field import has_rows, is_taken
from campaigns.admin.rules.pages import rules_urls
from campaigns.admin.rules.words import in_words
from campaigns.admin.seen import check_seen
from campaigns.admin.segment_csv import segment_csv_urls
from campaigns.admin.segment_form import SegmentForm
from campaigns.models import Campaign, Segment, SegmentMember
from campaigns.models.segment import SegmentKind
from campaigns.rules import RulesInvalid
from campaigns.segments import players_of
from campaigns.services.change_segment import change_segment, lock_segment
from campaigns.services.create_segment import create_segment
from campaigns.services.remove_segment import remove_segment
from integrations.admin.common import BigTableAdmin, PageWithMore, Table, link, when

CAMPAIGNS_SHOWN = 20
_COUNTED = (
    SegmentMember.objects.filter(segment=OuterRef("pk"))
    .order_by()
    .values("segment")
    .annotate(n=Count("pk"))
    .values("n")
)
LISTED = Coalesce(Subquery(_COUNTED), 0, output_field=IntegerField())


@admin.register(Segment)
class SegmentAdmin(PageWithMore, OnceAdmin, BigTableAdmin):
    form = SegmentForm
    change_form_template = "admin/campaigns/segment/change_form.html"
    change_list_template = "admin/campaigns/segment/change_list.html"
    list_display = ("name", "kind", "members", "created_at", "updated_at")
    list_filter = ("kind",)
    search_fields = ("name",)
    # Each may count a million members.
    list_per_page = 20
    actions = None

    class Media:
        css = {"all": ("campaigns/admin.css",)}  # noqa: RUF012  Django's own way
        js = ("campaigns/rules.js",)

    def get_urls(self) -> list[URLPattern]:
        return [*segment_csv_urls(self), *rules_urls(self), *super().get_urls()]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.as_json = request.GET.get("as") == "json" or "rules" in request.POST
        return form

    def get_queryset(self, request: HttpRequest) -> QuerySet[Segment]:
        rows: QuerySet[Segment] = super().get_queryset(request)
        return rows.annotate(listed=LISTED)

    def get_fieldsets(self, request: HttpRequest, obj: Segment | None = None) -> Any:
        if obj is None:
            return ((None, {"fields": ("name", "kind")}), ("One of the two", {"fields": ("rules", "external_ids")}))
        content = "rules" if obj.kind == SegmentKind.RULES else "external_ids"
        if not self.has_change_permission(request, obj):
            shown = ("rules_shown",) if obj.kind == SegmentKind.RULES else ()
            return ((None, {"fields": ("name", "kind", *shown)}),)
        return ((None, {"fields": ("name", "kind", content, "seen")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Segment | None = None) -> tuple[str, ...]:
        return ("kind", "rules_shown") if obj else ()

    def save_model(self, request: HttpRequest, obj: Segment, form: Any, change: bool) -> None:
        if change:
            check_seen(lock_segment(obj.pk), form.cleaned_data["seen"])
            if changes := form.changes():
                change_segment(segment_id=obj.pk, changes=changes)
        else:
            given = form.cleaned_data
            is_list = given["kind"] == SegmentKind.LIST
            content = {"external_ids": given["external_ids"]} if is_list else {"rules": given["rules"]}
            obj.pk = create_segment(name=given["name"], **content, segment_id=self.key_of(request)).pk
        obj.refresh_from_db()

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The service says what stands in the way; nobody needs a list of a million members."""
        return [str(segment) for segment in objs], {"segments": len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Segment) -> None:
        remove_segment(segment_id=obj.pk)

    def more(self, request: HttpRequest, obj: Segment) -> dict[str, Any]:
        takes_file = obj.kind == SegmentKind.LIST and self.has_change_permission(request, obj)
        tables = [_campaigns(obj)] if self._counts_itself(request, obj) else [_players(obj), _campaigns(obj)]
        return {"tables": tables, "takes_file": takes_file}

    def _counts_itself(self, request: HttpRequest, segment: Segment) -> bool:
        """The rows of the rules say who matches, as they stand in the form."""
        may = segment.kind == SegmentKind.RULES and self.has_change_permission(request, segment)
        return may and request.GET.get("as") != "json" and is_taken(segment.rules) and has_rows(segment.rules)

    @admin.display(description="members", ordering="listed")
    def members(self, segment: Segment) -> str:
        if segment.kind == SegmentKind.RULES:
            return "by rules"
        return f"{getattr(segment, 'listed'):,}"  # noqa: B009  annotated

    @admin.display(description="rules")
    def rules_shown(self, segment: Segment) -> SafeString:
        return in_words(segment.rules)


def _players(segment: Segment) -> Table:
    try:
        return table_of(counted(players_of(segment)))
    except RulesInvalid as error:
        faults = ((f"{path}: {message}",) for path, message in error.details.items())
        return Table("These rules are no longer taken", ("What is wrong",), faults)


def _campaigns(segment: Segment) -> Table:
    campaigns = Campaign.objects.filter(segment=segment)[:CAMPAIGNS_SHOWN]
    return Table(
        "Campaigns made from it, newest first",
        ("Campaign", "Status", "Made"),
        ((link(campaign), campaign.status, when(campaign.created_at)) for campaign in campaigns),
    )
