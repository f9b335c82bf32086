"""Admin forms whose saving is a service: what the service refuses is shown at its field, with nothing typed lost."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from integrations.admin.common import AnyModelAdmin, AnyModelForm
from integrations.errors import DomainError


def add_domain_error(form: forms.BaseForm, error: DomainError) -> None:
    """At the fields that the details name (`config.amount` is `config_amount`), else above the form."""
    placed = False
    for path, message in error.details.items():
        field = "_".join(str(path).split(".")[:2]) if str(path).startswith("config.") else str(path).split(".")[0]
        if field in form.fields:
            form.add_error(field, str(message))
            placed = True
    if not placed:
        form.add_error(None, error.message)


class ServiceForm(AnyModelForm):
    refused: ClassVar[DomainError | None] = None
    """What the service said the first time; set on a subclass made for one request."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.refused is not None:
            add_domain_error(self, self.refused)
        return cleaned


class ServiceAdmin(AnyModelAdmin):
    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refused = getattr(request, "refused", None)  # type: ignore[attr-defined]
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:
            # Rolled back by now. The same form once more, this time with the refusal in it.
            request.refused = error  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except DomainError as error:
            messages.error(request, f"Nothing was deleted. {error.message}")
            page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
            return HttpResponseRedirect(reverse(page, args=[object_id]))
