import uuid
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from bonuses.admin import grant_pages
from bonuses.admin.facts import facts
from bonuses.admin.grant_filters import AttentionFilter, TemplateFilter, search_grants
from bonuses.admin.grant_issue import issue_page
from bonuses.admin.grant_job_pages import freeze_selected
from bonuses.admin.grant_list import NEWER, OLDER, GrantChangeList
from bonuses.admin.grant_tables import grant_tables
from bonuses.admin.grant_timeline import timeline_of
from bonuses.admin.why import why_page
from bonuses.models import Grant
from bonuses.money import display
from integrations.admin.common import PageWithMore, ReadOnlyAdmin, link, pretty


def money(attribute: str, description: str) -> Any:
    """A display column for an amount of the grant in minor units."""

    @admin.display(description=description)
    def shown(self: Any, grant: Grant) -> str:
        minor = getattr(grant, attribute)
        return "-" if minor is None else display(minor, grant.currency)

    return shown


def chosen(request: HttpRequest) -> str:
    """How the grants of an action were chosen, for the record."""
    if request.POST.get("select_across") != "1":
        count = len(request.POST.getlist(ACTION_CHECKBOX_NAME))
        return f"{count} by hand"
    filters = urlencode({name: str(value) for name, value in request.GET.items() if name not in {OLDER, NEWER}})
    return f"all that matched {filters}" if filters else "all"


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
    list_filter = (AttentionFilter, "status", "granted_by_kind", TemplateFilter, "created_at")
    # Newest first and nothing else: that is what the pages go by.
    sortable_by = ()
    list_select_related = ("player", "template")
    search_fields = ("id",)
    search_help_text = "A grant's id, the platform's id, or how the player's external id begins."
    actions = ("cancel_selected",)
    fieldsets = (
        (None, {"fields": ("id", "status", "player_link", "template_link", "adapter", "platform_bonus_id")}),
        ("Amounts", {"fields": ("amount_shown", "deposit_shown", "loss_shown", "locked_shown", "turned_real_shown")}),
        ("Wagering", {"fields": ("required_shown", "progress_shown", "spins_completed_at")}),
        # What they say that matters is in the timeline, too.
        (
            "Times",
            {
                "classes": ("collapse",),
                "fields": ("created_at", "activated_at", "expires_at", "ended_at", "updated_at", "heard_at"),
            },
        ),
        (
            "Trouble",
            {
                "classes": ("collapse",),
                "fields": ("failure_code", "failure_message", "needs_person", "wish", "wish_reason"),
            },
        ),
        (
            "Calls to the platform",
            {"classes": ("collapse",), "fields": ("attempts", "attempted_at", "next_attempt_at", "claimed_until")},
        ),
        (
            "Terms",
            {
                "classes": ("collapse",),
                "fields": ("revision", "terms_shown", "terms_rate", "exchange_rate", "player_rate"),
            },
        ),
        (
            "Origin",
            {
                "classes": ("collapse",),
                "fields": ("granted_by_kind", "granted_by_id", "campaign_id", "meta_shown", "references_shown"),
            },
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

    class Media:
        # The dialog that issues one has the look of a form, also above the list.
        css = {"all": ("admin/css/forms.css", "bonuses/grant.css")}  # noqa: RUF012  Django's own way

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

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[GrantChangeList]:
        return GrantChangeList

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        try:
            return super().response_action(request, queryset)
        except ValidationError:
            messages.error(request, "What was chosen could not be read; nothing was done.")
            return None

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
        return issue_page(self, request)

    def why_view(self, request: HttpRequest) -> HttpResponse:
        return why_page(self, request)

    def cancel_view(self, request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
        return grant_pages.cancel_page(self, request, grant_id)

    def resolve_view(self, request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
        return grant_pages.resolve_page(self, request, grant_id)

    def more(self, request: HttpRequest, obj: Grant) -> dict[str, Any]:
        return {
            "timeline": timeline_of(obj, request),
            "tables": grant_tables(obj),
            "can_cancel": obj.is_live and self.has_cancel_permission(request),
            "can_resolve": obj.needs_person and request.user.has_perm("bonuses.resolve_grant"),
        }

    @admin.action(description="Cancel all selected", permissions=["cancel"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Grant]) -> HttpResponse | None:
        return freeze_selected(request, queryset, selection=chosen(request))

    @admin.display(description="grant")
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
        terms = grant.revision.terms
        return facts(terms, terms["config"].get("currency"))

    @admin.display(description="meta")
    def meta_shown(self, grant: Grant) -> SafeString:
        return pretty(grant.meta)

    @admin.display(description="Fast Track references")
    def references_shown(self, grant: Grant) -> SafeString:
        return pretty(grant.fasttrack_references)
