import uuid
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from integrations.models import OutgoingEvent
from integrations.sinks.base import Message

OPEN = {"delivered_at__isnull": True, "skipped_at__isnull": True}


def _ready(sink: str, but_not_grants: Collection[uuid.UUID] = ()) -> QuerySet[OutgoingEvent]:
    """Pending events that no earlier parked one of their grant holds back.

    They are chosen by their state and never by a remembered id, because ids commit out of order. Within a grant they do
    not: its row is locked when its events are recorded.
    """
    parked = OutgoingEvent.objects.filter(sink=sink, parked_at__isnull=False, **OPEN)
    earlier = parked.filter(grant_id=OuterRef("grant_id"), id__lt=OuterRef("id"))
    # The first half would do but for an early event that is sent again. It is what makes this cheap whatever the
    # planner believes: PostgreSQL looks into a hash of the parked grants, where the second half alone becomes a join.
    is_free = ~Q(grant_id__in=parked.order_by().values("grant_id")) | ~Exists(earlier)
    ready = OutgoingEvent.objects.filter(is_free, sink=sink, parked_at__isnull=True, **OPEN)
    return ready.exclude(grant_id__in=but_not_grants) if but_not_grants else ready


def has_ready(sink: str) -> bool:
    return _ready(sink).exists()


def pick(sink: str, limit: int, *, but_not_grants: Collection[uuid.UUID] = ()) -> list[Message]:
    """The oldest that can go now, in order of ids: a batch has the events of a grant from its first open one on."""
    columns = ("id", "event_id", "kind", "grant_id", "user_id", "body")
    rows = _ready(sink, but_not_grants).order_by("id").values_list(*columns)[:limit]
    return [Message(*row) for row in rows]
