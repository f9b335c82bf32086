"""What has come of a campaign: numbers, a table by day, and a chart of the same."""

import uuid
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format

from bonuses.money import display
from campaigns.admin.campaign_pages import VIEW, found
from campaigns.admin.campaign_tables import why_not
from campaigns.admin.kept import keep, recall
from campaigns.admin.result_chart import chart_of
from campaigns.models import Campaign
from campaigns.results import Result, results_by_day, total_of
from integrations.admin.charts import picture, picture_policy, theme_of
from integrations.admin.common import AnyModelAdmin, Table, when
from integrations.admin.pages import form_page
from integrations.jit import without_jit
from integrations.time_limit import TookTooLong, within

VIEW_RECIPIENTS = "campaigns.view_recipient"
SECONDS = 20.0
KEPT_SECONDS = 60
"""A campaign of a million is not counted anew for each look and its chart."""
DAYS_SHOWN = 62
Days = dict[date, Result]


def result_page(model_admin: AnyModelAdmin, request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
    """The frame, which then asks for the numbers by itself: they may take seconds."""
    campaign = found(request, campaign_id, VIEW)
    if request.htmx:  # type: ignore[attr-defined]
        part = {"campaign": campaign, **_numbers(request, campaign)}
        return TemplateResponse(request, "admin/campaigns/campaign/result_part.html", part)
    whole: dict[str, Any] = {"is_whole": True, **_numbers(request, campaign)} if "whole" in request.GET else {}
    return form_page(
        model_admin,
        request,
        None,
        title="Result",
        original=campaign,
        template="admin/campaigns/campaign/result.html",
        campaign=campaign,
        **whole,
    )


@picture_policy
def chart(request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
    campaign, theme = found(request, campaign_id, VIEW), theme_of(request)
    try:
        _at, days = _known(campaign)
    except TookTooLong:
        days = {}
    drawn = chart_of(_newest(days), theme)
    return picture(drawn, **{"Cache-Control": "private, max-age=60"})


def _numbers(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    may_read = request.user.has_perm(VIEW_RECIPIENTS)
    try:
        at, days = _known(campaign)
        with within(SECONDS), without_jit():
            reasons = why_not(campaign, links=may_read)
    except TookTooLong:
        return {"took_too_long": True}
    return {
        "at": when(at),
        "has_chart": bool(days),
        "tables": [_together(total_of(days)), _by_day(days), reasons],
        "left_out": max(len(days) - DAYS_SHOWN, 0),
    }


def _known(campaign: Campaign) -> tuple[datetime, Days]:
    """When they were counted, and the numbers. Raises `TookTooLong`."""
    key = f"campaign-result:{campaign.pk}"
    kept: tuple[datetime, Days] | None = recall(key)
    if kept is None:
        with within(SECONDS), without_jit():
            kept = timezone.now(), results_by_day(campaign)
        keep(key, kept, seconds=KEPT_SECONDS)
    return kept


def _newest(days: Days) -> Days:
    return dict(list(days.items())[-DAYS_SHOWN:])


def _together(total: Result) -> Table:
    share = f"{100 * total.completed / total.given:.1f} %" if total.given else "-"
    return Table(
        "All together",
        ("What", "How much"),
        (
            ("Given", f"{total.given:,}"),
            ("Cost, at face value", _base(total.cost)),
            ("Completed", f"{total.completed:,}"),
            ("Completed, of those given", share),
            ("Still live", f"{total.live:,}"),
            ("Ended otherwise", f"{total.ended:,}"),
            ("Turned into real money", _base(total.turned_real)),
        ),
    )


def _by_day(days: Days) -> Table:
    return Table(
        "By the day they were given",
        ("Day", "Given", "Cost", "Completed", "Still live", "Ended otherwise", "Turned real"),
        (
            (
                date_format(day, "j M Y"),
                f"{of.given:,}",
                _base(of.cost),
                f"{of.completed:,}",
                f"{of.live:,}",
                f"{of.ended:,}",
                _base(of.turned_real),
            )
            for day, of in reversed(_newest(days).items())
        ),
        empty="Nothing was given so far.",
    )


def _base(amount: int) -> str:
    return display(amount, settings.BASE_CURRENCY)
