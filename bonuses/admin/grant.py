import uuid
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bonuses.admin import grant_pages
from bonuses.admin.grant_filters import AttentionFilter, TemplateTypeFilter, search_grants
from bonuses.admin.grant_tables import grant_tables
from bonuses.admin.template import facts
from bonuses.admin.why import why_page
from bonuses.models import Grant
from bonuses.money import display
from bonuses.services.cancel import cancel
from integrations.admin.common import (
    PageWithMore,
    ReadOnlyAdmin,
    ReasonForm,
    Table,
    confirmation,
    is_confirmed,
    link,
    pretty,
    selected,
)
from integrations.errors import DomainError


def money(attribute: str, description: str) -> Any:
    """A display column for an amount of the grant in minor units."""

    @admin.display(description=description)
    def shown(self: Any, grant: Grant) -> str:
        minor = getattr(grant, attribute)
        return "-" if minor is None else display(minor, grant.currency)

    return shown


@admin.register(Grant)
class GrantAdmin(PageWithMore, ReadOnlyAdmin):
    change_form_template = "admin/bonuses/grant/change_form.html"
    list_display = (
        "short_id",
        "status",
        "player",
        "template",
        "amount_shown",
        "granted_by_kind",
        "created_at",
        "expires_at",
    )
    list_filter = (AttentionFilter, "status", "granted_by_kind", TemplateTypeFilter, "created_at")
    list_select_related = ("player", "template")
    search_fields = ("id",)
    search_help_text = "A grant's id, the platform's id, or how the player's external id begins."
    actions = ("cancel_selected",)
    fieldsets = (
        (None, {"fields": ("id", "status", "player_link", "template_link", "adapter", "platform_bonus_id")}),
        ("Amounts", {"fields": ("amount_shown", "deposit_shown", "loss_shown", "locked_shown", "turned_real_shown")}),
        ("Wagering", {"fields": ("required_shown", "progress_shown", "spins_completed_at")}),
        ("Times", {"fields": ("created_at", "activated_at", "expires_at", "ended_at", "updated_at", "heard_at")}),
        ("Trouble", {"fields": ("failure_code", "failure_message", "needs_person", "wish", "wish_reason")}),
        ("Calls to the platform", {"fields": ("attempts", "attempted_at", "next_attempt_at", "claimed_until")}),
        ("Terms", {"fields": ("revision", "terms_shown", "terms_rate", "exchange_rate", "player_rate")}),
        (
            "Origin",
            {"fields": ("granted_by_kind", "granted_by_id", "campaign_id", "meta_shown", "references_shown")},
        ),
    )
    readonly_fields = (
        "id",
        "player_link",
        "template_link",
        "amount_shown",
        "deposit_shown",
        "loss_shown",
        "locked_shown",
        "turned_real_shown",
        "required_shown",
        "progress_shown",
        "updated_at",
        "terms_shown",
        "meta_shown",
        "references_shown",
    )

    amount_shown = money("amount", "amount")
    deposit_shown = money("deposit_amount", "deposit")
    loss_shown = money("loss_amount", "loss")
    locked_shown = money("locked_amount", "locked")
    turned_real_shown = money("bonus_turned_real", "turned into real money")
    required_shown = money("wagering_required", "required")
    progress_shown = money("wagering_progress", "progress")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bonuses.issue_grant")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bonuses.cancel_grant")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        return super().get_queryset(request).select_related("player", "template")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return search_grants(queryset, search_term), False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("why/", wrap(self.why_view), name="bonuses_grant_why"),
            path("<uuid:grant_id>/cancel/", wrap(self.cancel_view), name="bonuses_grant_cancel"),
            path("<uuid:grant_id>/resolve/", wrap(self.resolve_view), name="bonuses_grant_resolve"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return grant_pages.issue_page(self, request)

    def why_view(self, request: HttpRequest) -> HttpResponse:
        return why_page(self, request)

    def cancel_view(self, request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
        return grant_pages.cancel_page(self, request, grant_id)

    def resolve_view(self, request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
        return grant_pages.resolve_page(self, request, grant_id)

    def more(self, request: HttpRequest, obj: Grant) -> dict[str, Any]:
        return {
            "tables": grant_tables(obj),
            "can_cancel": obj.is_live and self.has_cancel_permission(request),
            "can_resolve": obj.needs_person and request.user.has_perm("bonuses.resolve_grant"),
        }

    @admin.action(description="Cancel all selected", permissions=["cancel"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Grant]) -> HttpResponse:
        form = ReasonForm(request.POST if is_confirmed(request) else None)
        if not form.is_valid():
            return confirmation(
                self,
                request,
                queryset,
                title="Cancel all selected",
                explanation="The platform takes these bonuses back from their players, one after the other.",
                form=form,
            )
        rows = []
        for grant in selected(request, queryset):
            try:
                reason = form.cleaned_data["reason"]
                outcome = cancel(grant_id=grant.pk, cause=grant_pages.cause_of(request), reason=reason).status
            except DomainError as error:
                outcome = grant_pages.outcome_of(error)
            rows.append((link(grant), grant.player.external_id, grant.template.name, outcome))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "What became of each",
            "tables": [Table("Outcomes", ("Grant", "Player", "Template", "Outcome"), rows)],
            "back": reverse("admin:bonuses_grant_changelist"),
        }
        return TemplateResponse(request, "admin/bonusdesk/results.html", context)

    @admin.display(description="grant", ordering="id")
    def short_id(self, grant: Grant) -> SafeString:
        return format_html('<span title="{}">{}</span>', grant.pk, str(grant.pk)[-12:])

    @admin.display(description="player")
    def player_link(self, grant: Grant) -> SafeString:
        return link(grant.player)

    @admin.display(description="template")
    def template_link(self, grant: Grant) -> SafeString:
        return link(grant.template)

    @admin.display(description="terms")
    def terms_shown(self, grant: Grant) -> SafeString:
        return facts(grant.revision.terms)

    @admin.display(description="meta")
    def meta_shown(self, grant: Grant) -> SafeString:
        return pretty(grant.meta)

    @admin.display(description="Fast Track references")
    def references_shown(self, grant: Grant) -> SafeString:
        return pretty(grant.fasttrack_references)
