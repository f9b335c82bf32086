"""Platforms are the outside world's, but a test call may wake queued grants, so their admin is registered here."""

import uuid

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path

from bonuses.services.try_platform import try_platform
from integrations.admin.adapter import AdapterAdmin
from integrations.admin.adapter_pages import adapter_page, require_change, to_adapter
from integrations.admin.health import duration
from integrations.models import Adapter

EXPLANATION = (
    "The platform is asked about a grant that was never made. It should answer that it knows nothing of it; nothing "
    "changes there. The call counts like any other: it waits for its turn, and an answer closes an open breaker."
)


@admin.register(Adapter)
class PlatformAdmin(AdapterAdmin):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.try_view)
        return [path("<uuid:adapter_id>/try/", view, name="integrations_adapter_try"), *super().get_urls()]

    def try_view(self, request: HttpRequest, adapter_id: uuid.UUID) -> HttpResponse:
        require_change(request)
        adapter = get_object_or_404(Adapter, pk=adapter_id)
        if not adapter.can("query_status"):
            messages.warning(request, "It was not called: it lacks the capability to tell the status of a bonus.")
            return to_adapter(adapter)
        if request.method == "POST":
            tried = try_platform(adapter=adapter)
            tell = messages.success if tried.is_good else messages.error
            tell(request, f"{tried.said} ({duration(tried.seconds)})")
            return to_adapter(adapter)
        return adapter_page(
            self, request, forms.Form(), adapter, title="Test call", explanation=EXPLANATION, submit="Call it"
        )
