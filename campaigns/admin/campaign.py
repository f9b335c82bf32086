import uuid
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from bonuses.admin.once import OnceAdmin
from bonuses.money import display
from campaigns.admin import approval_pages, build_pages, build_parts, campaign_pages, recipients_csv, result_pages
from campaigns.admin.campaign_form import FIELDS, CampaignForm, currency_of
from campaigns.admin.campaign_status import VIEW_RECIPIENTS, budget_used, campaign_status, recipients_url
from campaigns.admin.campaign_tables import why_not
from campaigns.admin.progress import bar, progress_of
from campaigns.admin.seen import check_seen
from campaigns.admin.status_part import status_part
from campaigns.admin.why import why_page
from campaigns.lifecycle import ALLOWED, EDITABLE, ISSUABLE, Status
from campaigns.models import Campaign
from campaigns.services.change_campaign import change_campaign
from campaigns.services.create_campaign import create_campaign
from campaigns.services.errors import CampaignNotEditable
from campaigns.services.lock_campaign import lock_campaign
from campaigns.services.remove_campaign import remove_campaign
from campaigns.stats import STATS, stats_in
from integrations.admin.common import BigTableAdmin, PageWithMore, actor, link

SHOWN = {
    "segment": "segment_link",
    "template": "template_link",
    "deposit_amount": "deposit_shown",
    "budget_amount": "budget_shown",
    "currency_override": "currency_shown",
    "holdout_percent": "holdout_shown",
}
"""What stands in for a field that can't be changed."""


