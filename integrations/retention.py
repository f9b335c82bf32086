"""Removes what has been kept long enough, in batches of a transaction each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from integrations.models import DeliveryOutcome, OutgoingEvent, WebhookDelivery

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
    events = _old_events(now - timedelta(days=settings.KEEP_EVENTS_DAYS))
    while count := _delete_batch(events.order_by("id")):
        pruned.events += count
        on_batch(pruned)
    return pruned


def _old_deliveries(before: datetime) -> QuerySet[WebhookDelivery]:
    """Those that wait for the change they build on stay."""
    return WebhookDelivery.objects.filter(received_at__lt=before).exclude(outcome=DeliveryOutcome.EARLY)


def _old_events(before: datetime) -> QuerySet[OutgoingEvent]:
    """An event goes when every sink that was to get it has had it, or skipped it, for long enough."""
    done = Coalesce(F("delivered_at"), F("skipped_at"))
    elsewhere = OutgoingEvent.objects.filter(grant_id=OuterRef("grant_id"), event_id=OuterRef("event_id"))
    kept_elsewhere = elsewhere.annotate(done_at=done).filter(Q(done_at__isnull=True) | Q(done_at__gte=before))
    return OutgoingEvent.objects.annotate(done_at=done).filter(~Exists(kept_elsewhere), done_at__lt=before)


def _delete_batch(old: QuerySet[Any]) -> int:
    ids = list(old.values_list("pk", flat=True)[:BATCH])
    if ids:
        old.model._default_manager.filter(pk__in=ids).delete()
    return len(ids)
