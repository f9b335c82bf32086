"""The last step of the builder: all of it on one page, what it would come to, and what to do with it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from bonuses.money import display
from campaigns.admin.campaign_form import currency_of
from campaigns.admin.campaign_pages import MAY_ISSUE, SeenForm, act_on, previewed
from campaigns.admin.seen import stamp
from campaigns.models import Campaign
from campaigns.services.issue_campaign import issue_campaign
from campaigns.services.plan_campaign import ask_for_approval, schedule_as_planned
from integrations.admin.common import AnyModelAdmin, actor, link, when
from integrations.admin.pages import address_of, form_page

MAY_CHANGE = "campaigns.change_campaign"
Service = Callable[..., Campaign]
ACTIONS: dict[str, tuple[str, Service, str]] = {
    "issue": (MAY_ISSUE, issue_campaign, "The campaign is being issued."),
    "schedule": (MAY_CHANGE, schedule_as_planned, "The campaign is scheduled."),
    "ask": (MAY_CHANGE, ask_for_approval, "The campaign waits for the approval of a second person."),
}
"""What may be done with it: the permission it takes, the service, what is said then."""


def review_page(
    model_admin: AnyModelAdmin, request: HttpRequest, draft: Campaign, navigation: dict[str, Any]
) -> HttpResponse:
    if request.method == "POST":
        return _act(model_admin, request, draft)
    if request.htmx:  # type: ignore[attr-defined]
        part = {"draft": draft, "back": address_of(draft), **_decision(request, draft)}
        return TemplateResponse(request, "admin/campaigns/campaign/build_review_part.html", part)
    whole: dict[str, Any] = {"form": None}
    if "whole" in request.GET:
        whole = {"is_whole": True, **_decision(request, draft)}
    return form_page(
        model_admin,
        request,
        title="New campaign: review",
        original=draft,
        template="admin/campaigns/campaign/build_review.html",
        rows=_rows(draft),
        **navigation,
        **whole,
    )


def _act(model_admin: AnyModelAdmin, request: HttpRequest, draft: Campaign) -> HttpResponse:
    wanted = request.POST.get("do", "")
    if wanted not in ACTIONS:
        raise BadRequest
    permission, service, said = ACTIONS[wanted]
    if not request.user.has_perm(permission):
        raise PermissionDenied
    seen = str(request.POST.get("seen", ""))
    return act_on(
        model_admin,
        request,
        draft,
        lambda: service(campaign_id=draft.pk, by=actor(request)),
        said=said,
        seen=seen,
    )


def _decision(request: HttpRequest, draft: Campaign) -> dict[str, Any]:
    """What it would come to, and which of the buttons there are for whom."""
    shown = previewed(draft)
    may_issue, ready = request.user.has_perm(MAY_ISSUE), not shown.unapproved
    return {
        "shown": shown,
        "tables": shown.tables,
        "form": SeenForm(initial={"seen": stamp(draft)}),
        "can_issue": may_issue and ready and not shown.obstacle and draft.planned_at is None,
        "can_schedule": ready and draft.planned_at is not None,
        "can_ask": bool(shown.unapproved),
    }


def _rows(draft: Campaign) -> list[tuple[str, str, Any]]:
    """Step, what it is about, what was said there."""
    currency = currency_of(draft) or settings.BASE_CURRENCY
    deposit = draft.deposit_amount
    return [
        ("audience", "Name", draft.name),
        ("audience", "Segment", link(draft.segment) if draft.segment.removed_at is None else str(draft.segment)),
        ("template", "Bonus template", link(draft.template)),
        ("template", "Currency", currency),
        ("template", "Deposit", "-" if deposit is None else display(deposit, currency)),
        ("timing", "Begins", f"{when(draft.planned_at)} UTC" if draft.planned_at else "By hand"),
        ("budget", "Budget", _budget(draft)),
        ("holdout", "Held out", f"{draft.holdout_percent} %"),
    ]


def _budget(draft: Campaign) -> str:
    return "No limit" if draft.budget_amount is None else display(draft.budget_amount, settings.BASE_CURRENCY)
