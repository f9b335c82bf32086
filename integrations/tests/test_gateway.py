import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from integrations.models import Adapter
from integrations.platforms import breaker, gate, gateway
from integrations.platforms.base import CancelOrder, PlatformBonus, PlatformRefused, PlatformTrouble
from integrations.platforms.breaker import Outcome
from integrations.platforms.gateway import Answer, Gateway, PlatformUnavailable
from integrations.tests.gates import enter, open_breaker, pass_time
from integrations.tests.scripted_platform import Line, ScriptedPlatform, drop, reply, scripted_platform

pytestmark = pytest.mark.usefixtures("store")

GRANT_ID = uuid.UUID("01900000-0000-7000-8000-000000000001")
FOUND = reply(200, {"grant_id": str(GRANT_ID), "platform_bonus_id": "pb-1", "status": "active"})
NO = reply(422, {"code": "NO", "message": "no"})


@pytest.fixture
def server() -> Iterator[ScriptedPlatform]:
    with scripted_platform() as platform:
        yield platform


def adapter_at(server: ScriptedPlatform, **changes: Any) -> Adapter:
    fields = {"max_requests_per_second": 100_000, "total_timeout_ms": 10_000, **changes}
    return Adapter(slug="main", kind="simulator", base_url=server.url, **fields)


def ask(way: Gateway) -> Answer[PlatformBonus | None]:
    return way.status(grant_id=GRANT_ID, platform_bonus_id=None)


def in_flight(adapter: Adapter, limit: int) -> bool:
    return enter(adapter.pk, max_concurrency=limit).verdict == "full"


def test_answers_come_through(server: ScriptedPlatform) -> None:
    way = Gateway(adapter_at(server))
    server.will(FOUND, reply(404), reply(200))
    assert ask(way) == Answer(PlatformBonus("pb-1", "active"), breaker_closed=False)
    assert ask(way) == Answer(None, breaker_closed=False)
    assert way.cancel(CancelOrder(GRANT_ID, None, "expired")) == Answer(None, breaker_closed=False)
    assert [count.count for count in gate.counts(way.adapter.pk)] == [3, 0, 0]


def test_refusals_come_through_and_are_no_trouble(server: ScriptedPlatform) -> None:
    way = Gateway(adapter_at(server))
    server.will(*[NO] * 20)
    for _ in range(20):
        with pytest.raises(PlatformRefused) as caught:
            ask(way)
        assert (caught.value.code, caught.value.breaker_closed) == ("NO", False)
    assert breaker.state(way.adapter.pk).troubles == 0


@pytest.mark.parametrize("script", [reply(401), reply(503), drop], ids=["401", "503", "dropped"])
def test_platform_in_trouble_is_left_alone(server: ScriptedPlatform, script: Any) -> None:
    way = Gateway(adapter_at(server))
    server.will(*[script] * 10)
    for _ in range(10):
        assert way.available() == 0
        with pytest.raises(PlatformTrouble) as caught:
            ask(way)
        assert not isinstance(caught.value, PlatformUnavailable)
        assert caught.value.sent is True
    assert 0 < way.available() <= 5
    with pytest.raises(PlatformUnavailable) as unavailable:
        ask(way)
    assert (unavailable.value.sent, unavailable.value.breaker_closed) == (False, False)
    assert 0 < unavailable.value.retry_after <= 5
    assert len(server.requests) == 10


def test_answer_that_closes_the_breaker_says_so(server: ScriptedPlatform) -> None:
    way = Gateway(adapter_at(server))
    for script in (FOUND, reply(404)):
        open_breaker(way.adapter.pk)
        pass_time(way.adapter.pk, 5)
        server.will(script, FOUND)
        assert [ask(way).breaker_closed, ask(way).breaker_closed] == [True, False]


