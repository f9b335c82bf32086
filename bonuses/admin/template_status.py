"""Activate, pause, archive: a page that says what will happen, and a POST with a reason that does it."""

import uuid

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404

from bonuses.admin.template_form import moment, stamp
from bonuses.models import BonusTemplate
from bonuses.models.template import TemplateStatus
from bonuses.services.change_template import TemplateChanged, change_template
from integrations.admin.common import AnyModelAdmin, ReasonForm, actor, confirmation, is_confirmed, selected
from integrations.admin.pages import address_of, form_page
from integrations.errors import DomainError

VERBS = {TemplateStatus.ACTIVE: "Activate", TemplateStatus.PAUSED: "Pause", TemplateStatus.ARCHIVED: "Archive"}
STOPS = (
    "Nobody is given it from then on, and a campaign that gives it is paused and says why. Grants that were made go on."
)
MEANING = {
    TemplateStatus.ACTIVE: "It can be given from then on. Campaigns that were paused meanwhile are resumed by hand.",
    TemplateStatus.PAUSED: f"{STOPS} Activate it to go on.",
    TemplateStatus.ARCHIVED: f"{STOPS} It is kept for the record, and can be activated again.",
}


class StatusForm(ReasonForm):
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


def status_links(template: BonusTemplate) -> list[tuple[str, str]]:
    return [(status.value, verb) for status, verb in VERBS.items() if status != template.status]


def status_page(model_admin: AnyModelAdmin, request: HttpRequest, template_id: uuid.UUID, wanted: str) -> HttpResponse:
    if wanted not in TemplateStatus.values:
        raise Http404
    template, status = get_object_or_404(BonusTemplate, pk=template_id), TemplateStatus(wanted)
    if not model_admin.has_change_permission(request, template):
        raise PermissionDenied
    if template.status == status:
        messages.info(request, f"“{template}” is {status.value} already; nothing was changed.")
        return _to(template)
    form = StatusForm(request.POST if request.method == "POST" else None, initial={"seen": stamp(template)})
    if form.is_valid():
        try:
            _set(model_admin, request, template, status, **form.cleaned_data)
        except TemplateChanged as error:
            form = StatusForm({**request.POST.dict(), "seen": stamp(template)})
            form.add_error(None, error.message)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"“{template}” is {status.value}.")
            return _to(template)
    return form_page(
        model_admin,
        request,
        form,
        title=f"{VERBS[status]} “{template}”",
        original=template,
        explanation=MEANING[status],
        submit=VERBS[status],
    )


def set_several(
    model_admin: AnyModelAdmin, request: HttpRequest, queryset: QuerySet[BonusTemplate], status: TemplateStatus
) -> HttpResponse | None:
    """An action of the list: asks first, then sets those that are not so already."""
    form = ReasonForm(request.POST if is_confirmed(request) else None)
    if not form.is_valid():
        title, explanation = VERBS[status], MEANING[status]
        return confirmation(model_admin, request, queryset, title=title, explanation=explanation, form=form)
    templates = selected(request, queryset.exclude(status=status))
    done = 0
    for template in templates:
        try:
            _set(model_admin, request, template, status, **form.cleaned_data)
        except DomainError as error:
            messages.error(request, f"{template}: {error.message}")
            continue
        done += 1
    messages.success(request, f"{done} of {len(templates)} set to {status.value}.")
    return None


def _set(
    model_admin: AnyModelAdmin,
    request: HttpRequest,
    template: BonusTemplate,
    status: TemplateStatus,
    *,
    reason: str,
    seen: str = "",
) -> None:
    change_template(
        template_id=template.pk,
        changes={"status": status.value},
        by=actor(request),
        reason=reason,
        unchanged_since=moment(seen),
    )
    model_admin.log_change(request, template, f"Set to {status.value}: {reason}")


def _to(template: BonusTemplate) -> HttpResponse:
    return HttpResponseRedirect(address_of(template))
