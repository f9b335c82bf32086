"""How much waits, counted in full for the metrics, and at a glance for pages and probes, however much that is."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, QuerySet

from integrations.models import OutgoingEvent
from integrations.outbox import pick

COUNTED_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Backlog:
    sink: str
    pending: int
    """All that is neither delivered nor skipped; the parked ones among them."""
    parked: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Glance:
    """Counts of `COUNTED_AT_MOST + 1` say no more than: more than that."""

    pending: int = 0
    """The parked ones among them."""
    parked: int = 0
    oldest_at: datetime | None = None
    ready_since: datetime | None = None
    """Since when the oldest waits that nothing parked holds back: only a deliverer is missing."""


def backlog() -> list[Backlog]:
    """Sinks with anything undelivered, whether or not they are still enabled. Counts all of it."""
    waiting = dict(_open(is_parked=False).values_list("sink").annotate(Count("id")))
    aggregated = _open(is_parked=True).values_list("sink").annotate(Count("id"), Min("created_at"))
    parked = {sink: found for sink, *found in aggregated}
    lines = []
    for sink in sorted(waiting.keys() | parked.keys()):
        held, held_since = parked.get(sink, (0, None))
        # The smallest id's: to find the smallest time, every row would have to be read.
        oldest_at = pick.waiting(sink).values_list("created_at", flat=True).first()
        ages = [at for at in (held_since, oldest_at) if at is not None]
        # In between all of them may have gone.
        if ages:
            lines.append(Backlog(sink, waiting.get(sink, 0) + held, held, min(ages)))
    return lines


def glance(sink: str) -> Glance:
    # In the order of an index each; what is parked, by grant, which is roughly by age.
    waiting, waiting_since = _first(pick.waiting(sink))
    parked, parked_since = _first(_open(is_parked=True).filter(sink=sink).order_by("grant_id", "id"))
    ages = [at for at in (waiting_since, parked_since) if at is not None]
    ready_since = pick.oldest_ready_at(sink) if waiting else None
    return Glance(min(waiting + parked, COUNTED_AT_MOST + 1), parked, min(ages, default=None), ready_since)


def _open(*, is_parked: bool) -> QuerySet[OutgoingEvent]:
    """Asked for apart, because each has an index of its own."""
    return OutgoingEvent.objects.filter(parked_at__isnull=not is_parked, **pick.OPEN).order_by()


def _first(rows: QuerySet[OutgoingEvent]) -> tuple[int, datetime | None]:
    """How many there are, up to a point, and when the oldest of them was made."""
    first = rows[: COUNTED_AT_MOST + 1].values("created_at")
    found = first.aggregate(count=Count("*"), oldest_at=Min("created_at"))
    return found["count"], found["oldest_at"]
