"""What needs a person now, each with the page where it can be seen to. Every question has an index, and a most."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.models import User as Person
from django.db.models import Q, QuerySet
from django.urls import reverse

from bonuses.lifecycle import Status as GrantStatus
from bonuses.models import Drift, Grant
from campaigns.admin.words import status_reason_in_words
from campaigns.lifecycle import EDITABLE, Status
from campaigns.models import Campaign
from campaigns.services.errors import ApprovalRequired
from integrations import outbox, rates
from integrations.admin.common import when
from integrations.admin.health import duration
from integrations.admin.sink_tables import capped
from integrations.models import Adapter, SinkState
from integrations.platforms import breaker

MOST = 1000
NAMED = 5
"""Campaigns of a kind that are listed by name; more of them share a line."""
QUEUED_TOO_LONG = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Item:
    title: str
    url: str
    detail: str = ""
    is_urgent: bool = True


def attention(user: Person | AnonymousUser, sinks: Sequence[SinkState], now: datetime) -> list[Item]:
    """What is urgent comes first. Of each thing only who may see it is told."""
    parts: tuple[tuple[str, Callable[[], Iterable[Item]]], ...] = (
        ("integrations.view_sinkstate", lambda: _sinks(sinks, now)),
        ("integrations.view_adapter", _adapters),
        ("bonuses.view_grant", lambda: _grants(now)),
        ("bonuses.view_drift", _drift),
        ("campaigns.view_campaign", _campaigns),
        ("integrations.view_exchangerate", _rates),
    )
    items = [item for permission, find in parts if user.has_perm(permission) for item in find()]
    return sorted(items, key=lambda item: not item.is_urgent)


def _sinks(sinks: Sequence[SinkState], now: datetime) -> Iterator[Item]:
    for state in sinks:
        if state.sink not in settings.EVENT_SINKS:
            continue
        glance, url = outbox.glance_of(state), reverse("admin:integrations_sinkstate_change", args=[state.sink])
        if state.halted_at:
            yield Item(f"The sink {state.sink} is halted.", url, state.halt_reason)
        elif state.paused_at:
            told = f"Since {when(state.paused_at)}, by {state.paused_by}: {state.pause_reason}"
            yield Item(f"The sink {state.sink} is paused.", url, told, is_urgent=False)
        if glance.parked:
            yield Item(
                f"Parked at the sink {state.sink}: {capped(glance.parked)}.", url, "Send them again or skip them."
            )
        waits = (now - glance.ready_since).total_seconds() if glance.ready_since else 0.0
        if waits >= settings.EVENT_ALERT_SECONDS and not state.halted_at and not state.paused_at:
            told = state.last_error if state.failures else "Are workers and the scheduler running?"
            yield Item(f"Events for the sink {state.sink} have waited for {duration(waits)}.", url, told)


def _adapters() -> Iterator[Item]:
    for adapter in Adapter.objects.all():
        url, state = reverse("admin:integrations_adapter_change", args=[adapter.pk]), breaker.state(adapter.pk)
        if state.state != "closed":
            told = f"{state.troubles} troubles in a row. Nothing is sent to it but a probe, now and then."
            yield Item(
                f"The platform {adapter} is in trouble: its breaker is {state.state.replace('_', ' ')}.", url, told
            )
        if not adapter.is_active:
            yield Item(f"The platform {adapter} is paused.", url, "No new bonus is sent to it.", is_urgent=False)


def _grants(now: datetime) -> Iterator[Item]:
    since = now - QUEUED_TOO_LONG
    queued = Grant.objects.filter(status=GrantStatus.QUEUED, needs_person=False, created_at__lt=since)
    if count := _few(queued):
        url = _list("bonuses_grant", status__exact=GrantStatus.QUEUED.value, created_at__lt=since.isoformat())
        yield Item(f"Queued for more than {duration(QUEUED_TOO_LONG.total_seconds())}: {count}.", url)
    if count := _few(Grant.objects.filter(needs_person=True)):
        told = "Nobody knows whether the platform credited them. Look there, and say what became of each."
        yield Item(f"Grants in doubt: {count}.", _list("bonuses_grant", attention="needs_person"), told)


def _drift() -> Iterator[Item]:
    if count := _few(Drift.objects.filter(resolved_at__isnull=True)):
        told = "A platform and we disagree about a grant."
        yield Item(f"Drift: {count}.", _list("bonuses_drift", state="open"), told)


def _campaigns() -> Iterator[Item]:
    needed = Q(status_reason__startswith=ApprovalRequired.code)
    wanted = Campaign.objects.filter(Q(status=Status.PAUSED) | Q(needed, status__in=EDITABLE))
    found = list(wanted.only("name", "status", "status_reason").order_by("-updated_at")[:MOST])
    waiting: list[Campaign] = []
    paused: list[Campaign] = []
    for campaign in found:
        (waiting if campaign.status_reason.startswith(ApprovalRequired.code) else paused).append(campaign)
    yield from _by_name(waiting, "waits for an approval", status_reason__startswith=ApprovalRequired.code)
    yield from _by_name(paused, "is paused", status__exact=Status.PAUSED.value)


def _by_name(campaigns: Sequence[Campaign], what: str, **filters: str) -> Iterator[Item]:
    if len(campaigns) > NAMED:
        yield Item(
            f"Of campaigns, each {what}: {len(campaigns)}.", _list("campaigns_campaign", **filters), is_urgent=False
        )
        return
    for campaign in campaigns:
        url = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
        told = status_reason_in_words(campaign.status_reason)
        yield Item(f"The campaign “{campaign.name}” {what}.", url, told, is_urgent=False)


def _rates() -> Iterator[Item]:
    age = rates.newest_age()
    if age is not None and age > timedelta(hours=settings.RATE_MAX_AGE_HOURS):
        hours = int(age.total_seconds() // 3600)
        yield Item(f"The newest exchange rate is {hours} hours old.", _list("integrations_exchangerate"))


def _few(rows: QuerySet[Any]) -> str:
    """How many there are; empty for none."""
    count = rows.order_by().values("pk")[: MOST + 1].count()
    if not count:
        return ""
    return f"{count:,}" if count <= MOST else f"more than {MOST:,}"


def _list(model: str, **filters: str) -> str:
    return reverse(f"admin:{model}_changelist", query=filters)
