"""Counts the grants of each of the last days by what has become of them.

A grant changes long after the day on which it was made, so the days are counted again and again: the newest at every
run, those before in turn. Each is one statement over the grants of one day, however many there are besides.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from decimal import ROUND_HALF_EVEN, Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Aggregate, Count, DecimalField, ExpressionWrapper, F, Q, Sum
from django.utils import timezone

from bonuses.models import Grant, GrantDay
from integrations.currencies import exponent

DAYS = 30
IN_TURN = 2
"""Earlier days counted again in one run, the one that has waited longest first."""
SECONDS = 10.0
"""After which a run ends: the first one may find thirty days to count. The next goes on."""

Figures = dict[str, Counter[str]]

_AMOUNT: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=60, decimal_places=12)
_COUNTED: dict[str, Aggregate] = {
    "count": Count("pk"),
    "credited": Count("activated_at"),
    "cost": Sum("amount_base", filter=Q(activated_at__isnull=False)),
    "turned_real": Sum(ExpressionWrapper(F("bonus_turned_real") * F("exchange_rate"), output_field=_AMOUNT)),
}


def count_grants() -> list[date]:
    """The days that were counted, in that order."""
    today, until = timezone.now().date(), time.monotonic() + SECONDS
    days = [today - timedelta(days=back) for back in range(DAYS)]
    GrantDay.objects.filter(day__lt=days[-1]).delete()
    counted = []
    for day in _in_order(days):
        if count_day(day):
            counted.append(day)
        if time.monotonic() >= until:
            break
    return counted


def _in_order(days: Sequence[date]) -> list[date]:
    """Today, and yesterday, whose last grants may have come after its last count; then those never counted."""
    recent, earlier = days[:2], days[2:]
    known = GrantDay.objects.filter(counted_at__isnull=False)
    oldest_count_first = list(known.filter(day__in=earlier).order_by("counted_at").values_list("day", flat=True))
    never = [day for day in earlier if day not in oldest_count_first]
    return [*recent, *never, *oldest_count_first[:IN_TURN]]


def count_day(day: date) -> bool:
    """False when somebody else is counting it just now.

    The row is locked before the count, so that who writes later has seen more.
    """
    GrantDay.objects.get_or_create(day=day)
    with transaction.atomic():
        row = GrantDay.objects.select_for_update(skip_locked=True).filter(day=day).first()
        if row is None:
            return False
        row.counted_at = timezone.now()
        row.figures = figures_of(day)
        row.save()
    return True


def figures_of(day: date) -> Figures:
    """Counted anew. `cost` is the face value of what was credited; it and `turned_real` are in the base currency."""
    began = datetime.combine(day, time_of_day.min, tzinfo=UTC)
    made = Grant.objects.filter(created_at__gte=began, created_at__lt=began + timedelta(days=1)).order_by()
    figures: Figures = defaultdict(Counter)
    for row in made.values("status", "currency").annotate(**_COUNTED):
        figures[row["status"]].update(
            count=row["count"],
            credited=row["credited"],
            cost=row["cost"] or 0,
            turned_real=_in_base(row["turned_real"] or Decimal(0), row["currency"]),
        )
    return dict(figures)


def _in_base(amount: Decimal, currency: str) -> int:
    """Minor units of a sum that was multiplied by its rates already, rounded once."""
    shifted = amount.scaleb(exponent(settings.BASE_CURRENCY) - exponent(currency))
    return int(shifted.to_integral_value(ROUND_HALF_EVEN))