def test_refusal_that_closes_the_breaker_says_so(server: ScriptedPlatform) -> None:
    way = Gateway(adapter_at(server))
    open_breaker(way.adapter.pk)
    pass_time(way.adapter.pk, 5)
    server.will(NO)
    with pytest.raises(PlatformRefused) as caught:
        ask(way)
    assert caught.value.breaker_closed is True
    assert way.available() == 0


def test_probe_that_fails_keeps_it_open(server: ScriptedPlatform) -> None:
    way = Gateway(adapter_at(server))
    open_breaker(way.adapter.pk)
    pass_time(way.adapter.pk, 5)
    server.will(reply(500))
    with pytest.raises(PlatformTrouble) as caught:
        ask(way)
    assert caught.value.breaker_closed is False
    assert 5 < way.available() <= 10


def test_call_that_would_wait_too_long_for_its_slot_is_not_made(server: ScriptedPlatform) -> None:
    way = Gateway(adapter_at(server, max_requests_per_second=1, total_timeout_ms=200))
    server.will(FOUND)
    ask(way)
    with pytest.raises(PlatformUnavailable, match="too many requests") as caught:
        ask(way)
    assert 0.1 < caught.value.retry_after <= 1
    assert len(server.requests) == 1
    assert breaker.state(way.adapter.pk).troubles == 0


def test_call_without_a_place_is_not_made(server: ScriptedPlatform) -> None:
    way = Gateway(adapter_at(server, max_concurrency=1, total_timeout_ms=200))
    enter(way.adapter.pk)
    with pytest.raises(PlatformUnavailable, match="every place is taken"):
        ask(way)
    assert server.requests == []


@pytest.mark.parametrize("trouble", [RuntimeError, KeyboardInterrupt])
def test_place_is_given_back_however_a_call_ends(
    server: ScriptedPlatform, monkeypatch: pytest.MonkeyPatch, trouble: type[BaseException]
) -> None:
    class Broken:
        def status(self, **_: object) -> None:
            raise trouble

    monkeypatch.setattr(gateway, "platform_for", lambda _adapter: Broken())
    way = Gateway(adapter_at(server))
    with pytest.raises(trouble):
        ask(way)
    assert breaker.state(way.adapter.pk).troubles == (1 if trouble is RuntimeError else 0)
    assert not in_flight(way.adapter, 1)


def test_breaker_that_opened_while_waiting_for_the_slot_is_heeded(
    server: ScriptedPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = adapter_at(server, max_requests_per_second=1)
    way = Gateway(adapter)
    server.will(FOUND)
    ask(way)
    monkeypatch.setattr(time, "sleep", lambda _seconds: open_breaker(adapter.pk))
    with pytest.raises(PlatformUnavailable, match="breaker") as caught:
        ask(way)
    assert 0 < caught.value.retry_after <= 5
    assert len(server.requests) == 1
    pass_time(adapter.pk, 5)
    assert enter(adapter.pk, max_concurrency=1, patience=60).verdict == "go", "its place is free again"


def test_never_more_at_once_than_allowed(server: ScriptedPlatform) -> None:
    lock = threading.Lock()
    now, most = 0, 0
    three = threading.Barrier(3, timeout=60)

    def busy(line: Line) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        three.wait()
        with lock:
            now -= 1
        FOUND(line)

    server.will(*[busy] * 24)
    adapter = adapter_at(server, max_concurrency=3, total_timeout_ms=100_000)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: ask(Gateway(adapter)), range(24)))
    assert len(answers) == 24
    assert most == 3


def test_outcomes_are_counted(server: ScriptedPlatform) -> None:
    way = Gateway(adapter_at(server))
    server.will(FOUND, NO, reply(500))
    ask(way)
    for kind in (PlatformRefused, PlatformTrouble):
        with pytest.raises(kind):
            ask(way)
    assert {count.outcome: count.count for count in gate.counts(way.adapter.pk)} == {
        Outcome.OK: 1,
        Outcome.REFUSED: 1,
        Outcome.TROUBLE: 1,
    }
