"""What it costs to look at a page in two databases, one after the other so that whatever disturbs the machine disturbs
both."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from scripts.bench.base import BenchFailed
from scripts.bench.desk_sides import Sides

Addresses = tuple[str, str]
"""In the small and in the large database."""
LONG = 2.0
"""Seconds after which a page is looked at only `FEWER` times."""
FEWER = 3
TROUBLE = 500
CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET ", "SELECT set_config")
"""What is around the questions."""


@dataclass(frozen=True)
class Cost:
    name: str
    addresses: Addresses
    first: tuple[float, float]
    """Milliseconds of the first look, with nothing kept."""
    ms: tuple[float, float]
    """The median of the others: in the small, and in the large database."""
    statements: tuple[int, int]

    @property
    def ratio(self) -> float:
        return self.ms[1] / self.ms[0]

    def line(self) -> str:
        small, large = self.ms
        return (
            f"| {self.name} | {small:.1f} | {large:.1f} | {self.ratio:.2f} | {self.statements[1]} "
            f"| {self.first[0]:.0f} → {self.first[1]:.0f} |"
        )


HEAD = (
    "| page | ms, small | ms, large | ratio | statements | first look |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
)


def cost_of(sides: Sides, name: str, addresses: Addresses, *, times: int) -> Cost | None:
    """None where there is no page: it leads elsewhere, takes no GET, is not for such a row, or is a file."""
    first = [_look(side, address) for side, address in _both(sides, addresses)]
    if any(took is None for took in first):
        return None
    seconds = [took for took in first if took is not None]
    ms = medians(sides, addresses, times=FEWER if sum(seconds) > LONG else times)
    counts = [_statements(side, address) for side, address in _both(sides, addresses)]
    return Cost(name, addresses, (1000 * seconds[0], 1000 * seconds[1]), ms, (counts[0], counts[1]))


def medians(sides: Sides, addresses: Addresses, *, times: int) -> tuple[float, float]:
    """Milliseconds."""
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for each, (side, address) in zip(took, _both(sides, addresses), strict=True):
            each.append(_look(side, address) or 0.0)
    return 1000 * statistics.median(took[0]), 1000 * statistics.median(took[1])


def _both(sides: Sides, addresses: Addresses) -> Sequence[tuple[Any, str]]:
    return tuple(zip((sides.small, sides.large), addresses, strict=True))


def _look(side: Any, address: str) -> float | None:
    """Seconds."""
    with side.in_use() as client:
        began = time.perf_counter()
        response = client.get(address)
        took = time.perf_counter() - began
    if response.status_code >= TROUBLE:
        raise BenchFailed(f"{address} answered {response.status_code}.")
    is_page = response.status_code == 200 and not response.streaming
    return took if is_page else None


def _statements(side: Any, address: str) -> int:
    with side.in_use() as client, CaptureQueriesContext(connection) as asked:
        client.get(address)
        # Here, where the connection is still the one that was asked.
        return sum(not str(query["sql"]).startswith(CONTROL) for query in asked)
