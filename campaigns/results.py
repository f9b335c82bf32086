"""What has come of a campaign: its grants by the day they were given, in the base currency, read in one statement."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate

from bonuses.lifecycle import LIVE, Status
from bonuses.models import Grant
from bonuses.money import convert
from campaigns.models import Campaign

COMPLETED = (Status.COMPLETED, Status.AUTO_COMPLETED)
IS_COMPLETED, IS_LIVE = Q(status__in=COMPLETED), Q(status__in=LIVE)
# Promised, but never given by the platform.
NEVER_GIVEN = Q(status__in=(Status.QUEUED, Status.FAILED)) | Q(status=Status.CANCELLED, platform_bonus_id="")


@dataclass(slots=True)
class Result:
    """Of one day, or all together. Amounts are minor units of the base currency."""

    given: int = 0
    cost: int = 0
    """At face value, at the locked rates."""
    live: int = 0
    completed: int = 0
    ended: int = 0
    """In any other way."""
    turned_real: int = 0

    def add(self, other: "Result") -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


def results_by_day(campaign: Campaign) -> dict[date, Result]:
    """Days in UTC, in their order; those without a grant are left out."""
    given = Grant.objects.filter(campaign_id=campaign.pk).exclude(NEVER_GIVEN).order_by()
    # Money adds up within one currency at one rate only; there are few of these a day.
    grouped = given.values("currency", "exchange_rate", day=TruncDate("created_at")).annotate(
        given=Count("pk"),
        cost=Sum("amount_base"),
        live=Count("pk", filter=IS_LIVE),
        completed=Count("pk", filter=IS_COMPLETED),
        real=Sum("bonus_turned_real"),
    )
    days: dict[date, Result] = {}
    for row in sorted(grouped, key=lambda row: row["day"]):
        days.setdefault(row["day"], Result()).add(_result(row))
    return days


def total_of(days: dict[date, Result]) -> Result:
    total = Result()
    for each in days.values():
        total.add(each)
    return total


def _result(row: dict[str, Any]) -> Result:
    given, live, completed = row["given"], row["live"], row["completed"]
    return Result(
        given=given,
        cost=int(row["cost"]),
        live=live,
        completed=completed,
        ended=given - live - completed,
        turned_real=_in_base(int(row["real"] or 0), row),
    )


def _in_base(amount: int, row: dict[str, Any]) -> int:
    currency = row["currency"]
    if currency == settings.BASE_CURRENCY:
        return amount
    return convert(amount, rate=row["exchange_rate"], from_currency=currency, to_currency=settings.BASE_CURRENCY)
