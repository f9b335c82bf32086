from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from integrations.models import OutgoingEvent
from integrations.outbox.pick import OPEN


@dataclass(frozen=True, slots=True)
class Backlog:
    sink: str
    pending: int
    """All that is neither delivered nor skipped; the parked ones among them."""
    parked: int
    oldest_at: datetime


def backlog() -> list[Backlog]:
    """Sinks with anything undelivered, whether or not they are still enabled."""
    waiting, parked = _counts(is_parked=False), _counts(is_parked=True)
    lines = []
    for sink in sorted(waiting | parked):
        found = [counts[sink] for counts in (waiting, parked) if sink in counts]
        pending, oldest_at = sum(count for count, _ in found), min(at for _, at in found)
        lines.append(Backlog(sink, pending, parked[sink][0] if sink in parked else 0, oldest_at))
    return lines


def _counts(*, is_parked: bool) -> dict[str, tuple[int, datetime]]:
    """Asked for apart, because each has an index of its own."""
    rows = OutgoingEvent.objects.filter(parked_at__isnull=not is_parked, **OPEN).order_by().values_list("sink")
    return {sink: (count, oldest_at) for sink, count, oldest_at in rows.annotate(Count("id"), Min("created_at"))}
