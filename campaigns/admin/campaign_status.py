"""How a campaign stands: the box on its page, which is also read again by itself while it runs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from bonuses.models.stop import stops_of
from bonuses.money import display
from campaigns.admin.pace import pace_of
from campaigns.admin.progress import Progress, progress_of
from campaigns.admin.words import status_reason_in_words
from campaigns.lifecycle import Outcome, Status
from campaigns.models import Campaign
from campaigns.stats import stats_of
from integrations.admin.common import when

VIEW_RECIPIENTS = "campaigns.view_recipient"
READ_OUT_EVERY = 10
"""Percent: to be told of each would be too much for who listens."""


def campaign_status(campaign: Campaign, request: HttpRequest) -> dict[str, Any]:
    stats = stats_of(campaign.pk)
    progress = progress_of(stats) if campaign.snapshot_at else None
    is_live = _is_live(campaign, stats)
    return {
        "campaign": campaign,
        "reason": status_reason_in_words(campaign.status_reason),
        "is_live": is_live,
        "progress": progress,
        "said": progress.percent // READ_OUT_EVERY * READ_OUT_EVERY if progress else "",
        "pace": _pace(campaign, progress, stats) if progress and is_live else [],
        "has_begun": campaign.issued_at is not None,
        "rows": _rows(campaign, stats, links=request.user.has_perm(VIEW_RECIPIENTS)),
        "stops": list(stops_of(template=campaign.template_id, campaign=campaign.pk)),
        "may_see_stops": request.user.has_perm("bonuses.use_kill_switch") or request.user.has_perm("bonuses.view_stop"),
    }


def _pace(campaign: Campaign, progress: Progress, stats: dict[str, int]) -> list[tuple[str, str]]:
    return pace_of(campaign.pk, done=progress.done, pending=stats[Outcome.PENDING])


def _is_live(campaign: Campaign, stats: dict[str, int]) -> bool:
    """Whether it is at work. The page of a paused one has a field that nobody wants to lose while he types."""
    return campaign.state is Status.ISSUING or (campaign.state is Status.CANCELLED and stats[Outcome.PENDING] > 0)


def _rows(campaign: Campaign, stats: dict[str, int], *, links: bool) -> list[tuple[str, str | SafeString]]:
    rows: list[tuple[str, str | SafeString]] = []
    if campaign.snapshot_at:
        rows = [(outcome.value, _count(campaign, stats, outcome, links=links)) for outcome in Outcome]
        rows += [("audience", f"{campaign.audience_count or 0:,}"), ("held out", f"{campaign.holdout_count or 0:,}")]
    return [*rows, ("budget", budget_used(campaign)), *_who(campaign)]


def _count(campaign: Campaign, stats: dict[str, int], outcome: Outcome, *, links: bool) -> str | SafeString:
    shown = f"{stats[outcome]:,}"
    if not links or not stats[outcome]:
        return shown
    return format_html('<a href="{}">{}</a>', recipients_url(campaign, status=outcome.value), shown)


def _who(campaign: Campaign) -> list[tuple[str, str | SafeString]]:
    rows: list[tuple[str, str | SafeString]] = [("made", _by(campaign.created_by, when(campaign.created_at)))]
    if campaign.issued_at:
        rows.append(("issued", _by(campaign.issued_by, when(campaign.issued_at))))
    if campaign.finished_at:
        rows.append(("finished", when(campaign.finished_at)))
    return rows


def _by(who: str, at: str) -> str:
    return f"{at} by {who}" if who else at


def budget_used(campaign: Campaign) -> str:
    used = display(campaign.budget_used, settings.BASE_CURRENCY)
    if campaign.budget_amount is None:
        return f"{used} used, no limit"
    return f"{used} of {display(campaign.budget_amount, settings.BASE_CURRENCY)} used"


def recipients_url(campaign: Campaign, **filters: str) -> str:
    return f"{reverse('admin:campaigns_recipient_changelist')}?{urlencode({'campaign': str(campaign.pk), **filters})}"
