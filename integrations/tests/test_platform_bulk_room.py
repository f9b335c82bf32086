"""Whoever has no way to call takes no place among the calls in flight, which others could use."""

import threading
import time
import uuid

import pytest

from integrations.models import Adapter
from integrations.platforms import bulk, gate
from integrations.platforms.answers import Granted
from integrations.platforms.base import CancelOrder, GrantOrder, PlatformBonus
from integrations.platforms.breaker import Outcome
from integrations.platforms.bulk import grant_many
from integrations.platforms.limits import Verdict
from integrations.platforms.lines import ThreadLine
from integrations.tests.gates import enter
from integrations.tests.test_platform_bulk import order

pytestmark = pytest.mark.usefixtures("store")

THREADS = 3


class Together:
    """Credits when all threads are at it, and notes who else could call just then."""

    def __init__(self, adapter: Adapter) -> None:
        self.adapter_id = adapter.pk
        self.free: list[bool] = []
        self.all = threading.Barrier(THREADS, action=self._look, timeout=60)

    def grant(self, order: GrantOrder) -> PlatformBonus:
        self.all.wait()
        return PlatformBonus("pb-1", "credited")

    def cancel(self, order: CancelOrder) -> None: ...

    def status(self, *, grant_id: uuid.UUID, platform_bonus_id: str | None) -> PlatformBonus | None:
        return None

    def _look(self) -> None:
        found = enter(self.adapter_id, max_concurrency=THREADS + 1)
        self.free.append(found.verdict is Verdict.GO)
        if found.verdict is Verdict.GO:
            gate.leave(self.adapter_id, found, Outcome.ABANDONED)


def test_no_more_places_than_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = Adapter(slug="main", pk=uuid.uuid4(), max_requests_per_second=100_000, max_concurrency=64)
    platform = Together(adapter)
    monkeypatch.setattr(bulk, "line_for", lambda adapter: ThreadLine(platform, threads=THREADS))
    orders = [order(number) for number in range(4 * THREADS)]
    calls = grant_many(adapter, orders, start_before=time.monotonic() + 60, may_go_on=lambda: True)
    assert calls.answers == [Granted(PlatformBonus("pb-1", "credited"))] * len(orders)
    assert platform.free == [True] * 4
