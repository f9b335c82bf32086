"""Many calls of one adapter at once, under its limits and its breaker. What one call must do is in the contract's."""

import os
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from pytest_django import Settings

from integrations import addresses, http_loop
from integrations.models import Adapter
from integrations.platforms import breaker, bulk, gate, registry
from integrations.platforms.answers import Granted, NotSent, Refused, Unknown
from integrations.platforms.base import GrantOrder, PlatformBonus, Wagering
from integrations.platforms.breaker import Outcome
from integrations.platforms.bulk import Calls, grant_many
from integrations.platforms.lines import Ended, HttpLine, Job
from integrations.tests.certificates import Authority
from integrations.tests.gates import enter, open_breaker, pass_time
from integrations.tests.scripted_platform import Line, ScriptedPlatform, raw, reply, scripted_platform, silence
from integrations.tests.threads import in_thread

pytestmark = pytest.mark.usefixtures("store")

CREDITED = reply(201, {"platform_bonus_id": "pb-1", "status": "credited"})
GRANTED = Granted(PlatformBonus("pb-1", "credited"))
NO = reply(422, {"code": "NO", "message": "no"})
DOWN = reply(503)


@pytest.fixture
def server() -> Iterator[ScriptedPlatform]:
    with scripted_platform() as platform:
        yield platform


def adapter_at(server: ScriptedPlatform, **changes: Any) -> Adapter:
    fields = {"max_requests_per_second": 100_000, "total_timeout_ms": 10_000, **changes}
    return Adapter(slug="main", kind="simulator", base_url=server.url, token="tok", signing_secret="sec", **fields)


def order(number: int) -> GrantOrder:
    wagering = Wagering(Decimal(30), "bonus", 300000, None, {}, None)
    return GrantOrder(uuid.UUID(int=number), f"p-{number}", "cash", 100, "EUR", wagering, None, {}, "campaign", None)


def grant(adapter: Adapter, count: int, *, may_go_on: Callable[[], bool] = lambda: True, seconds: float = 60) -> Calls:
    orders = [order(number) for number in range(count)]
    return grant_many(adapter, orders, start_before=time.monotonic() + seconds, may_go_on=may_go_on)


def in_flight(adapter: Adapter, limit: int) -> bool:
    return enter(adapter.pk, max_concurrency=limit).verdict == "full"


def test_answers_are_in_the_order_of_the_orders(server: ScriptedPlatform) -> None:
    server.will(CREDITED, NO, DOWN, reply(201, {"platform_bonus_id": "pb-2", "status": "pending"}))
    adapter = adapter_at(server, max_concurrency=1)
    assert grant(adapter, 4) == Calls(
        [GRANTED, Refused("NO", "no"), Unknown("HTTP 503"), Granted(PlatformBonus("pb-2", "pending"))],
        breaker_closed=False,
        wait=0.0,
    )
    assert [seen.json["player_external_id"] for seen in server.requests] == ["p-0", "p-1", "p-2", "p-3"]
    assert {count.outcome: count.count for count in gate.counts(adapter.pk)} == {
        Outcome.OK: 2,
        Outcome.REFUSED: 1,
        Outcome.TROUBLE: 1,
    }
    assert not in_flight(adapter, 1)


def test_nothing_to_call(server: ScriptedPlatform) -> None:
    assert grant(adapter_at(server), 0) == Calls([], breaker_closed=False, wait=0.0)


def test_never_more_at_once_than_allowed(server: ScriptedPlatform) -> None:
    lock, three = threading.Lock(), threading.Barrier(3, timeout=60)
    now, most = 0, 0

    def busy(line: Line) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        three.wait()
        with lock:
            now -= 1
        CREDITED(line)

    server.will(*[busy] * 24)
    assert grant(adapter_at(server, max_concurrency=3), 24).answers == [GRANTED] * 24
    assert most == 3


