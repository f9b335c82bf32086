"""Removes what has been kept long enough, in batches of a transaction each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from integrations.models import DeliveryOutcome, OutgoingEvent, SinkState, WebhookDelivery

BATCH = 2000


@dataclass(slots=True)
class Pruned:
    deliveries: int = 0
    events: int = 0


def prune(*, on_batch: Callable[[Pruned], None] = lambda pruned: None) -> Pruned:
    pruned, now = Pruned(), timezone.now()
    deliveries = _old_deliveries(now - timedelta(days=settings.KEEP_DELIVERIES_DAYS))
    while count := _delete_batch(deliveries.order_by("received_at", "id")):
        pruned.deliveries += count
        on_batch(pruned)
    before, last = now - timedelta(days=settings.KEEP_EVENTS_DAYS), 0
    while window := _next_events(last, before):
        count = _prune_events(window, before)
        last, pruned.events = window[-1], pruned.events + count
        if count:
            on_batch(pruned)
    return pruned


def _old_deliveries(before: datetime) -> QuerySet[WebhookDelivery]:
    """Those that wait for the change they build on stay."""
    return WebhookDelivery.objects.filter(received_at__lt=before).exclude(outcome=DeliveryOutcome.EARLY)


def _next_events(after: int, before: datetime) -> list[int]:
    """The ids after that one, in their order, until none of them is old enough to have been done with before.

    Each id is looked at once a night, so what has to stay (the backlog of a sink that is down) slows nothing down.
    """
    rows = list(OutgoingEvent.objects.filter(id__gt=after).order_by("id").values_list("id", "created_at")[:BATCH])
    return [pk for pk, _ in rows] if any(created_at < before for _, created_at in rows) else []


def _prune_events(ids: Sequence[int], before: datetime) -> int:
    """An event goes when every sink that was to get it has had it, or skipped it, for long enough.

    A sink that is no longer enabled counts too. What a sink has noted as in flight stays until that is cleared up.
    """
    elsewhere = OutgoingEvent.objects.filter(grant_id=OuterRef("grant_id"), event_id=OuterRef("event_id"))
    old = OutgoingEvent.objects.filter(
        _done_before(before), ~Exists(elsewhere.exclude(_done_before(before))), id__in=ids
    )
    found = set(old.values_list("id", flat=True)) - _in_flight()
    # Asked once more: one that is sent again in between must stay.
    return OutgoingEvent.objects.filter(_done_before(before), id__in=found).delete()[0]


def _done_before(before: datetime) -> Q:
    return Q(delivered_at__lt=before) | Q(delivered_at__isnull=True, skipped_at__lt=before)


def _in_flight() -> set[int]:
    noted = SinkState.objects.filter(in_flight__isnull=False).values_list("in_flight", flat=True)
    return {pk for flight in noted if flight for pk in flight["ids"]}


def _delete_batch(old: QuerySet[Any]) -> int:
    ids = list(old.values_list("pk", flat=True)[:BATCH])
    if ids:
        old.model._default_manager.filter(pk__in=ids).delete()
    return len(ids)
