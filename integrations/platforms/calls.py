"""How calls to an adapter have ended and how long they took, counted for the metrics."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from uuid import UUID

from integrations.platforms.breaker import Outcome

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
COUNTED = (Outcome.OK, Outcome.REFUSED, Outcome.TROUBLE)

local: defaultdict[UUID, Counter[str]] = defaultdict(Counter)


@dataclass(frozen=True, slots=True)
class CallCount:
    outcome: Outcome
    count: int
    seconds: float
    up_to: dict[float, int]
    """How many took no longer than each of `BOUNDS`."""


def fields(outcome: Outcome, seconds: float) -> tuple[str, str]:
    """The two counters that one call raises: one by 1, the other by its microseconds."""
    return f"{outcome}:{bisect_left(BOUNDS, seconds)}", f"{outcome}:micros"


def added_up(ended: Iterable[tuple[Outcome, float]]) -> Counter[str]:
    """What many calls raise, and by how much."""
    total: Counter[str] = Counter()
    for outcome, seconds in ended:
        if outcome is not Outcome.ABANDONED:
            count, micros = fields(outcome, seconds)
            total[count] += 1
            total[micros] += round(seconds * 1_000_000)
    return total


def counts(raw: Mapping[str, str | int]) -> list[CallCount]:
    return [_count(outcome, raw) for outcome in COUNTED]


def _count(outcome: Outcome, raw: Mapping[str, str | int]) -> CallCount:
    *within, total = accumulate(int(raw.get(f"{outcome}:{i}", 0)) for i in range(len(BOUNDS) + 1))
    return CallCount(
        outcome, total, int(raw.get(f"{outcome}:micros", 0)) / 1_000_000, dict(zip(BOUNDS, within, strict=True))
    )
