import uuid
from collections.abc import Collection
from datetime import datetime

from django.db.models import BooleanField, Case, Exists, OuterRef, QuerySet, When

from integrations.models import OutgoingEvent
from integrations.sinks.base import Message

OPEN = {"delivered_at__isnull": True, "skipped_at__isnull": True}


def ready(sink: str, but_not_grants: Collection[uuid.UUID] = ()) -> QuerySet[OutgoingEvent]:
    """Pending events that no earlier parked one of their grant holds back.

    They are chosen by their state and never by a remembered id, because ids commit out of order. Within a grant they do
    not: its row is locked when its events are recorded.
    """
    parked = OutgoingEvent.objects.filter(sink=sink, parked_at__isnull=False, **OPEN)
    earlier = parked.filter(grant_id=OuterRef("grant_id"), id__lt=OuterRef("id"))
    # Inside CASE, PostgreSQL can make neither a join nor a list of it: one look into `event_parked` for each event, no
    # matter how many are parked and what the planner believes of it. Without, 200,000 parked grants stopped it dead.
    is_free = Case(When(Exists(earlier), then=False), default=True, output_field=BooleanField())
    found = waiting(sink).filter(is_free)
    return found.exclude(grant_id__in=but_not_grants) if but_not_grants else found


def waiting(sink: str) -> QuerySet[OutgoingEvent]:
    """Pending and not parked, in order of ids."""
    # `event_pending` must be read, in its order. After a burst the statistics say that nearly all is pending; then the
    # primary key looks as good to PostgreSQL, which wades through all that is delivered, batch by batch. It has the
    # order of ids and would do for `sink = …`; it can't give that of (sink, id) where `sink` is not one for sure.
    in_index = OutgoingEvent.objects.filter(sink__gte=sink, sink__lte=sink, parked_at__isnull=True, **OPEN)
    return in_index.order_by("sink", "id")


def has_ready(sink: str) -> bool:
    return bool(ready(sink).values_list("id")[:1])


def oldest_ready_at(sink: str) -> datetime | None:
    return ready(sink).values_list("created_at", flat=True).first()


def pick(sink: str, limit: int, *, but_not_grants: Collection[uuid.UUID] = ()) -> list[Message]:
    """The oldest that can go now, in order of ids: a batch has the events of a grant from its first open one on."""
    columns = ("id", "event_id", "kind", "grant_id", "user_id", "body")
    rows = ready(sink, but_not_grants).values_list(*columns)[:limit]
    return [Message(*row) for row in rows]