def test_one_place_in_eight_is_left_to_single_calls(server: ScriptedPlatform) -> None:
    free: list[bool] = []
    adapter = adapter_at(server, max_concurrency=8)
    seven = threading.Barrier(7, action=lambda: free.append(not in_flight(adapter, 8)), timeout=60)

    def busy(line: Line) -> None:
        seven.wait()
        CREDITED(line)

    server.will(*[busy] * 7)
    assert grant(adapter, 7).answers == [GRANTED] * 7
    assert free == [True]


def test_ten_troubles_in_a_row_end_it(server: ScriptedPlatform) -> None:
    server.will(*[DOWN] * 9, NO, *[DOWN] * 10)
    calls = grant(adapter_at(server, max_concurrency=1), 30)
    assert calls.answers[:20] == [*[Unknown("HTTP 503")] * 9, Refused("NO", "no"), *[Unknown("HTTP 503")] * 10]
    assert calls.answers[20:] == [NotSent("the breaker is open", calls.wait)] * 10
    assert 4 < calls.wait <= 5
    assert len(server.requests) == 20


def test_open_breaker_is_heeded(server: ScriptedPlatform) -> None:
    adapter = adapter_at(server)
    open_breaker(adapter.pk)
    calls = grant(adapter, 3)
    assert calls.answers == [NotSent("the breaker is open", calls.wait)] * 3
    assert 4 < calls.wait <= 5
    assert server.requests == []


def test_half_open_one_is_probed_by_one_call_and_the_others_follow(server: ScriptedPlatform) -> None:
    adapter = adapter_at(server)
    open_breaker(adapter.pk)
    pass_time(adapter.pk, 5)
    at_probe: list[int] = []

    def probe(line: Line) -> None:
        at_probe.append(len(server.requests))
        CREDITED(line)

    server.will(probe, *[CREDITED] * 9)
    assert grant(adapter, 10) == Calls([GRANTED] * 10, breaker_closed=True, wait=0.0)
    assert at_probe == [1]


def test_probe_that_fails_ends_it(server: ScriptedPlatform) -> None:
    adapter = adapter_at(server)
    open_breaker(adapter.pk)
    pass_time(adapter.pk, 5)
    server.will(DOWN)
    calls = grant(adapter, 10)
    assert calls.answers == [Unknown("HTTP 503"), *[NotSent("the breaker is open", calls.wait)] * 9]
    assert 9 < calls.wait <= 10
    assert len(server.requests) == 1


def test_told_to_stop_it_begins_nothing_more(server: ScriptedPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "ASK_EVERY", 0)
    server.will(CREDITED, CREDITED)
    calls = grant(adapter_at(server, max_concurrency=1), 5, may_go_on=lambda: len(server.requests) < 2)
    assert calls == Calls([GRANTED, GRANTED, *[NotSent("told to stop", 0.0)] * 3], breaker_closed=False, wait=0.0)
    assert len(server.requests) == 2


def test_it_is_asked_in_the_callers_thread(server: ScriptedPlatform) -> None:
    asked: list[str] = []

    def may_go_on() -> bool:
        asked.append(threading.current_thread().name)
        return True

    server.will(CREDITED)
    grant(adapter_at(server), 1, may_go_on=may_go_on)
    assert asked == [threading.current_thread().name]


def test_nothing_begins_too_late(server: ScriptedPlatform) -> None:
    assert grant(adapter_at(server), 2, seconds=-1).answers == [NotSent("no time left to begin", 0.0)] * 2
    assert server.requests == []


