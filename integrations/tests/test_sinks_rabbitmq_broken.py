"""Connections that stall, break or rest for long."""

import itertools
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from amqp import spec

from integrations.sinks import rabbitmq, rabbitmq_link
from integrations.sinks.base import DELIVERED, UNTRIED, Trouble
from integrations.tests.rabbit import SOON, link, message, numbers, send, sink_of
from scripts.eyes.rabbitmq import RabbitEye
from scripts.faults.proxy import Proxy

BRIEFLY = 0.3


@pytest.fixture
def proxy(rabbit: RabbitEye) -> Iterator[Proxy]:
    with Proxy(rabbit.url.rpartition("@")[2].partition("/")[0]) as proxy:
        yield proxy


def through(proxy: Proxy) -> str:
    return f"amqp://guest:guest@{proxy.address}/%2F"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], object]], None]:
    """Have something happen once, at a failpoint."""

    def at(name: str, act: Callable[[], object]) -> None:
        todo = {name: act}
        monkeypatch.setattr(rabbitmq, "failpoint", lambda passed: todo.pop(passed, lambda: None)())

    return at


def test_confirms_that_come_too_late_change_nothing(rabbit: RabbitEye, proxy: Proxy) -> None:
    sink, hasty = (sink_of(rabbit, url=through(proxy), confirm_seconds=seconds) for seconds in (SOON, BRIEFLY))
    assert send(sink, message(1)) == [DELIVERED]
    proxy.stall_answers()
    late = Trouble(f"{proxy.address}: The broker's confirms took too long.")
    assert send(hasty, message(2, grant=2), message(3, grant=3), message(4, grant=2)) == [late, late, UNTRIED]
    assert link() is None
    proxy.resume()
    rabbit.unbind()
    # On the connection from before, a late confirm would have been taken for these.
    assert [type(outcome) for outcome in send(sink, message(5), message(6))] == [Trouble, Trouble]
    rabbit.bind()
    assert send(sink, message(5), message(6)) == [DELIVERED, DELIVERED]
    assert numbers(rabbit.read()) == [1, 2, 3, 5, 6]


def test_what_was_confirmed_before_the_connection_broke_is_delivered(
    rabbit: RabbitEye, proxy: Proxy, at: Callable[..., None]
) -> None:
    sink = sink_of(rabbit, url=through(proxy))
    at("rabbitmq.confirmed", proxy.cut)
    outcomes = send(sink, message(1, grant=1), message(2, grant=2), message(3, grant=1), message(4, grant=1))
    assert outcomes[:2] == [DELIVERED, DELIVERED]
    assert isinstance(outcomes[2], Trouble)
    assert outcomes[3] == UNTRIED
    assert link() is None
    assert numbers(rabbit.read()) == [1, 2]


def test_a_connection_that_breaks_before_the_confirms_is_trouble(
    rabbit: RabbitEye, proxy: Proxy, at: Callable[..., None]
) -> None:
    sink = sink_of(rabbit, url=through(proxy))
    assert send(sink, message(1)) == [DELIVERED]
    proxy.stall_answers()
    at("rabbitmq.published", proxy.cut)
    outcomes = send(sink, message(2), message(3))
    assert [type(outcome) for outcome in outcomes] == [Trouble, Trouble]
    proxy.resume()
    assert send(sink, message(2), message(3)) == [DELIVERED, DELIVERED]
    assert set(numbers(rabbit.read())) == {1, 2, 3}


def test_a_broker_that_accepts_and_says_nothing_is_trouble(rabbit: RabbitEye, proxy: Proxy) -> None:
    proxy.stall()
    sink = sink_of(rabbit, url=through(proxy), step_seconds=BRIEFLY)
    assert send(sink, message(1), message(2)) == [Trouble(f"{proxy.address}: timed out"), UNTRIED]


def test_a_broker_that_takes_nothing_more_is_trouble(rabbit: RabbitEye, proxy: Proxy) -> None:
    sink = sink_of(rabbit, url=through(proxy))
    assert send(sink, message(1)) == [DELIVERED]
    link()._connection.sock.settimeout(BRIEFLY)
    proxy.stall()
    large = "x" * 900_000
    outcomes = send(sink, *(message(n, body=large) for n in range(2, 52)))
    assert outcomes[0] == Trouble(f"{proxy.address}: timed out")
    assert outcomes[-1] == UNTRIED
    assert link() is None


def test_nothing_more_goes_once_the_deadline_has_passed(rabbit: RabbitEye, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at this clock takes a tenth of a second."""
    clock = SimpleNamespace(monotonic=(step / 10 for step in itertools.count()).__next__)
    monkeypatch.setattr(rabbitmq, "time", clock)
    monkeypatch.setattr(rabbitmq_link, "time", clock)
    outcomes = sink_of(rabbit).send([message(n) for n in range(1, 21)], deadline=1.0)
    went = outcomes.count(DELIVERED)
    assert 0 < went < 10
    assert outcomes == [DELIVERED] * went + [UNTRIED] * (20 - went)
    assert numbers(rabbit.read()) == list(range(1, went + 1))
    assert link() is not None


def test_a_connection_that_died_while_it_rested_is_replaced(
    rabbit: RabbitEye, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = sink_of(rabbit, url=through(proxy))
    send(sink, message(1))
    before = link()
    proxy.cut()
    proxy.resume()
    monkeypatch.setattr(rabbitmq_link, "ASK_AFTER_SECONDS", 0.0)
    assert send(sink, message(2)) == [DELIVERED]
    assert link() is not before
    assert numbers(rabbit.read()) == [1, 2]


def test_a_connection_that_rested_is_used_again_when_the_broker_answers(
    rabbit: RabbitEye, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = sink_of(rabbit)
    send(sink, message(1), message(2))
    before = link()
    monkeypatch.setattr(rabbitmq_link, "ASK_AFTER_SECONDS", 0.0)
    assert send(sink, message(3), message(4)) == [DELIVERED, DELIVERED]
    assert link() is before
    assert numbers(rabbit.read()) == [1, 2, 3, 4]


def test_a_connection_that_rested_longer_than_its_heartbeat_is_not_used_again(rabbit: RabbitEye) -> None:
    sink = sink_of(rabbit, heartbeat=10)
    send(sink, message(1))
    before = link()
    before._used_at -= 10.0
    assert send(sink, message(2)) == [DELIVERED]
    assert link() is not before


def test_a_broker_that_blocks_publishers_is_trouble(rabbit: RabbitEye, at: Callable[..., None]) -> None:
    sink = sink_of(rabbit)
    send(sink, message(1))
    connection: Any = link()._connection
    at("rabbitmq.published", lambda: connection.on_inbound_method(0, spec.Connection.Blocked, b"", None))
    outcomes = send(sink, message(2), message(3))
    place = sink.address.place
    assert outcomes == [Trouble(f"{place}: connection blocked, see broker logs")] * 2
    assert link() is None
