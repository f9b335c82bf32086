"""The pages of a grant that do something: issue, cancel, resolve. A GET shows the form, a POST acts."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bonuses.admin.grant_forms import IssueForm, ResolveForm
from bonuses.lifecycle import Cause, CauseKind
from bonuses.models import Grant
from bonuses.models.grant import GrantedByKind
from bonuses.services.cancel import cancel
from bonuses.services.credit import AdapterRejected, AdapterUnavailable
from bonuses.services.issue import IssueRequest, issue
from bonuses.services.resolve import resolve
from integrations.admin.common import AnyModelAdmin, ReasonForm, actor, link_to
from integrations.errors import DomainError


def cause_of(request: HttpRequest) -> Cause:
    return Cause(CauseKind.ADMIN, actor=actor(request))


def issue_page(model_admin: AnyModelAdmin, request: HttpRequest) -> HttpResponse:
    require(request, "bonuses.issue_grant")
    if request.method != "POST":
        form = IssueForm(initial={**request.GET.dict(), "request_key": IssueForm.new_key()})
    else:
        form = IssueForm(request.POST)
        if form.is_valid():
            done = _issue(request, form)
            if done is not None:
                return done
    return _page(model_admin, request, form, title="Issue a grant", submit="Issue")


def _issue(request: HttpRequest, form: IssueForm) -> HttpResponse | None:
    """Where to go, or None when the form is to be shown again with what was wrong."""
    given = form.cleaned_data
    # Bound to who sent it, so that nobody's key finds another's grant.
    key = f"admin:{request.user.pk}:{given['request_key']}"
    sent_before = Grant.objects.filter(request_key=key).first()
    if sent_before is not None:
        messages.warning(request, "This form had been sent already; nothing was issued a second time.")
        return _to_grant(sent_before.pk)
    order = IssueRequest(
        template_id=given["template"].pk,
        player_id=given["player"].pk,
        granted_by_kind=GrantedByKind.MANUAL,
        deposit_amount=given["deposit_amount"],
        loss_amount=given["loss_amount"],
        currency_override=given["currency"] or None,
        request_key=key,
    )
    try:
        grant = issue(request=order, cause=cause_of(request))
    except AdapterUnavailable as error:
        messages.warning(request, error.message)
        return _to_grant(error.details["grant_id"])
    except AdapterRejected as error:
        form.add_error(None, rejection(error))
        # That grant has failed for good; sending the form again is to make another one.
        form.data = {**form.data.dict(), "request_key": IssueForm.new_key()}  # type: ignore[attr-defined]
        return None
    except DomainError as error:
        form.refuse(error)
        return None
    messages.success(request, f"The grant is {grant.status}.")
    return _to_grant(grant.pk)


def cancel_page(model_admin: AnyModelAdmin, request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
    require(request, "bonuses.cancel_grant")
    grant = get_object_or_404(Grant, pk=grant_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            cancel(grant_id=grant.pk, cause=cause_of(request), reason=form.cleaned_data["reason"])
            messages.success(request, "The grant is cancelled.")
        except DomainError as error:
            messages.error(request, outcome_of(error))
        return _to_grant(grant.pk)
    return _page(
        model_admin,
        request,
        form,
        title="Cancel",
        submit="Cancel the grant",
        original=grant,
        explanation="The platform takes the bonus back from the player. This can't be undone here.",
    )


def resolve_page(model_admin: AnyModelAdmin, request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
    require(request, "bonuses.resolve_grant")
    grant = get_object_or_404(Grant, pk=grant_id)
    if not grant.needs_person:
        messages.info(request, "Nobody needs to say anything about this grant.")
        return _to_grant(grant.pk)
    form = ResolveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            resolve(
                grant_id=grant.pk,
                was_credited=given["was_credited"],
                cause=cause_of(request),
                reason=given["reason"],
            )
            messages.success(request, "Noted.")
        except DomainError as error:
            messages.error(request, outcome_of(error))
        return _to_grant(grant.pk)
    return _page(
        model_admin,
        request,
        form,
        title="Say what became of it",
        submit="Save",
        original=grant,
        explanation="Nobody knows whether the call was carried out. Look in the platform's back office first.",
    )


def outcome_of(error: DomainError) -> str:
    """What went wrong with one grant, in a line."""
    if isinstance(error, AdapterUnavailable):
        return "The platform can't be reached; the wish is kept and will be carried out."
    if isinstance(error, AdapterRejected):
        said = f"{error.details['platform_code']}: {error.details['platform_message']}"
        return f"The platform refused ({said}); the wish is kept and tried again."
    return error.message


def rejection(error: AdapterRejected) -> SafeString:
    return format_html(
        "The platform refused: {}, {}. {}",
        error.details["platform_code"],
        error.details["platform_message"],
        link_to("bonuses_grant", error.details["grant_id"], "The failed grant"),
    )


def require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _to_grant(grant_id: uuid.UUID | str) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:bonuses_grant_change", args=[grant_id]))


def _page(
    model_admin: AnyModelAdmin,
    request: HttpRequest,
    form: forms.Form,
    *,
    title: str,
    submit: str,
    original: Grant | None = None,
    explanation: str = "",
) -> HttpResponse:
    back = reverse("admin:bonuses_grant_changelist")
    if original is not None:
        back = reverse("admin:bonuses_grant_change", args=[original.pk])
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "submit": submit,
        "form": form,
        "original": original,
        "explanation": explanation,
        "back": back,
    }
    return TemplateResponse(request, "admin/bonusdesk/form_page.html", context)
