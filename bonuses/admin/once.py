"""The form of a new row carries the id that the row gets: sent twice, or at once, it makes one."""

import uuid
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from bonuses.admin.service_form import ServiceAdmin
from integrations.admin.common import as_uuid
from integrations.ids import new_id

SENT_BEFORE = "This form had been sent already; nothing was made a second time."


class OnceAdmin(ServiceAdmin):
    """`save_model` makes a new row under `key_of(request)`."""

    def key_of(self, request: HttpRequest) -> uuid.UUID | None:
        return as_uuid(request.POST.get("key", ""))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What was sent before, or is being handled now, leads to what it made."""
        key = self.key_of(request) if object_id is None and self.has_add_permission(request) else None
        if key is not None and self._is_made(key):
            return self._sent_before(request, key)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            if key is None or not self._is_made(key):
                raise
            return self._sent_before(request, key)

    def render_change_form(  # noqa: PLR0917  Django's own signature
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if add:
            context["key"] = self.key_of(request) or new_id()
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _is_made(self, key: uuid.UUID) -> bool:
        return bool(self.model._base_manager.filter(pk=key).exists())

    def _sent_before(self, request: HttpRequest, key: uuid.UUID) -> HttpResponse:
        messages.warning(request, SENT_BEFORE)
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(page, args=[key]))
