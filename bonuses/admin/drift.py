from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from bonuses.models import Drift
from bonuses.services.resolve_drift import resolve_drift
from integrations.admin.common import ReadOnlyAdmin, actor, link_to


class OpenFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "open"), ("resolved", "resolved")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() == "open")


@admin.register(Drift)
class DriftAdmin(ReadOnlyAdmin):
    """Where the platform and we disagree."""

    list_display = ("kind", "grant_link", "ours", "theirs", "seen_at", "resolved_at", "resolved_by")
    list_filter = (OpenFilter, "kind")
    actions = ("mark_resolved",)
    fields = ("kind", "grant_link", "ours", "theirs", "seen_at", "resolved_at", "resolved_by")
    readonly_fields = ("grant_link",)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bonuses.change_drift")

    @admin.display(description="grant")
    def grant_link(self, drift: Drift) -> SafeString:
        return link_to("bonuses_grant", drift.grant_id, str(drift.grant_id))

    @admin.action(description="Mark as resolved", permissions=["act"])
    def mark_resolved(self, request: HttpRequest, queryset: QuerySet[Drift]) -> None:
        resolved = resolve_drift(drift_ids=queryset.values_list("pk", flat=True), by=actor(request))
        messages.success(request, f"{resolved} marked as resolved.")
