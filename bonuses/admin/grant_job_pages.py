"""Cancelling many grants: they are written down first, then a person says so, and workers carry it out."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from bonuses.admin.grant_job_results import progress_of
from bonuses.models import CancelItem, CancelJob, Grant
from bonuses.models.cancel_job import JobStatus
from bonuses.money import display
from bonuses.services.cancel_many import freeze, start, stop
from integrations.admin.common import AnyModelAdmin, ReasonForm, Table, actor, link
from integrations.admin.pages import form_page, require
from integrations.errors import DomainError
from integrations.time_limit import TookTooLong, within

VIEW_GRANTS = "bonuses.view_grant"
CANCEL_GRANTS = "bonuses.cancel_grant"
SECONDS_TO_FREEZE = 20.0
NAMED = 20
"""Grants that the page names before it is begun."""


def freeze_selected(request: HttpRequest, grants: QuerySet[Grant], *, selection: str) -> HttpResponse | None:
    """Where to go on; None when nothing could be chosen, of which the person is told."""
    try:
        with within(SECONDS_TO_FREEZE):
            job = freeze(grants=grants, selection=selection, by=actor(request))
    except DomainError as error:
        messages.error(request, error.message)
        return None
    except TookTooLong:
        messages.error(request, "Finding these grants took too long. Choose fewer filters at once, or a shorter time.")
        return None
    return HttpResponseRedirect(reverse("admin:bonuses_canceljob_start", args=[job.pk]))


def start_page(model_admin: AnyModelAdmin, request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    require(request, CANCEL_GRANTS)
    job = CancelJob.objects.filter(pk=job_id).first()
    if job is None:
        messages.error(request, "This selection is no longer kept; nothing was done. Choose the grants again.")
        return HttpResponseRedirect(reverse("admin:bonuses_grant_changelist"))
    if job.status != JobStatus.DRAFT:
        messages.info(request, "This was started before; nothing is done twice.")
        return _to(job)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            start(job_id=job.pk, reason=form.cleaned_data["reason"], by=actor(request))
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("admin:bonuses_grant_changelist"))
        messages.success(request, "They are being cancelled.")
        return _to(job)
    return form_page(
        model_admin,
        request,
        form,
        title=f"Cancel {_grants(job.total)}?",
        submit=f"Cancel {_grants(job.total)}",
        template="admin/bonuses/grant/job_start.html",
        explanation=(
            f"Chosen: {job.selection}. What had ended is left out, and whatever else comes to match is not added. The "
            "platform takes these bonuses back one after the other, and the players see them go. This can't be undone."
        ),
        tables=[_what_is_chosen(job)],
        first=[_first_of(job)],
        back=reverse("admin:bonuses_grant_changelist"),
    )


def stop_page(model_admin: AnyModelAdmin, request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    require(request, CANCEL_GRANTS)
    job = get_object_or_404(CancelJob, pk=job_id)
    if request.method == "POST":
        if stop(job_id=job.pk, by=actor(request)):
            messages.success(request, "It is stopped. What was begun is carried out; all others stay as they are.")
        else:
            messages.info(request, "There is nothing to stop.")
    return _to(job)


def status_part(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The part of the page that is read again while it runs; once it has ended the whole page is."""
    require(request, VIEW_GRANTS)
    job = get_object_or_404(CancelJob, pk=job_id)
    if "HX-Request" not in request.headers:
        return _to(job)
    if not job.is_running:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return TemplateResponse(request, "admin/bonuses/grant/job_status.html", {"progress": progress_of(job)})


def _to(job: CancelJob) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:bonuses_canceljob_change", args=[job.pk]))


def _grants(count: int) -> str:
    return f"{count:,} grant{'s' * (count != 1)}"


def _what_is_chosen(job: CancelJob) -> Table:
    items = CancelItem.objects.filter(job=job).order_by()
    found = items.values_list("grant__status").annotate(Count("pk"), Sum("grant__amount_base"))
    rows = [
        (status, f"{count:,}", display(int(worth), settings.BASE_CURRENCY)) for status, count, worth in sorted(found)
    ]
    return Table("What is chosen", ("Status", "Grants", f"Face value in {settings.BASE_CURRENCY}"), rows)


def _first_of(job: CancelJob) -> Table:
    items = CancelItem.objects.filter(job=job).select_related("grant__player", "grant__template").order_by("id")
    rows: Iterable[Any] = (
        (
            link(item.grant, str(item.grant_id)[-12:]),
            link(item.grant.player),
            item.grant.template.name,
            display(item.grant.amount, item.grant.currency),
            item.grant.status,
        )
        for item in items[:NAMED]
    )
    title = "The grants" if job.total <= NAMED else f"The first {NAMED} of {job.total:,}"
    return Table(title, ("Grant", "Player", "Template", "Amount", "Status"), rows)
