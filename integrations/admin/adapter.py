import uuid
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters

from integrations.admin import adapter_pages
from integrations.admin.adapter_form import NOT_BY_THE_MODEL, WRITE_ONLY, AdapterForm
from integrations.admin.common import PageWithMore, when
from integrations.admin.health import calls_in_words, calls_table
from integrations.models import Adapter
from integrations.platforms import breaker

SECRETS = (
    "token_state",
    "token",
    "signing_secret_state",
    "signing_secret",
    "webhook_secret_state",
    "webhook_secret",
    "rotate",
    "forget_previous",
)
TYPED = frozenset({*WRITE_ONLY, "rotate", "forget_previous"})


class AdapterAdmin(PageWithMore):
    """Registered in `bonuses.admin.adapter`, with a test call."""

    change_form_template = "admin/integrations/adapter/change_form.html"
    form = AdapterForm
    list_display = ("slug", "name", "kind", "base_url", "is_default", "is_active", "breaker_state", "calls")
    list_filter = ("kind", "is_active")
    search_fields = ("slug", "name")
    readonly_fields = (
        "token_state",
        "signing_secret_state",
        "webhook_secret_state",
        "webhook_address",
        "breaker_state",
    )
    fieldsets = (
        (None, {"fields": ("slug", "name", "kind", "base_url", "is_active")}),
        ("Whom it serves", {"fields": ("origins", "is_default", "capabilities")}),
        ("Secrets", {"fields": SECRETS, "description": "Stored encrypted, never shown again."}),
        ("Time-outs, in milliseconds", {"fields": ("connect_timeout_ms", "read_timeout_ms", "total_timeout_ms")}),
        ("Pace", {"fields": ("max_requests_per_second", "max_concurrency", "max_processing_seconds")}),
        ("State", {"fields": ("webhook_address", "breaker_state")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Adapter | None = None) -> Any:
        """Who may only read sees whether secrets are set, and no field to type one into."""
        may_type = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if may_type:
            (title, first), *others = self.fieldsets
            return ((title, {**first, "fields": (*first["fields"], "seen")}), *others) if obj else self.fieldsets
        return tuple(
            (title, {**options, "fields": tuple(name for name in options["fields"] if name not in TYPED)})
            for title, options in self.fieldsets
        )

    def get_form(self, request: HttpRequest, obj: Adapter | None = None, change: bool = False, **kwargs: Any) -> Any:
        names = flatten_fieldsets(self.get_fieldsets(request, obj))
        kwargs["fields"] = [name for name in names if name not in NOT_BY_THE_MODEL]
        return super().get_form(request, obj, change=change, **kwargs)

    @method_decorator(sensitive_post_parameters(*WRITE_ONLY))
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "integrations_adapter"
        return [
            path("<uuid:adapter_id>/pause/", wrap(self.pause_view), name=f"{name}_pause"),
            path("<uuid:adapter_id>/resume/", wrap(self.resume_view), name=f"{name}_resume"),
            *super().get_urls(),
        ]

    def pause_view(self, request: HttpRequest, adapter_id: uuid.UUID) -> HttpResponse:
        return adapter_pages.switch_page(self, request, adapter_id, on=False)

    def resume_view(self, request: HttpRequest, adapter_id: uuid.UUID) -> HttpResponse:
        return adapter_pages.switch_page(self, request, adapter_id, on=True)

    def more(self, request: HttpRequest, obj: Adapter) -> dict[str, Any]:
        may_change = self.has_change_permission(request, obj)
        return {
            "tables": [calls_table(obj)],
            "can_try": may_change and obj.can("query_status"),
            "can_pause": may_change and obj.is_active,
            "can_resume": may_change and not obj.is_active,
        }

    @admin.display(description="token is set", boolean=True)
    def token_state(self, adapter: Adapter) -> bool:
        return bool(adapter.token)

    @admin.display(description="signing secret is set", boolean=True)
    def signing_secret_state(self, adapter: Adapter) -> bool:
        return bool(adapter.signing_secret)

    @admin.display(description="webhook secrets")
    def webhook_secret_state(self, adapter: Adapter) -> str:
        if not adapter.webhook_secret:
            return "none: no webhook is accepted"
        return "two: a rotation is under way" if adapter.webhook_secret_previous else "one"

    @admin.display(description="webhook address")
    def webhook_address(self, adapter: Adapter) -> SafeString:
        return format_html("<code>/v1/adapters/{}/webhooks/bonus-events</code>", adapter.slug or "…")

    @admin.display(description="circuit breaker")
    def breaker_state(self, adapter: Adapter) -> str:
        if adapter.created_at is None:
            return "-"
        state = breaker.state(adapter.pk)
        text = f"{state.state.replace('_', ' ')}, {state.troubles} troubles in a row"
        return f"{text}, until {when(state.until)}" if state.until else text

    @admin.display(description="calls")
    def calls(self, adapter: Adapter) -> str:
        return calls_in_words(adapter)
