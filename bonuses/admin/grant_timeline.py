"""A grant's life, step by step: what changed and why, what the platform had said, and who was told."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from bonuses.events import STATUS_NAMES
from bonuses.lifecycle import Status
from bonuses.models import Grant, GrantTransition
from bonuses.money import display
from bonuses.services.explain_numbers import standing
from integrations.admin.common import link, when
from integrations.admin.event import state_of
from integrations.models import OutgoingEvent, WebhookDelivery

ROWS_SHOWN = 200
"""Of webhooks, and of events. What is left out is in their own lists."""
SEE_WEBHOOKS = "integrations.view_webhookdelivery"
SEE_EVENTS = "integrations.view_outgoingevent"


@dataclass(frozen=True, slots=True)
class Webhook:
    link: SafeString
    received: str
    outcome: str
    detail: str
    body: str
    """Empty for who may not see it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Of one event to one sink."""

    sink: str
    link: SafeString
    state: str
    at: str
    attempts: int
    error: str


@dataclass(slots=True)
class Told:
    """An event, and how far it has come at each sink. They all get the same body."""

    name: str
    body: str
    sinks: list[Delivery] = field(default_factory=list)


@dataclass(slots=True)
class Step:
    at: datetime
    title: str
    status: str = ""
    """Empty where nothing changed."""
    life: int = 0
    cause: str = ""
    by: str = ""
    reason: str = ""
    amounts: str = ""
    webhooks: list[Webhook] = field(default_factory=list)
    told: dict[Any, Told] = field(default_factory=dict)

    @property
    def when(self) -> str:
        return when(self.at)

    @property
    def events(self) -> list[Told]:
        return list(self.told.values())


@dataclass(frozen=True, slots=True)
class Timeline:
    steps: Sequence[Step]
    is_cut: bool
    now: Sequence[str]
    """What is known besides: calls to the platform, and what it waits for."""


def timeline_of(grant: Grant, request: HttpRequest) -> Timeline:
    changes = list(GrantTransition.objects.filter(grant=grant).order_by("seq"))
    found = WebhookDelivery.objects.filter(grant_id=grant.pk)
    deliveries = list(found.order_by("received_at", "id")[: ROWS_SHOWN + 1])
    events = list(OutgoingEvent.objects.filter(grant_id=grant.pk).order_by("id")[: ROWS_SHOWN + 1])
    steps = _steps(changes, deliveries[:ROWS_SHOWN], grant.currency, raw=request.user.has_perm(SEE_WEBHOOKS))
    _attach(events[:ROWS_SHOWN], steps, raw=request.user.has_perm(SEE_EVENTS))
    return Timeline(steps, is_cut=max(len(deliveries), len(events)) > ROWS_SHOWN, now=_now(grant))


def _steps(
    changes: Iterable[GrantTransition], deliveries: Iterable[WebhookDelivery], currency: str, *, raw: bool
) -> list[Step]:
    """In the order in which they happened. A webhook belongs to the first change that it made, or is a step itself."""
    steps: list[Step] = []
    made_by: dict[uuid.UUID, Step] = {}
    for change in changes:
        step = _changed(change, currency)
        steps.append(step)
        if change.webhook_id is not None:
            made_by.setdefault(change.webhook_id, step)
    for delivery in deliveries:
        step = made_by.get(delivery.pk) or Step(delivery.received_at, delivery.event or "unreadable", cause="webhook")
        step.webhooks.append(_webhook(delivery, raw=raw))
        if delivery.pk not in made_by:
            steps.append(step)
    # Stable: changes of one moment stay in the order of their numbers.
    return sorted(steps, key=lambda step: step.at)


def _changed(change: GrantTransition, currency: str) -> Step:
    return Step(
        at=change.at,
        title=f"{change.from_status} → {change.to_status}" if change.from_status else change.to_status,
        status=change.to_status,
        life=change.life,
        cause=change.cause,
        by=change.actor,
        reason=change.reason,
        amounts=_amounts(change.amounts, currency),
    )


def _webhook(delivery: WebhookDelivery, *, raw: bool) -> Webhook:
    return Webhook(
        link=link(delivery, delivery.event or "unreadable"),
        received=when(delivery.received_at),
        outcome=delivery.get_outcome_display(),
        detail=delivery.detail,
        body=delivery.body if raw else "",
    )


def _attach(events: Iterable[OutgoingEvent], steps: list[Step], *, raw: bool) -> None:
    for event in events:
        step = _step_of(event, steps)
        told = step.told.setdefault(event.event_id, Told(f"{event.kind} {event.status}", ""))
        told.body = told.body or (event.body if raw else "")
        at = when(event.delivered_at or event.skipped_at or event.parked_at)
        told.sinks.append(
            Delivery(event.sink, link(event, event.sink), state_of(event), at, event.attempts, event.last_error)
        )


def _step_of(event: OutgoingEvent, steps: list[Step]) -> Step:
    """The step that made it: the last before it, and of several at one moment the one whose status it names."""
    before = [step for step in steps if step.at <= event.created_at]
    if not before:
        # There is no history that is as old.
        steps.insert(0, Step(event.created_at, "told"))
        return steps[0]
    of_moment = [step for step in before if step.at == before[-1].at]
    named = [step for step in of_moment if _name_of(step.status) == event.status]
    return (named or of_moment)[-1]


def _name_of(status: str) -> str:
    return STATUS_NAMES.get(Status(status), "") if status else ""


def _amounts(amounts: dict[str, Any], currency: str) -> str:
    known = ((name, value) for name, value in amounts.items() if isinstance(value, int))
    return ", ".join(f"{name.replace('_', ' ')} {display(value, currency)}" for name, value in known)


def _now(grant: Grant) -> list[str]:
    said = []
    if grant.attempts:
        last = f", the last at {when(grant.attempted_at)}" if grant.attempted_at else ""
        said.append(f"{_times(grant.attempts)} to credit it{last}.")
    if grant.wish_attempts:
        said.append(f"{_times(grant.wish_attempts)} to end it.")
    if grant.heard_at:
        said.append(f"The platform last spoke about it at {when(grant.heard_at)}.")
    return [*said, standing(grant)] if standing(grant) else said


def _times(calls: int) -> str:
    return f"The platform was called {calls} time{'s' * (calls != 1)}"
