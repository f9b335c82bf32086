"""Platforms are the outside world's, but a test call may wake queued grants, so their admin is registered here."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path

from bonuses.models import Grant
from bonuses.services.try_platform import try_platform
from integrations.admin.adapter import AdapterAdmin
from integrations.admin.adapter_pages import CHANGE
from integrations.admin.health import duration
from integrations.admin.pages import address_of, form_page, require
from integrations.models import Adapter

EXPLANATION = (
    "The platform is asked about a grant that was never made. It should answer that it knows nothing of it; nothing "
    "changes there. The call counts like any other: it waits for its turn, and an answer closes an open breaker."
)


@admin.register(Adapter)
class PlatformAdmin(AdapterAdmin):
    def get_deleted_objects(self, objs: Iterable[Adapter], request: HttpRequest) -> Any:
        """Whether it has been used is all that matters: Django would load every grant and webhook only to list them."""
        adapters = list(objs)
        protected = [f"{adapter}: its grants and webhooks" for adapter in adapters if _is_used(adapter)]
        return [str(adapter) for adapter in adapters], {"adapters": len(adapters)}, set(), protected

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.try_view)
        return [path("<uuid:adapter_id>/try/", view, name="integrations_adapter_try"), *super().get_urls()]

    def try_view(self, request: HttpRequest, adapter_id: uuid.UUID) -> HttpResponse:
        require(request, CHANGE)
        adapter = get_object_or_404(Adapter, pk=adapter_id)
        if not adapter.can("query_status"):
            messages.warning(request, "It was not called: it lacks the capability to tell the status of a bonus.")
            return HttpResponseRedirect(address_of(adapter))
        if request.method == "POST":
            tried = try_platform(adapter=adapter)
            tell = messages.success if tried.is_good else messages.error
            tell(request, f"{tried.said} ({duration(tried.seconds)})")
            return HttpResponseRedirect(address_of(adapter))
        return form_page(
            self, request, forms.Form(), title="Test call", original=adapter, explanation=EXPLANATION, submit="Call it"
        )


def _is_used(adapter: Adapter) -> bool:
    return Grant.objects.filter(adapter=adapter).exists() or adapter.deliveries.exists()
