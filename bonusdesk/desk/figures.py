"""What has become of the grants of the last days, as the schedule last counted them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings

from bonuses.lifecycle import LIVE, Status
from bonuses.models import GrantDay
from bonuses.money import display
from bonuses.services.count_grants import DAYS
from integrations.admin.health import share

CHARTED = 14
"""Days in the charts and their tables."""
LATE = timedelta(minutes=5)
"""The schedule counts every minute."""
COMPLETED = frozenset({Status.COMPLETED, Status.AUTO_COMPLETED})


@dataclass(frozen=True, slots=True)
class Totals:
    made: int
    live: int
    completed: int
    ended: int
    """Otherwise."""
    failed: int
    credited: int
    cost: int
    turned_real: int
    """Both in minor units of the base currency."""

    @property
    def cost_shown(self) -> str:
        return display(self.cost, settings.BASE_CURRENCY)

    @property
    def turned_real_shown(self) -> str:
        return display(self.turned_real, settings.BASE_CURRENCY)

    @property
    def conversion(self) -> str:
        return share(self.completed, self.credited)


@dataclass(frozen=True, slots=True)
class Overview:
    counted_at: datetime | None
    """Of today; the days before may have been counted up to some twenty minutes earlier."""
    is_late: bool
    uncounted: int
    """Days of which nothing is known yet."""
    today: Totals
    month: Totals
    days: list[tuple[date, Totals]]
    by_state: list[tuple[str, int, int]]
    """Status, how many of today, how many of all days."""


def overview(now: datetime) -> Overview:
    today = now.date()
    rows = {row.day: row for row in GrantDay.objects.filter(counted_at__isnull=False)}
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    figures = {day: rows[day].figures if day in rows else {} for day in days}
    counted_at = rows[today].counted_at if today in rows else None
    return Overview(
        counted_at=counted_at,
        is_late=counted_at is None or now - counted_at > LATE,
        uncounted=sum(day not in rows for day in days),
        today=totals([figures[today]]),
        month=totals(figures.values()),
        days=[(day, totals([figures[day]])) for day in days[-CHARTED:]],
        by_state=[(s.value, _count(figures[today], s), sum(_count(f, s) for f in figures.values())) for s in Status],
    )


def totals(days: Iterable[dict[str, dict[str, int]]]) -> Totals:
    counts: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for figures in days:
        for status, counted in figures.items():
            counts[status] += counted["count"]
            sums.update(counted)
    live, completed = (sum(counts[status] for status in some) for some in (LIVE, COMPLETED))
    failed = counts[Status.FAILED]
    return Totals(
        made=sums["count"],
        live=live,
        completed=completed,
        ended=sums["count"] - live - completed - failed,
        failed=failed,
        credited=sums["credited"],
        cost=sums["cost"],
        turned_real=sums["turned_real"],
    )


def _count(figures: dict[str, dict[str, int]], status: Status) -> int:
    return figures[status]["count"] if status in figures else 0
