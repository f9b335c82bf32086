"""When many calls of one adapter begin: by a clock that only waiting moves."""

import time
import uuid
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from pytest_django import Settings

from integrations.models import Adapter
from integrations.platforms import bulk, gate
from integrations.platforms.answers import Granted
from integrations.platforms.base import PlatformBonus
from integrations.platforms.breaker import Outcome
from integrations.platforms.bulk import grant_many
from integrations.platforms.lines import Ended, Job
from integrations.tests.test_platform_bulk import order

GRANTED = Granted(PlatformBonus("pb-1", "credited"))


class Clock:
    def __init__(self) -> None:
        self.now = time.monotonic()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class PatientLine:
    """Each call ends the moment it begins."""

    room = None

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.began: list[float] = []
        self.under_way: list[Job] = []

    def begin(self, jobs: Sequence[Job]) -> None:
        self.began += [job.begin_at for job in jobs]
        self.under_way += jobs

    def ended(self, timeout: float) -> list[Ended]:
        until = self.clock.now + timeout
        through = [job for job in self.under_way if job.begin_at <= until]
        self.under_way = [job for job in self.under_way if job not in through]
        self.clock.now = max([self.clock.now, *(job.begin_at for job in through)]) if through else until
        return [Ended(job.index, GRANTED, Outcome.OK) for job in through]

    def close(self) -> None: ...


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Clock:
    settings.REDIS_URL = ""
    clock = Clock()
    for module in (bulk, gate):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock.monotonic, sleep=clock.sleep))
    return clock


@pytest.mark.parametrize("per_second", [10, 50, 400])
def test_pace_is_kept(monkeypatch: pytest.MonkeyPatch, clock: Clock, per_second: int) -> None:
    line, first = PatientLine(clock), clock.now
    monkeypatch.setattr(bulk, "line_for", lambda adapter: line)
    adapter = Adapter(slug="main", pk=uuid.uuid4(), max_requests_per_second=per_second, total_timeout_ms=10_000)
    calls = grant_many(adapter, [order(n) for n in range(30)], start_before=first + 60, may_go_on=lambda: True)
    assert calls.answers == [GRANTED] * 30
    assert line.began == pytest.approx([first + number / per_second for number in range(30)], abs=1e-6)
