"""How calls to a platform and deliveries to a sink go, in numbers and words."""

from collections.abc import Sequence
from datetime import datetime

import redis
from django.conf import settings

from integrations.admin.common import Table
from integrations.models import Adapter, OutgoingEvent, SinkState
from integrations.platforms import gate
from integrations.platforms.breaker import Outcome
from integrations.platforms.calls import CallCount

LATEST = 1000
"""Events that are looked at for how long a delivery takes."""
IN_WORDS = {
    Outcome.OK: "answered",
    Outcome.REFUSED: "refused",
    Outcome.TROUBLE: "gave no usable answer",
}
UNTOLD = "Redis, which counts for all processes, does not answer"


def share(part: int, whole: int) -> str:
    """Rounded down, so that 100 % is said of all and of nothing else."""
    return f"{1000 * part // whole / 10:.1f} %" if whole else "-"


def duration(seconds: float) -> str:
    """In words, such as `25 ms`, `1.2 s`, `12 min`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def calls_in_words(adapter: Adapter) -> str:
    counts = counts_of(adapter)
    if counts is None:
        return UNTOLD
    total = sum(count.count for count in counts)
    answered = sum(count.count for count in counts if count.outcome is not Outcome.TROUBLE)
    if not total:
        return "none yet"
    return f"{share(answered, total)} of {total:,} answered, 95 % {within(counts, 95)}"


def calls_table(adapter: Adapter) -> Table:
    whose = "all processes" if settings.REDIS_URL else "this process; without Redis each counts for itself"
    counts = counts_of(adapter)
    columns = ("What the platform did", "Calls", "Share", "Mean", "Half", "95 %", "99 %")
    if counts is None:
        return Table("Calls", columns, [], empty=f"{UNTOLD}.")
    total = sum(count.count for count in counts)
    rows = [_row(IN_WORDS[count.outcome], [count], total) for count in counts if count.count]
    if len(rows) > 1:
        rows.append(_row("all together", counts, total))
    return Table(f"Calls of {whose}", columns, rows, empty="None yet.")


def counts_of(adapter: Adapter) -> list[CallCount] | None:
    """None when they can't be had: one process's own would look like a fall."""
    try:
        return gate.counts(adapter.pk)
    except redis.RedisError:
        return None


def within(counts: Sequence[CallCount], percent: int) -> str:
    """How long that many of a hundred took at most, as far as the counters' bounds tell."""
    total = sum(count.count for count in counts)
    for bound in counts[0].up_to:
        if 100 * sum(count.up_to[bound] for count in counts) >= percent * total:
            return f"within {duration(bound)}"
    return "longer than 10 s"


def _row(name: str, counts: Sequence[CallCount], total: int) -> tuple[str, ...]:
    count = sum(one.count for one in counts)
    mean = sum(one.seconds for one in counts) / count
    longest = (within(counts, percent) for percent in (50, 95, 99))
    return (name, f"{count:,}", share(count, total), duration(mean), *longest)


def taken_in_words(state: SinkState) -> str:
    tries = state.delivered + state.refused + state.troubles
    return f"{share(state.delivered, tries)} of {tries:,}" if tries else "none yet"


def delay_in_words(state: SinkState) -> str:
    """From a change to its delivery. Of the latest events only, by their ids: of all, each would have to be read."""
    latest = OutgoingEvent.objects.order_by("-id").values_list("sink", "created_at", "delivered_at")[:LATEST]
    delays = [_between(made, delivered) for sink, made, delivered in latest if sink == state.sink and delivered]
    if not delays:
        return f"none delivered among the latest {LATEST:,}"
    half, most = _at_most(delays, 50), _at_most(delays, 95)
    return (
        f"half within {duration(half)}, 95 % within {duration(most)} (of {len(delays):,} among the latest {LATEST:,})"
    )


def _between(made: datetime, delivered: datetime) -> float:
    """The clocks of the one who recorded it and of the database may differ a little."""
    return max((delivered - made).total_seconds(), 0.0)


def _at_most(delays: Sequence[float], percent: int) -> float:
    """What that many of a hundred did not exceed."""
    return sorted(delays)[-(-len(delays) * percent // 100) - 1]
