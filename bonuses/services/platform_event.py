"""Webhooks in: each authenticated delivery is kept, and takes effect once, in one transaction with its record."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone
from structlog.contextvars import bind_contextvars

from bonuses.lifecycle import Cause, CauseKind
from bonuses.models import Grant
from bonuses.services.credit import hear
from bonuses.services.early import take_in_turn
from bonuses.services.transition import Change, GrantNotFound, lock_grant
from bonuses.webhook_events import MalformedEvent, PlatformEvent, parse
from integrations import webhook_outcomes
from integrations.errors import DomainError
from integrations.failpoints import failpoint
from integrations.models import Adapter, DeliveryOutcome, WebhookDelivery

SETTLED = (DeliveryOutcome.APPLIED, DeliveryOutcome.REPLAY)


@dataclass(frozen=True, slots=True)
class Received:
    """`new_status` is the grant's status after the delivery."""

    applied: bool
    new_status: str


class DeliveryNotReapplicable(DomainError):
    code = "DELIVERY_NOT_REAPPLICABLE"


class DeliveryFailed(Exception):
    """We could not take it in, through no fault of the platform: it is kept, and the platform should send it again."""


def receive(*, adapter: Adapter, body: bytes, headers: Mapping[str, str]) -> Received:
    """Take a delivery whose signature has been verified.

    Raises `MalformedEvent`, `GrantNotFound` and `DeliveryFailed`, the delivery kept; a replay is received and not
    applied.
    """
    delivery = WebhookDelivery(adapter=adapter, body=_as_text(body), headers=dict(headers), received_at=timezone.now())
    try:
        event = parse(body)
    except MalformedEvent as error:
        _keep(delivery, DeliveryOutcome.MALFORMED, detail=str(error.details))
        raise
    _describe(delivery, event)
    bind_contextvars(grant_id=str(event.grant_id))
    try:
        with transaction.atomic():
            grant = lock_grant(event.grant_id, adapter=adapter)
            _apply(delivery, event, grant, actor=adapter.slug)
            failpoint("webhook.applied")
    except GrantNotFound:
        _keep(delivery, DeliveryOutcome.UNKNOWN_GRANT)
        raise
    except Exception as error:
        if isinstance(error, IntegrityError) and _was_taken(delivery, event):
            return _replay(delivery, event)
        delivery.dedup_key = None
        _keep(delivery, DeliveryOutcome.FAILED, detail=f"{type(error).__name__}: {error}")
        raise DeliveryFailed(str(error)) from error
    webhook_outcomes.count(adapter.slug, delivery.outcome)
    return Received(applied=delivery.outcome == DeliveryOutcome.APPLIED, new_status=grant.status)


def reapply(*, delivery_id: uuid.UUID, actor: str) -> Received:
    """Have a kept delivery that did nothing take effect now, at an operator's wish.

    Raises `DeliveryNotReapplicable`, `MalformedEvent`, `GrantNotFound`.
    """
    delivery = WebhookDelivery.objects.select_related("adapter").get(pk=delivery_id)
    event = parse(delivery.body.encode())
    try:
        with transaction.atomic():
            grant = lock_grant(event.grant_id, adapter=delivery.adapter)
            # Whoever settles a delivery holds its grant's lock, so this is the last word on it.
            delivery.refresh_from_db(fields=["outcome", "dedup_key"])
            if delivery.outcome in SETTLED:
                raise DeliveryNotReapplicable(f"This delivery can't be applied again: it is {delivery.outcome}.")
            delivery.detail = ""
            _apply(delivery, event, grant, actor=actor)
    except IntegrityError as error:
        if not _was_taken(delivery, event):
            raise
        raise DeliveryNotReapplicable("Another delivery of this event has been applied.") from error
    return Received(applied=delivery.outcome == DeliveryOutcome.APPLIED, new_status=grant.status)


def _apply(delivery: WebhookDelivery, event: PlatformEvent, grant: Grant, *, actor: str) -> None:
    cause = Cause(CauseKind.WEBHOOK, actor=actor, webhook_id=delivery.pk)
    change = Change(grant, cause=cause, now=timezone.now())
    hear(change, platform_bonus_id=event.platform_bonus_id)
    delivery.outcome = take_in_turn(change, event, delivery)
    change.save()
    # The unique key decides which of several deliveries of one event counts; the others are undone whole.
    delivery.dedup_key = event.event_id
    delivery.save()


def _was_taken(delivery: WebhookDelivery, event: PlatformEvent) -> bool:
    others = WebhookDelivery.objects.exclude(pk=delivery.pk)
    return others.filter(adapter=delivery.adapter, dedup_key=event.event_id).exists()


def _replay(delivery: WebhookDelivery, event: PlatformEvent) -> Received:
    delivery.dedup_key = None
    _keep(delivery, DeliveryOutcome.REPLAY)
    status = Grant.objects.filter(pk=event.grant_id, adapter=delivery.adapter).values_list("status", flat=True).first()
    if status is None:
        raise GrantNotFound(event.grant_id)
    return Received(applied=False, new_status=status)


def _as_text(body: bytes) -> str:
    """As it came, where the database can hold it: PostgreSQL's text takes no NUL."""
    return body.decode(errors="backslashreplace").replace("\x00", "\\x00")


def _describe(delivery: WebhookDelivery, event: PlatformEvent) -> None:
    delivery.event = event.event[:64]
    delivery.event_id = event.event_id
    delivery.grant_id = event.grant_id


def _keep(delivery: WebhookDelivery, outcome: DeliveryOutcome, *, detail: str = "") -> None:
    delivery.outcome = outcome
    delivery.detail = detail[:500]
    delivery.save(force_insert=True)
    webhook_outcomes.count(delivery.adapter.slug, outcome)
