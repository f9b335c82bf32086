"""The pages of a grant that end it or say what became of it. A GET shows what would happen, a POST does it."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from bonuses.admin.grant_forms import ResolveForm, SeenForm
from bonuses.lifecycle import Cause, CauseKind, Status
from bonuses.models import Grant
from bonuses.money import display
from bonuses.services.adapters import AdapterCapabilityMissing
from bonuses.services.cancel import GrantNotCancellable, cancel
from bonuses.services.credit import AdapterRejected, AdapterUnavailable
from bonuses.services.resolve import resolve
from integrations.admin.common import AnyModelAdmin, Table, actor, link
from integrations.admin.pages import form_page, require
from integrations.errors import DomainError

STALE = "The grant has changed since you opened this page. Look again first: nothing was done."


def cause_of(request: HttpRequest) -> Cause:
    return Cause(CauseKind.ADMIN, actor=actor(request))


def cancel_page(model_admin: AnyModelAdmin, request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
    require(request, "bonuses.cancel_grant")
    grant = get_object_or_404(Grant.objects.select_related("player", "template", "adapter"), pk=grant_id)
    if obstacle := _obstacle(grant):
        messages.info(request, f"Nothing was done. {obstacle}")
        return to_grant(grant.pk)
    form, warning = SeenForm(initial={"seen": _stamp(grant)}), ""
    if request.method == "POST":
        form = SeenForm(request.POST)
        if form.is_valid():
            if form.cleaned_data["seen"] == _stamp(grant):
                return _cancel(request, grant, form.cleaned_data["reason"])
            warning = STALE
        form.set(seen=_stamp(grant))
    return form_page(
        model_admin,
        request,
        form,
        title="Cancel this grant?",
        submit="Cancel the grant",
        original=grant,
        template="admin/bonuses/grant/cancel.html",
        tables=[_what_happens(grant)],
        warning=warning,
    )


def _cancel(request: HttpRequest, grant: Grant, reason: str) -> HttpResponse:
    try:
        cancel(grant_id=grant.pk, cause=cause_of(request), reason=reason)
        messages.success(request, "The grant is cancelled.")
    except DomainError as error:
        messages.error(request, outcome_of(error))
    return to_grant(grant.pk)


def _obstacle(grant: Grant) -> str:
    if grant.state is Status.CANCELLED:
        return "The grant is cancelled already."
    if grant.has_ended:
        return GrantNotCancellable(grant).message
    never_sent = grant.state is Status.QUEUED and not grant.was_attempted
    if not never_sent and not grant.adapter.can("cancel"):
        return AdapterCapabilityMissing(grant.adapter, "cancel").message
    return ""


def _stamp(grant: Grant) -> str:
    return f"{grant.status}:{grant.transition_count}:{grant.wish}"


def _what_happens(grant: Grant) -> Table:
    rows = [
        ("Player", link(grant.player)),
        ("Template", link(grant.template)),
        ("The grant is", grant.status),
        ("Amount", display(grant.amount, grant.currency)),
        ("Wagered so far", _wagered(grant)),
        ("What will happen", _ending(grant)),
    ]
    return Table("Cancelling it", ("What", "How"), rows)


def _wagered(grant: Grant) -> str:
    if not grant.wagering_required:
        return "nothing has to be"
    progress, required = grant.wagering_progress, grant.wagering_required
    return f"{display(progress, grant.currency)} of {display(required, grant.currency)}"


def _ending(grant: Grant) -> str:
    if grant.wish:
        return f"It is to end as {grant.wish} already; the platform is asked once more, at once."
    if grant.state is not Status.QUEUED:
        return "The platform takes the bonus back, and the player sees it go. This can't be undone here."
    if grant.was_attempted:
        return "Nobody knows yet whether the platform credited it: it is asked, and takes back what it credited."
    return "It was not sent to the platform: it ends here, and the player never sees it."


def resolve_page(model_admin: AnyModelAdmin, request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
    require(request, "bonuses.resolve_grant")
    grant = get_object_or_404(Grant, pk=grant_id)
    if not grant.needs_person:
        messages.info(request, "Nobody needs to say anything about this grant.")
        return to_grant(grant.pk)
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
        return to_grant(grant.pk)
    return form_page(
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


def to_grant(grant_id: uuid.UUID | str) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:bonuses_grant_change", args=[grant_id]))
