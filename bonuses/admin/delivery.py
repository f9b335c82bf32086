"""Webhook deliveries are the outside world's, but applying one again changes a grant, so their page lives here."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from bonuses.services.platform_event import reapply
from integrations.admin.common import (
    ReadOnlyAdmin,
    actor,
    as_uuid,
    confirmation,
    is_confirmed,
    link_to,
    pretty,
    pretty_text,
    selected,
)
from integrations.errors import DomainError
from integrations.models import WebhookDelivery


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("id", "adapter", "event", "event_id", "outcome", "detail", "received_at")
    # Newest first and nothing else: another order would have to read them all.
    sortable_by = ()
    list_filter = ("outcome", "adapter", "received_at")
    list_select_related = ("adapter",)
    search_fields = ("grant_id",)
    search_help_text = "A grant's id, in full."
    actions = ("apply_again",)
    fieldsets = (
        (None, {"fields": ("id", "adapter", "event", "event_id", "grant_link", "received_at")}),
        ("What came of it", {"fields": ("outcome", "detail")}),
        ("As it arrived", {"fields": ("headers_shown", "body_shown")}),
    )
    readonly_fields = ("grant_link", "headers_shown", "body_shown")

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("integrations.change_webhookdelivery")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        grant_id = as_uuid(search_term)
        return (queryset.filter(grant_id=grant_id) if grant_id else queryset.none()), False

    @admin.display(description="grant")
    def grant_link(self, delivery: WebhookDelivery) -> SafeString | str:
        return link_to("bonuses_grant", delivery.grant_id, str(delivery.grant_id)) if delivery.grant_id else "-"

    @admin.display(description="headers")
    def headers_shown(self, delivery: WebhookDelivery) -> SafeString:
        return pretty(delivery.headers)

    @admin.display(description="body")
    def body_shown(self, delivery: WebhookDelivery) -> SafeString:
        return pretty_text(delivery.body)

    @admin.action(description="Apply again", permissions=["act"])
    def apply_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> HttpResponse | None:
        if not is_confirmed(request):
            return confirmation(
                self,
                request,
                queryset,
                title="Apply again",
                explanation="As if these had just arrived. What has taken effect before does not take effect twice.",
            )
        # In the order in which they arrived: later ones build on earlier ones.
        for delivery in reversed(selected(request, queryset)):
            try:
                reapply(delivery_id=delivery.pk, actor=actor(request))
            except DomainError as error:
                messages.error(request, f"{delivery}: {error.message}")
                continue
            delivery.refresh_from_db()
            self.log_change(request, delivery, "Applied again.")
            messages.info(request, f"{delivery}: {delivery.get_outcome_display()}. {delivery.detail}".strip())
        return None
