from typing import Any, ClassVar

from axes.models import AccessAttempt
from django.contrib import admin

from integrations.admin.common import BigTableAdmin


@admin.register(AccessAttempt)
class FailedLoginAdmin(BigTableAdmin):
    """Failed log-ins since the last good one. Who is locked out is let in again when the rows are deleted."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time", "user_agent")
    ordering = ("-attempt_time", "-pk")
    search_fields = ("username", "ip_address")
    fields: ClassVar = [*list_display, "path_info"]

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False
