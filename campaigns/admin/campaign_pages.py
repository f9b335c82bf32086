"""The pages of a campaign that do something. A GET shows what would happen, a POST does it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404

from campaigns.admin import campaign_tables
from campaigns.admin.seen import SeenField, check_seen, stamp
from campaigns.admin.words import status_reason_in_words
from campaigns.approvals.check import is_needed, why_void
from campaigns.approvals.review import Review, bound_of
from campaigns.lifecycle import ALLOWED, ISSUABLE, Status
from campaigns.models import Campaign
from campaigns.services.cancel_campaign import cancel_campaign
from campaigns.services.issue_campaign import check_may_give, issue_campaign
from campaigns.services.lock_campaign import lock_campaign
from campaigns.services.pause_campaign import pause_campaign
from campaigns.services.preview_campaign import preview_campaign
from campaigns.services.resume_campaign import resume_campaign
from integrations.admin.common import AnyModelAdmin, ReasonForm, Table, actor
from integrations.admin.pages import address_of, form_page, require
from integrations.errors import DomainError

VIEW = "campaigns.view_campaign"
MAY_ISSUE = "campaigns.issue_campaign"


class SeenForm(forms.Form):
    seen = SeenField()


def preview_page(model_admin: AnyModelAdmin, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
    campaign = found(request, campaign_id, VIEW)
    return _preview(model_admin, request, campaign, title="Preview")


def issue_page(model_admin: AnyModelAdmin, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
    campaign = found(request, campaign_id, MAY_ISSUE)
    if request.method == "POST":
        return act_on(
            model_admin,
            request,
            campaign,
            lambda: issue_campaign(campaign_id=campaign.pk, by=actor(request)),
            said="The campaign is being issued.",
            seen=str(request.POST.get("seen", "")),
        )
    if campaign.state not in ISSUABLE:
        return nothing_to_do(request, campaign)
    return _preview(model_admin, request, campaign, title="Issue", form=SeenForm(initial={"seen": stamp(campaign)}))


def pause_page(model_admin: AnyModelAdmin, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
    campaign = found(request, campaign_id, MAY_ISSUE)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reason = f"Paused by {actor(request)}: {form.cleaned_data['reason']}"
        return act_on(
            model_admin,
            request,
            campaign,
            lambda: pause_campaign(campaign_id=campaign.pk, by=actor(request), reason=reason),
            said="The campaign is paused.",
        )
    if campaign.state is not Status.ISSUING:
        return nothing_to_do(request, campaign)
    explanation = "Nothing more is promised from now on. Calls to the platform that are under way end."
    return form_page(
        model_admin, request, form, title="Pause", original=campaign, explanation=explanation, submit="Pause"
    )


def resume_page(model_admin: AnyModelAdmin, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
    campaign = found(request, campaign_id, MAY_ISSUE)
    if request.method == "POST":
        return act_on(
            model_admin,
            request,
            campaign,
            lambda: resume_campaign(campaign_id=campaign.pk, by=actor(request)),
            said="The campaign goes on.",
            seen=str(request.POST.get("seen", "")),
        )
    if campaign.state is not Status.PAUSED:
        return nothing_to_do(request, campaign)
    reason = status_reason_in_words(campaign.status_reason) or "none was given."
    explanation = f"It goes on where it stopped, under the same terms. The reason of its pause: {reason}"
    form = SeenForm(initial={"seen": stamp(campaign)})
    return form_page(
        model_admin, request, form, title="Resume", original=campaign, explanation=explanation, submit="Resume"
    )


def cancel_page(model_admin: AnyModelAdmin, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
    campaign = found(request, campaign_id, MAY_ISSUE)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reason = f"Cancelled by {actor(request)}: {form.cleaned_data['reason']}"
        return act_on(
            model_admin,
            request,
            campaign,
            lambda: cancel_campaign(campaign_id=campaign.pk, by=actor(request), reason=reason),
            said="The campaign is cancelled.",
        )
    if Status.CANCELLED not in ALLOWED[campaign.state]:
        return nothing_to_do(request, campaign)
    explanation = "Who was promised the bonus keeps it; all others get nothing. This can't be undone."
    return form_page(
        model_admin,
        request,
        form,
        title="Cancel",
        original=campaign,
        explanation=explanation,
        submit="Cancel the campaign",
    )


def found(request: HttpRequest, campaign_id: uuid.UUID, permission: str) -> Campaign:
    require(request, permission)
    return get_object_or_404(Campaign.objects.select_related("template", "segment"), pk=campaign_id)


def act_on(
    model_admin: AnyModelAdmin,
    request: HttpRequest,
    campaign: Campaign,
    act: Callable[[], Campaign],
    *,
    said: str,
    seen: str | None = None,
) -> HttpResponse:
    try:
        with transaction.atomic():
            if seen is not None:
                check_seen(lock_campaign(campaign.pk), seen)
            act()
    except DomainError as error:
        messages.error(request, f"Nothing was done. {error.message}")
        return to(campaign)
    model_admin.log_change(request, campaign, said)
    messages.success(request, said)
    return to(campaign)


def nothing_to_do(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    messages.info(request, f"Nothing was done. The campaign is {campaign.status}.")
    return to(campaign)


def to(campaign: Campaign) -> HttpResponse:
    return HttpResponseRedirect(address_of(campaign))


def _preview(
    model_admin: AnyModelAdmin, request: HttpRequest, campaign: Campaign, *, title: str, form: forms.Form | None = None
) -> HttpResponse:
    seen = previewed(campaign)
    return form_page(
        model_admin,
        request,
        form,
        title=title,
        original=campaign,
        template="admin/campaigns/campaign/preview.html",
        campaign=campaign,
        tables=seen.tables,
        obstacle=seen.obstacle or seen.unapproved,
    )


@dataclass(frozen=True, slots=True)
class Previewed:
    obstacle: str
    """What would refuse to issue it now; empty: nothing does."""
    unapproved: str = ""
    tables: tuple[Table, ...] = ()
    audience: int = 0


def previewed(campaign: Campaign) -> Previewed:
    try:
        preview = preview_campaign(campaign_id=campaign.pk)
        unapproved = _unapproved(campaign, preview)
    except DomainError as error:
        return Previewed(error.message)
    tables = (campaign_tables.numbers(preview), campaign_tables.exclusions(preview), campaign_tables.sample(preview))
    return Previewed(_obstacle(campaign), unapproved, tables, preview["audience"])


def _obstacle(campaign: Campaign) -> str:
    """What would refuse to issue it now."""
    try:
        check_may_give(campaign)
    except DomainError as error:
        return error.message
    return ""


def _unapproved(campaign: Campaign, preview: dict[str, Any]) -> str:
    """What issuing it now would say of its approval: the preview has counted the cost."""
    review = Review(bound_of(campaign), preview["audience"], preview["expected_cost"], preview["worst_cost"])
    return why_void(campaign, review) if campaign.state in ISSUABLE and is_needed(review) else ""
