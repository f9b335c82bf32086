from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from bonuses.models import Drift, Grant
from bonuses.money import display
from bonuses.services.resolve_drift import resolve_drift
from integrations.admin.common import ReadOnlyAdmin, actor, link_to

IN_MONEY = frozenset({"turned_real_over_cap"})
"""Kinds whose two sides are amounts of the grant's currency."""


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

    list_display = ("kind", "grant_link", "ours_shown", "theirs_shown", "seen_at", "resolved_at", "resolved_by")
    # Newest first and nothing else: another order would have to read them all.
    sortable_by = ()
    list_filter = (OpenFilter, "kind")
    actions = ("mark_resolved",)
    fields = ("kind", "grant_link", "ours_shown", "theirs_shown", "seen_at", "resolved_at", "resolved_by")
    readonly_fields = ("grant_link", "ours_shown", "theirs_shown")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Drift]:
        """With their currency. Asked apart: to join them, the database would rather read all grants there are."""
        rows: QuerySet[Drift] = super().get_queryset(request)
        return rows.prefetch_related(Prefetch("grant", Grant.objects.only("currency")))

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bonuses.change_drift")

    @admin.display(description="grant")
    def grant_link(self, drift: Drift) -> SafeString:
        return link_to("bonuses_grant", drift.grant_id, str(drift.grant_id))

    @admin.display(description="ours", ordering="ours")
    def ours_shown(self, drift: Drift) -> str:
        return _said(drift, drift.ours)

    @admin.display(description="theirs", ordering="theirs")
    def theirs_shown(self, drift: Drift) -> str:
        return _said(drift, drift.theirs)

    @admin.action(description="Mark as resolved", permissions=["act"])
    def mark_resolved(self, request: HttpRequest, queryset: QuerySet[Drift]) -> None:
        resolved = resolve_drift(drift_ids=queryset.values_list("pk", flat=True), by=actor(request))
        messages.success(request, f"{resolved} marked as resolved.")


def _said(drift: Drift, side: str) -> str:
    is_amount = drift.kind in IN_MONEY and side.isdecimal()
    return display(int(side), drift.grant.currency) if is_amount else side
