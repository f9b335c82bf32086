from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from bonuses.admin.service_form import ServiceAdmin, ServiceForm
from bonuses.models import BonusTemplate, Stop
from bonuses.models.stop import StopScope, stop_key
from bonuses.services import stop as service
from integrations.admin.common import actor
from integrations.models import Adapter


class StopForm(ServiceForm):
    class Meta:
        model = Stop
        fields = ("scope", "target", "reason")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        scope, target = cleaned.get("scope"), cleaned.get("target")
        if scope == StopScope.ALL and target:
            self.add_error("target", "Everything has no target; leave this empty, or choose what to stop.")
        elif scope and scope != StopScope.ALL and "target" not in self.errors:
            self._check_target(scope, target)
        return cleaned

    def _check_target(self, scope: str, target: Any) -> None:
        model = {StopScope.TEMPLATE: BonusTemplate, StopScope.ADAPTER: Adapter}.get(StopScope(scope))
        if target is None:
            self.add_error("target", "Say which one, by its id.")
        elif model is not None and not model._default_manager.filter(pk=target).exists():
            self.add_error("target", f"There is no {scope} with this id.")


@admin.register(Stop)
class StopAdmin(ServiceAdmin):
    """The kill switch. Adding a row stops, deleting it lifts."""

    form = StopForm
    list_display = ("key", "reason", "set_by", "set_at")
    readonly_fields = ("set_by", "set_at")

    def has_view_permission(self, request: HttpRequest, obj: Stop | None = None) -> bool:
        return request.user.has_perm("bonuses.use_kill_switch") or super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bonuses.use_kill_switch")

    def has_change_permission(self, request: HttpRequest, obj: Stop | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Stop | None = None) -> bool:
        return request.user.has_perm("bonuses.use_kill_switch")

    def get_fields(self, request: HttpRequest, obj: Stop | None = None) -> Any:
        return ("scope", "target", "reason") if obj is None else ("scope", "target", "reason", "set_by", "set_at")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The usual check asks for the delete permission; here the kill switch's own counts."""
        names = [str(stop) for stop in objs]
        return names, {"kill switches": len(names)}, set(), []

    def save_model(self, request: HttpRequest, obj: Stop, form: Any, change: bool) -> None:
        given = form.cleaned_data
        service.stop(scope=given["scope"], target=given["target"], reason=given["reason"], by=actor(request))
        obj.key = stop_key(given["scope"], given["target"])
        obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: Stop) -> None:
        service.lift(key=obj.key, by=actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Stop]) -> None:
        for stop in queryset:
            service.lift(key=stop.key, by=actor(request))