def test_held_up_at_the_gate_it_still_ends_in_time(server: ScriptedPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever calls holds a claim, and it runs out."""
    start_before, jobs, delay = time.monotonic() + 60, list[Job](), [0.0]
    enter_many = gate.enter_many

    def slow(*args: Any) -> list[gate.Entry]:
        delay[0] = 300
        return enter_many(*args)

    class Instant:
        room = None

        def begin(self, some: list[Job]) -> None:
            jobs.extend(some)

        def ended(self, timeout: float) -> list[Ended]:
            return [Ended(job.index, GRANTED, Outcome.OK) for job in jobs]

        def close(self) -> None: ...

    monkeypatch.setattr(gate, "enter_many", slow)
    monkeypatch.setattr(bulk, "line_for", lambda adapter: Instant())
    monkeypatch.setattr(bulk, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + delay[0]))
    adapter = adapter_at(server, total_timeout_ms=8000)
    grant_many(adapter, [order(1)], start_before=start_before, may_go_on=lambda: True)
    assert [job.end_by for job in jobs] == [start_before + 8]


def test_without_a_place_nothing_is_called(server: ScriptedPlatform) -> None:
    adapter = adapter_at(server, max_concurrency=1, total_timeout_ms=200)
    enter(adapter.pk)
    calls = grant(adapter, 2)
    assert calls == Calls([NotSent("every place is taken", 0.2)] * 2, breaker_closed=False, wait=0.2)
    assert server.requests == []


def test_slot_that_is_too_far_off_is_not_waited_for(server: ScriptedPlatform) -> None:
    adapter = adapter_at(server, max_requests_per_second=1, total_timeout_ms=200)
    server.will(CREDITED)
    calls = grant(adapter, 3)
    assert calls.answers == [GRANTED, *[NotSent("too many requests are waiting", calls.wait)] * 2]
    assert 0.1 < calls.wait <= 1
    assert breaker.state(adapter.pk).troubles == 0


def test_no_call_begins_before_its_slot(server: ScriptedPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    slots, begun, begin = list[float](), list[float](), HttpLine.begin

    def noted(line: HttpLine, jobs: Sequence[Job]) -> None:
        slots.extend(job.begin_at for job in jobs)
        begin(line, jobs)

    def seen(line: Line) -> None:
        begun.append(time.monotonic())
        CREDITED(line)

    monkeypatch.setattr(HttpLine, "begin", noted)
    server.will(*[seen] * 11)
    assert grant(adapter_at(server, max_requests_per_second=50), 11).answers == [GRANTED] * 11
    assert len(slots) == len(begun) == 11
    assert all(at >= slot for at, slot in zip(sorted(begun), sorted(slots), strict=True))


@pytest.mark.parametrize("trouble", [RuntimeError, KeyboardInterrupt])
def test_whatever_breaks_it_off_gives_the_places_back(
    server: ScriptedPlatform, monkeypatch: pytest.MonkeyPatch, trouble: type[BaseException]
) -> None:
    monkeypatch.setattr(bulk, "ASK_EVERY", 0)
    adapter = adapter_at(server, max_concurrency=2)
    words = iter([True])

    def may_go_on() -> bool:
        for word in words:
            return word
        raise trouble

    server.will(CREDITED, silence)
    with pytest.raises(trouble):
        grant(adapter, 3, may_go_on=may_go_on)
    assert breaker.state(adapter.pk).troubles == 0
    assert not in_flight(adapter, 1)


def test_each_call_has_a_request_id_of_its_own_or_the_one_it_works_for(server: ScriptedPlatform) -> None:
    adapter = adapter_at(server)
    server.will(*[CREDITED] * 4)
    with structlog.contextvars.bound_contextvars(request_id="req-42"):
        grant(adapter, 2)
    grant(adapter, 2)
    *bound, first, second = (seen.headers["x-request-id"] for seen in server.requests)
    assert bound == ["req-42", "req-42"]
    assert uuid.UUID(first) != uuid.UUID(second)


def test_connection_is_kept(server: ScriptedPlatform) -> None:
    server.will(*[CREDITED] * 6)
    adapter = adapter_at(server, max_concurrency=1)
    assert grant(adapter, 3).answers + grant(adapter, 3).answers == [GRANTED] * 6
    assert server.connections == 1


def test_connection_that_was_idle_for_long_is_not_used_again(
    server: ScriptedPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_loop, "MAX_IDLE_SECONDS", 0.0)
    server.will(*[CREDITED] * 3)
    assert grant(adapter_at(server, max_concurrency=1), 3).answers == [GRANTED] * 3
    assert server.connections == 3


def test_answer_that_nobody_asked_for_is_nobodys(server: ScriptedPlatform) -> None:
    answer = b"HTTP/1.1 201 Created\r\nContent-Length: 46\r\n\r\n" + b'{"platform_bonus_id":"pb","status":"credited"}'
    server.will(raw(answer * 2), CREDITED)
    first, second = grant(adapter_at(server, max_concurrency=1), 2).answers
    assert first == Unknown("more than one response")
    assert second == GRANTED


def test_address_is_judged(server: ScriptedPlatform, settings: Settings) -> None:
    settings.OUTBOUND_ALLOWED_NETWORKS = []
    by_name = adapter_at(server)
    by_name.base_url = server.url.replace("127.0.0.1", "localhost")
    for adapter in (adapter_at(server), by_name):
        assert grant(adapter, 1).answers == [NotSent(addresses.REFUSED, 1.0)]
    assert server.connections == 0


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[tuple[ScriptedPlatform, Path]]:
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.certify("127.0.0.1"))
    with scripted_platform(tls=context) as platform:
        yield platform, authority.ca
    # The next test trusts whom this machine trusts.
    http_loop._Process.start_afresh()


def test_tls_to_a_trusted_peer(tls_server: tuple[ScriptedPlatform, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    server, ca = tls_server
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    http_loop._Process.start_afresh()
    server.will(CREDITED, CREDITED)
    assert grant(adapter_at(server, max_concurrency=1), 2).answers == [GRANTED] * 2
    assert server.connections == 1


def test_tls_to_an_untrusted_peer_sends_nothing(tls_server: tuple[ScriptedPlatform, Path]) -> None:
    server, _ = tls_server
    http_loop._Process.start_afresh()
    assert grant(adapter_at(server), 1).answers == [NotSent("the peer's certificate is not trusted", 1.0)]
    assert server.requests == []


def test_tls_handshake_that_hangs_sends_nothing(server: ScriptedPlatform) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(1)
        adapter = adapter_at(server, connect_timeout_ms=100)
        adapter.base_url = f"https://127.0.0.1:{sock.getsockname()[1]}"
        assert grant(adapter, 1).answers == [NotSent("timed out while connecting", 1.0)]


def test_from_any_thread(server: ScriptedPlatform) -> None:
    server.will(*[CREDITED] * 4)
    adapter = adapter_at(server)
    assert in_thread(lambda: grant(adapter, 2)).answers + grant(adapter, 2).answers == [GRANTED] * 4


def test_forked_child_has_a_loop_of_its_own(server: ScriptedPlatform) -> None:
    server.will(CREDITED, CREDITED, CREDITED)
    adapter = adapter_at(server)
    grant(adapter, 1)
    child = os.fork()
    if not child:
        os._exit(0 if grant(adapter, 1).answers == [GRANTED] else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert grant(adapter, 1).answers == [GRANTED]


def test_any_kind_can_be_called_and_a_broken_one_spoils_only_its_own_call(
    server: ScriptedPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def __init__(self, _adapter: Adapter) -> None: ...

        def grant(self, order: GrantOrder) -> PlatformBonus:
            if order.player_external_id == "p-1":
                raise RuntimeError
            return PlatformBonus("pb-1", "credited")

    monkeypatch.setitem(registry.KINDS, "broken", Broken)
    adapter = adapter_at(server)
    adapter.kind = "broken"
    assert grant(adapter, 3).answers == [GRANTED, Unknown("the call failed (RuntimeError)"), GRANTED]
    assert breaker.state(adapter.pk).troubles <= 1


def test_adapter_of_an_unknown_kind_is_not_called(server: ScriptedPlatform) -> None:
    adapter = adapter_at(server)
    adapter.kind = "carrier-pigeon"
    (answer,) = grant(adapter, 1).answers
    assert answer == NotSent("there is no kind of platform called 'carrier-pigeon'", 1.0)
