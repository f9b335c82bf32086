"""A page with one form, which says what will happen; its POST does it.

A link to it with `data-dialog` opens it in a dialog: dialog.js asks for the page, and is given it without its frame.
"""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from integrations.admin.common import AnyModelAdmin

FORM_PAGE = "admin/bonusdesk/form_page.html"
DIALOG_FRAME = "admin/bonusdesk/dialog.html"
DIALOG = "desk-dialog"
"""The id that dialog.js gives it."""


def require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def address_of(obj: Model) -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


def form_page(
    model_admin: AnyModelAdmin,
    request: HttpRequest,
    form: forms.BaseForm | None,
    *,
    title: str,
    original: Model | None = None,
    template: str = FORM_PAGE,
    **more: Any,
) -> TemplateResponse:
    """`original` is what the page is about, and where its Close leads; without one that is the list."""
    opts = model_admin.opts
    changelist = f"admin:{opts.app_label}_{opts.model_name}_changelist"
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "opts": opts,
        "title": title,
        "form": form,
        "original": original,
        "back": address_of(original) if original else reverse(changelist),
        **more,
    }
    if is_in_dialog(request):
        context |= {"frame": DIALOG_FRAME, "dialog_url": request.get_full_path()}
        _name_apart(form)
    return TemplateResponse(request, template, context)


def is_in_dialog(request: HttpRequest) -> bool:
    return request.headers.get("HX-Target") == DIALOG


def _name_apart(form: forms.BaseForm | None) -> None:
    """The page below the dialog may have fields of the same names, and labels find theirs by its id."""
    if form is None:
        return
    form.auto_id = "dialog_%s"
    errors: dict[str, Any] = form.errors
    for name in errors.keys() & form.fields.keys():
        errors[name].field_id = form[name].auto_id
