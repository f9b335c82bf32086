"""The pages on which a second person approves a campaign, or takes the approval back."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from bonuses.money import MAX_MINOR, display
from campaigns.admin import approval_tables
from campaigns.admin.campaign_pages import found, nothing_to_do, to
from campaigns.approvals.check import last_of, why_void
from campaigns.approvals.review import Review, hash_of, review_of
from campaigns.models import Campaign
from campaigns.models.approval import Decision
from campaigns.services.approve_campaign import APPROVABLE, approve_campaign, withdraw_approval
from campaigns.services.errors import ApprovalByItsMaker, ApprovalRequired
from integrations.admin.common import AnyModelAdmin, Table, actor
from integrations.admin.pages import form_page
from integrations.errors import DomainError

MAY_APPROVE = "campaigns.approve_campaign"


class ShownForm(forms.Form):
    """What the page showed, sent back."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    cost = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=MAX_MINOR)


def approve_page(model_admin: AnyModelAdmin, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
    campaign = found(request, campaign_id, MAY_APPROVE)
    if request.method == "POST":
        return _approve(model_admin, request, campaign)
    if campaign.state not in APPROVABLE:
        return nothing_to_do(request, campaign)
    return _shown(model_admin, request, campaign)


def withdraw_page(model_admin: AnyModelAdmin, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
    campaign = found(request, campaign_id, MAY_APPROVE)
    if request.method == "POST":
        try:
            withdraw_approval(campaign_id=campaign.pk, by=actor(request))
        except DomainError as error:
            messages.error(request, f"Nothing was done. {error.message}")
            return to(campaign)
        return _done(model_admin, request, campaign, "The approval is withdrawn.")
    if not can_withdraw(campaign):
        return nothing_to_do(request, campaign)
    explanation = "It does not begin, or go on, until somebody approves it again. What it has given stays given."
    title = "Withdraw the approval"
    return form_page(
        model_admin, request, forms.Form(), title=title, original=campaign, explanation=explanation, submit=title
    )


def is_asked_for(campaign: Campaign) -> bool:
    """Whether there is a threshold at all, and it may still be decided."""
    return settings.CAMPAIGN_APPROVAL_THRESHOLD is not None and campaign.state in APPROVABLE


def can_withdraw(campaign: Campaign) -> bool:
    last = last_of(campaign) if campaign.state in APPROVABLE else None
    return last is not None and last.decision == Decision.APPROVED


def history_of(campaign: Campaign, request: HttpRequest) -> list[Table]:
    """Nothing where nobody ever decided anything."""
    if not request.user.has_perm("campaigns.view_approval"):
        return []
    table = approval_tables.history(campaign)
    return [table] if table.rows else []


def _approve(model_admin: AnyModelAdmin, request: HttpRequest, campaign: Campaign) -> HttpResponse:
    form = ShownForm(request.POST)
    # Whatever else was sent was not on the page.
    seen, cost = (form.cleaned_data["seen"], form.cleaned_data["cost"]) if form.is_valid() else ("", None)
    try:
        approve_campaign(campaign_id=campaign.pk, seen=seen, cost=cost, by=actor(request))
    except ApprovalRequired as error:
        messages.error(request, f"Nothing was done. {error.message}")
        return HttpResponseRedirect(request.path)
    except DomainError as error:
        messages.error(request, f"Nothing was done. {error.message}")
        return to(campaign)
    return _done(model_admin, request, campaign, "The campaign is approved.")


def _done(model_admin: AnyModelAdmin, request: HttpRequest, campaign: Campaign, said: str) -> HttpResponse:
    model_admin.log_change(request, campaign, said)
    messages.success(request, said)
    return to(campaign)


def _shown(model_admin: AnyModelAdmin, request: HttpRequest, campaign: Campaign) -> HttpResponse:
    context: dict[str, Any] = {"form": None, "campaign": campaign}
    if actor(request) in {campaign.created_by, campaign.edited_by}:
        context["obstacle"] = ApprovalByItsMaker().message
    try:
        review = review_of(campaign)
    except DomainError as error:
        context["obstacle"] = error.message
    else:
        context |= _of(campaign, review)
    return form_page(
        model_admin,
        request,
        title="Approve",
        original=campaign,
        template="admin/campaigns/campaign/approve.html",
        **context,
    )


def _of(campaign: Campaign, review: Review) -> dict[str, Any]:
    threshold = settings.CAMPAIGN_APPROVAL_THRESHOLD
    needed = threshold is not None and review.cost > threshold
    return {
        "needed": needed,
        "why": why_void(campaign, review) if needed else "",
        "threshold": "" if threshold is None else display(threshold, settings.BASE_CURRENCY),
        "form": ShownForm(initial={"seen": hash_of(review.bound, review.cost), "cost": review.cost}),
        "tables": [
            approval_tables.what_it_comes_to(review),
            approval_tables.how_it_is_given(campaign),
            approval_tables.terms(campaign),
            approval_tables.history(campaign),
        ],
    }
