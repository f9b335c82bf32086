"""How much waits, counted in full for the metrics, and at a glance for pages and probes, however much that is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, DateTimeField, IntegerField, Min, QuerySet, Subquery, When
from django.db.models.functions import Now

from integrations.models import OutgoingEvent, SinkState
from integrations.outbox import pick
from integrations.sinks.registry import SINKS

COUNTED_AT_MOST = 10_000
OLDEST = "MIN(few.created_at)"


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


def sinks() -> list[SinkState]:
    """All of them, for `glance_of`, in one statement. One that is enabled has its row made if nothing has yet."""
    found = list(with_glances(SinkState.objects.all()))
    missing = set(settings.EVENT_SINKS) - {state.sink for state in found}
    if not missing:
        return found
    SinkState.objects.bulk_create([SinkState(sink=sink) for sink in sorted(missing)], ignore_conflicts=True)
    return list(with_glances(SinkState.objects.all()))


def with_glances(states: QuerySet[SinkState]) -> QuerySet[SinkState]:
    """For `glance_of`; `asked_at` is the database's time, which leases go by.

    Each sink is asked about by its name. Where the name came from the row, PostgreSQL would not see that an index has
    the order that is wanted, and would read all that waits.
    """
    most = COUNTED_AT_MOST + 1
    time: DateTimeField[Any, Any] = DateTimeField()
    number: IntegerField[Any, Any] = IntegerField()
    return states.annotate(
        asked_at=Now(),
        waiting_count=_by_name(lambda sink: _Over(_waiting(sink)[:most], output_field=number, function="COUNT(*)")),
        waiting_since=_by_name(lambda sink: _Over(_waiting(sink)[:most], output_field=time, function=OLDEST)),
        parked_count=_by_name(lambda sink: _Over(_parked(sink)[:most], output_field=number, function="COUNT(*)")),
        parked_since=_by_name(lambda sink: _Over(_parked(sink)[:most], output_field=time, function=OLDEST)),
        ready_since=_by_name(lambda sink: Subquery(pick.ready(sink).values("created_at")[:1], output_field=time)),
    )


def glance_of(state: SinkState) -> Glance:
    """As `glance`, of a row that was read `with_glances`."""
    found: dict[str, Any] = state.__dict__
    waiting, parked = found["waiting_count"] or 0, found["parked_count"] or 0
    ages = [at for at in (found["waiting_since"], found["parked_since"]) if at is not None]
    return Glance(min(waiting + parked, COUNTED_AT_MOST + 1), parked, min(ages, default=None), found["ready_since"])


def _by_name(question: Callable[[str], Subquery]) -> Case:
    names = sorted({*SINKS, *settings.EVENT_SINKS})
    return Case(*(When(sink=sink, then=question(sink)) for sink in names))


def _waiting(sink: str) -> QuerySet[OutgoingEvent, Any]:
    return pick.waiting(sink).values("created_at")


def _parked(sink: str) -> QuerySet[OutgoingEvent, Any]:
    return _open(is_parked=True).filter(sink=sink).order_by("grant_id", "id").values("created_at")


class _Over(Subquery):
    """An aggregate over as many rows as a question is limited to."""

    template = "(SELECT %(function)s FROM (%(subquery)s) few)"


def _open(*, is_parked: bool) -> QuerySet[OutgoingEvent]:
    """Asked for apart, because each has an index of its own."""
    return OutgoingEvent.objects.filter(parked_at__isnull=not is_parked, **pick.OPEN).order_by()


def _first(rows: QuerySet[OutgoingEvent]) -> tuple[int, datetime | None]:
    """How many there are, up to a point, and when the oldest of them was made."""
    first = rows[: COUNTED_AT_MOST + 1].values("created_at")
    found = first.aggregate(count=Count("*"), oldest_at=Min("created_at"))
    return found["count"], found["oldest_at"]
