"""The front page: what needs a person now, then how things stand. Each part only for who may see what it is about."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from bonusdesk.desk.attention import attention
from bonusdesk.desk.figures import overview
from bonusdesk.desk.running import running
from integrations import outbox
from integrations.admin.common import Table, link, when
from integrations.admin.health import duration
from integrations.admin.sink_tables import capped, in_words
from integrations.models import SinkState

VIEW_CAMPAIGNS = "campaigns.view_campaign"


def front_page(request: HttpRequest) -> dict[str, Any]:
    may, now = request.user.has_perm, timezone.now()
    sinks = outbox.sinks() if may("integrations.view_sinkstate") else []
    sees_campaigns = may(VIEW_CAMPAIGNS)
    return {
        "attention": attention(request.user, sinks, now),
        **(_figures(now) if may("bonuses.view_grant") else {}),
        "sees_campaigns": sees_campaigns,
        "running": running() if sees_campaigns else [],
        "sink_tables": [_sink_table(sinks)] if sinks else [],
    }


def running_part(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(VIEW_CAMPAIGNS):
        raise PermissionDenied
    return TemplateResponse(request, "admin/bonusdesk/desk/running.html", {"running": running()})


def _figures(now: datetime) -> dict[str, Any]:
    found = overview(now)
    age = max((now - found.counted_at).total_seconds(), 0.0) if found.counted_at else 0.0
    return {"overview": found, "age": duration(age)}


def _sink_table(sinks: list[SinkState]) -> Table:
    columns = ("Sink", "State", "Pending", "Parked", "Oldest pending (UTC)", "Last delivered (UTC)")
    return Table("Events, by sink", columns, [_sink_row(state) for state in sinks])


def _sink_row(state: SinkState) -> tuple[Any, ...]:
    glance = outbox.glance_of(state)
    said = in_words(state, glance, now=getattr(state, "asked_at"))  # noqa: B009  annotated
    counts = (capped(glance.pending), capped(glance.parked))
    return (link(state), said, *counts, when(glance.oldest_at), when(state.last_delivered_at))