@admin.register(Campaign)
class CampaignAdmin(PageWithMore, OnceAdmin, BigTableAdmin):
    form = CampaignForm
    change_form_template = "admin/campaigns/campaign/change_form.html"
    change_list_template = "admin/campaigns/campaign/change_list.html"
    list_display = ("name", "status", "progress", "audience", "scheduled_at", "template_name", "segment_name")
    list_filter = ("status",)
    list_select_related = ("template", "segment")
    search_fields = ("name",)
    actions = None

    class Media:
        css = {"all": ("campaigns/admin.css",)}  # noqa: RUF012  Django's own way

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        rows: QuerySet[Campaign] = super().get_queryset(request)
        return rows.annotate(chunk_stats=STATS)

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """Of a draft. One that has begun is cancelled; what it gave, and who let it, stays on record."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.state is Status.DRAFT)

    def delete_model(self, request: HttpRequest, obj: Campaign) -> None:
        remove_campaign(campaign_id=obj.pk)

    def get_fieldsets(self, request: HttpRequest, obj: Campaign | None = None) -> Any:
        editable = self._editable(request, obj)
        names = [name if name in editable else SHOWN.get(name, name) for name in FIELDS]
        return ((None, {"fields": (*names, "seen") if obj and editable else names}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> tuple[str, ...]:
        editable = self._editable(request, obj)
        frozen = [name for name in FIELDS if name not in editable]
        return (*(SHOWN.get(name, name) for name in frozen), *frozen)

    def _editable(self, request: HttpRequest, obj: Campaign | None) -> tuple[str, ...]:
        if obj is None:
            return FIELDS
        if not self.has_change_permission(request, obj):
            return ()
        if obj.state in EDITABLE:
            return FIELDS
        return ("budget_amount",) if obj.state is Status.PAUSED else ()

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        if change:
            self._change(request, obj, form)
        else:
            key = self.key_of(request)
            obj.pk = create_campaign(fields=form.campaign_fields(), by=actor(request), campaign_id=key).pk
        obj.refresh_from_db()

    def _change(self, request: HttpRequest, obj: Campaign, form: Any) -> None:
        campaign = lock_campaign(obj.pk)
        if not self._editable(request, campaign):
            raise CampaignNotEditable(f"Nothing was saved: the campaign is {campaign.status} by now.")
        check_seen(campaign, form.cleaned_data["seen"])
        if changes := form.campaign_fields():
            change_campaign(campaign_id=obj.pk, changes=changes, by=actor(request))

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "campaigns_campaign"
        return [
            path("why/", wrap(self.why_view), name=f"{name}_why"),
            path("currency/", wrap(build_parts.currency_part), name=f"{name}_currency"),
            path("build/", wrap(build_pages.new_page), name=f"{name}_build"),
            path("build/<uuid:campaign_id>/count/", wrap(build_parts.count_part), name=f"{name}_build_count"),
            path("build/<uuid:campaign_id>/terms/", wrap(build_parts.terms_part), name=f"{name}_build_terms"),
            path("build/<uuid:campaign_id>/<slug:step>/", wrap(self.build_view), name=f"{name}_build_step"),
            path("<uuid:campaign_id>/preview/", wrap(self.preview_view), name=f"{name}_preview"),
            path("<uuid:campaign_id>/issue/", wrap(self.issue_view), name=f"{name}_issue"),
            path("<uuid:campaign_id>/approve/", wrap(self.approve_view), name=f"{name}_approve"),
            path("<uuid:campaign_id>/withdraw/", wrap(self.withdraw_view), name=f"{name}_withdraw"),
            path("<uuid:campaign_id>/pause/", wrap(self.pause_view), name=f"{name}_pause"),
            path("<uuid:campaign_id>/resume/", wrap(self.resume_view), name=f"{name}_resume"),
            path("<uuid:campaign_id>/cancel/", wrap(self.cancel_view), name=f"{name}_cancel"),
            path("<uuid:campaign_id>/status/", wrap(self.status_view), name=f"{name}_status"),
            path("<uuid:campaign_id>/result/", wrap(self.result_view), name=f"{name}_result"),
            path("<uuid:campaign_id>/result.svg", wrap(result_pages.chart), name=f"{name}_chart"),
            path("<uuid:campaign_id>/recipients.csv", wrap(self.csv_view), name=f"{name}_csv"),
            *super().get_urls(),
        ]

    def why_view(self, request: HttpRequest) -> HttpResponse:
        return why_page(self, request)

    def build_view(self, request: HttpRequest, campaign_id: uuid.UUID, step: str) -> HttpResponse:
        return build_pages.step_page(self, request, campaign_id, step)

    def result_view(self, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
        return result_pages.result_page(self, request, campaign_id)

    def preview_view(self, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
        return campaign_pages.preview_page(self, request, campaign_id)

    def issue_view(self, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
        return campaign_pages.issue_page(self, request, campaign_id)

    def approve_view(self, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
        return approval_pages.approve_page(self, request, campaign_id)

    def withdraw_view(self, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
        return approval_pages.withdraw_page(self, request, campaign_id)

    def pause_view(self, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
        return campaign_pages.pause_page(self, request, campaign_id)

    def resume_view(self, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
        return campaign_pages.resume_page(self, request, campaign_id)

    def cancel_view(self, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
        return campaign_pages.cancel_page(self, request, campaign_id)

    def status_view(self, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
        return status_part(request, campaign_id)

    def csv_view(self, request: HttpRequest, campaign_id: uuid.UUID) -> Any:
        campaign = campaign_pages.found(request, campaign_id, VIEW_RECIPIENTS)
        return recipients_csv.download(request, campaign)

    def more(self, request: HttpRequest, obj: Campaign) -> dict[str, Any]:
        may_issue = request.user.has_perm(campaign_pages.MAY_ISSUE)
        may_approve = request.user.has_perm(approval_pages.MAY_APPROVE)
        may_read = request.user.has_perm(VIEW_RECIPIENTS)
        return {
            "tables": [
                *([why_not(obj, links=may_read)] if obj.snapshot_at else []),
                *approval_pages.history_of(obj, request),
            ],
            "status": campaign_status(obj, request),
            "can_build": obj.state is Status.DRAFT and self.has_change_permission(request, obj),
            "can_issue": may_issue and obj.state in ISSUABLE,
            "can_approve": may_approve and approval_pages.is_asked_for(obj),
            "can_withdraw": may_approve and approval_pages.can_withdraw(obj),
            "can_pause": may_issue and obj.state is Status.ISSUING,
            "can_resume": may_issue and obj.state is Status.PAUSED,
            "can_cancel": may_issue and Status.CANCELLED in ALLOWED[obj.state],
            "recipients_url": recipients_url(obj) if may_read and obj.snapshot_at else "",
            "stop_query": f"scope=campaign&target={obj.pk}",
            "show_save": bool(self._editable(request, obj)),
            "show_save_and_continue": bool(self._editable(request, obj)),
            "show_save_and_add_another": False,
        }

    @admin.display(description="audience", ordering="audience_count")
    def audience(self, campaign: Campaign) -> str:
        return "-" if campaign.audience_count is None else f"{campaign.audience_count:,}"

    @admin.display(description="progress")
    def progress(self, campaign: Campaign) -> SafeString | str:
        counted = getattr(campaign, "chunk_stats")  # noqa: B009  annotated
        return bar(progress_of(stats_in(counted))) if campaign.snapshot_at else "-"

    @admin.display(description="template", ordering="template__name")
    def template_name(self, campaign: Campaign) -> str:
        return campaign.template.name

    @admin.display(description="segment", ordering="segment__name")
    def segment_name(self, campaign: Campaign) -> str:
        return campaign.segment.name

    @admin.display(description="segment")
    def segment_link(self, campaign: Campaign) -> SafeString | str:
        """One that was removed has no page any more."""
        segment = campaign.segment
        return link(segment) if segment.removed_at is None else f"{segment} (removed)"

    @admin.display(description="template")
    def template_link(self, campaign: Campaign) -> SafeString:
        return link(campaign.template)

    @admin.display(description="deposit")
    def deposit_shown(self, campaign: Campaign) -> str:
        if campaign.deposit_amount is None:
            return "-"
        return display(campaign.deposit_amount, currency_of(campaign) or "")

    @admin.display(description="currency")
    def currency_shown(self, campaign: Campaign) -> str:
        return currency_of(campaign) or "-"

    @admin.display(description="held out")
    def holdout_shown(self, campaign: Campaign) -> str:
        return f"{campaign.holdout_percent} %"

    @admin.display(description="budget")
    def budget_shown(self, campaign: Campaign) -> str:
        return budget_used(campaign)
