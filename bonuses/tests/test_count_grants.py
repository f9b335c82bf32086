"""The rollup of the front page: as a count of all grants would say it, however often and by how many it is made."""

import threading
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections
from django.db.models import QuerySet
from django.utils import timezone

from bonuses.models import Grant, GrantDay
from bonuses.services import count_grants as service
from bonuses.services.count_grants import count_day, count_grants
from bonuses.tests.factories import GrantFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


class Clock:
    now = NOW


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Each count is a minute after the one before."""
    found = Clock()
    monkeypatch.setattr(timezone, "now", lambda: found.now)
    return found


def made(status: str = "active", *, days_ago: int = 0, **fields: Any) -> Grant:
    grant: Grant = GrantFactory(status=status, created_at=NOW - timedelta(days=days_ago), **fields)
    return grant


def figures(day: date = TODAY) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = GrantDay.objects.get(day=day).figures
    return found


def fresh(day: date) -> dict[str, dict[str, int]]:
    """Row by row, for grants in the base currency."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for grant in Grant.objects.all():
        if grant.created_at.date() == day:
            counted[grant.status].update(
                count=1,
                credited=int(grant.was_credited),
                cost=grant.amount_base if grant.was_credited else 0,
                turned_real=grant.bonus_turned_real or 0,
            )
    return {status: dict(counts) for status, counts in counted.items()}


def test_a_day_by_state_with_its_cost_in_the_base_currency() -> None:
    made("queued")
    made("failed")
    made("completed", bonus_turned_real=400)
    made("completed", bonus_turned_real=None)
    made(amount=1600, currency="JPY", exchange_rate=Decimal("0.00625"), amount_base=1000)
    made(
        "completed",
        amount=1600,
        currency="JPY",
        exchange_rate=Decimal("0.00625"),
        amount_base=1000,
        bonus_turned_real=800,
    )

    assert count_day(TODAY)

    assert figures() == {
        "queued": {"count": 1, "credited": 0, "cost": 0, "turned_real": 0},
        "failed": {"count": 1, "credited": 0, "cost": 0, "turned_real": 0},
        "active": {"count": 1, "credited": 1, "cost": 1000, "turned_real": 0},
        "completed": {"count": 3, "credited": 3, "cost": 3000, "turned_real": 900},
    }
    assert GrantDay.objects.get().counted_at == NOW


def test_a_day_begins_and_ends_at_midnight_utc() -> None:
    midnight = datetime(2026, 3, 10, tzinfo=UTC)
    for created_at in (midnight, midnight - timedelta(microseconds=1), midnight + timedelta(days=1)):
        GrantFactory(created_at=created_at)

    count_day(TODAY)
    count_day(TODAY - timedelta(days=1))

    assert figures()["active"]["count"] == 1
    assert figures(TODAY - timedelta(days=1))["active"]["count"] == 1


def test_counting_again_says_what_a_fresh_count_says(clock: Clock) -> None:
    grants = [made(days_ago=number % 3) for number in range(7)]
    count_grants()
    QuerySet(Grant).filter(pk__in=[grants[0].pk, grants[4].pk]).update(status="completed", bonus_turned_real=150)
    made("pending", days_ago=1)
    clock.now += timedelta(minutes=1)
    for _ in range(2):
        count_grants()
        for back in range(2):
            day = TODAY - timedelta(days=back)
            assert figures(day) == fresh(day)
    assert figures()["completed"] == {"count": 1, "credited": 1, "cost": 1000, "turned_real": 150}


def test_the_first_run_counts_every_day_and_the_next_ones_take_turns(clock: Clock) -> None:
    days = [TODAY - timedelta(days=back) for back in range(30)]
    assert count_grants() == days
    turns = []
    for _ in range(14):
        clock.now += timedelta(minutes=1)
        today, yesterday, *others = count_grants()
        assert (today, yesterday, len(others)) == (days[0], days[1], 2)
        turns += others
    assert sorted(turns, reverse=True) == days[2:]


def test_a_run_ends_when_its_time_is_up(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr(service, "SECONDS", 0.0)
    assert count_grants() == [TODAY]
    clock.now += timedelta(minutes=1)
    assert count_grants() == [TODAY]
    monkeypatch.setattr(service, "SECONDS", 60.0)
    assert len(count_grants()) == 30


def test_days_that_nobody_is_shown_are_forgotten(clock: Clock) -> None:
    count_grants()
    clock.now += timedelta(days=2)
    count_grants()
    kept = list(GrantDay.objects.values_list("day", flat=True))
    assert (len(kept), kept[0], kept[-1]) == (30, TODAY - timedelta(days=27), TODAY + timedelta(days=2))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_that_count_at_once_one_leaves_it_to_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    count, second = service.figures_of, []

    def meanwhile() -> None:
        made()
        second.append(count_day(TODAY))
        connections.close_all()

    def while_counting(day: date) -> service.Figures:
        found = count(day)
        monkeypatch.setattr(service, "figures_of", count)
        other = threading.Thread(target=meanwhile)
        other.start()
        other.join(30)
        return found

    made()
    monkeypatch.setattr(service, "figures_of", while_counting)
    assert count_day(TODAY)
    assert second == [False]
    # What came in between is in the next count, and never lost by the older one.
    assert figures()["active"]["count"] == 1
    assert count_day(TODAY)
    assert figures() == fresh(TODAY)
    assert figures()["active"]["count"] == 2
