"""The page that pauses a platform, or lets it go on. A GET shows what would happen, a POST does it."""

import uuid

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from integrations.admin.common import AnyModelAdmin, ReasonForm, actor
from integrations.models import Adapter
from integrations.platforms.switch import switch

CHANGE = "integrations.change_adapter"
WHAT_HAPPENS = {
    False: "No new bonus is sent to this platform: the API refuses to issue for its brands, and campaigns that need it "
    "pause. What was promised before is still carried out, and what it reports is still taken.",
    True: "New bonuses are sent to this platform again. Campaigns that have paused for it go on when somebody resumes "
    "them.",
}


def switch_page(model_admin: AnyModelAdmin, request: HttpRequest, adapter_id: uuid.UUID, *, on: bool) -> HttpResponse:
    require_change(request)
    adapter = get_object_or_404(Adapter, pk=adapter_id)
    form = ReasonForm(request.POST or None)
    title = "Resume" if on else "Pause"
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if switch(adapter_id=adapter.pk, on=on, by=actor(request), reason=reason):
            model_admin.log_change(request, adapter, f"{title}d: {reason}")
            messages.success(request, f"{adapter} {'goes on' if on else 'is paused'}.")
        else:
            messages.warning(request, f"Nothing was changed: {adapter} {'was not' if on else 'had been'} paused.")
        return to_adapter(adapter)
    return adapter_page(
        model_admin, request, form, adapter, title=title, explanation=WHAT_HAPPENS[on], submit=f"{title} the platform"
    )


def require_change(request: HttpRequest) -> None:
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied


def to_adapter(adapter: Adapter) -> HttpResponse:
    return HttpResponseRedirect(_address(adapter))


def adapter_page(
    model_admin: AnyModelAdmin,
    request: HttpRequest,
    form: forms.Form,
    adapter: Adapter,
    *,
    title: str,
    explanation: str,
    submit: str,
) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "submit": submit,
        "form": form,
        "original": adapter,
        "explanation": explanation,
        "back": _address(adapter),
    }
    return TemplateResponse(request, "admin/bonusdesk/form_page.html", context)


def _address(adapter: Adapter) -> str:
    return reverse("admin:integrations_adapter_change", args=[adapter.pk])
