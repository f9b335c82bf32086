"""An event that the broker refuses by closing the channel: too large, as a rule."""

import pytest

from integrations.sinks import rabbitmq_link
from integrations.sinks.base import DELIVERED, UNTRIED, Message, Refused, Trouble
from integrations.sinks.rabbitmq import RabbitMqSink
from integrations.tests.rabbit import link, message, numbers, send, sink_of
from scripts.eyes.rabbitmq import RabbitEye

LARGEST = 1024 * 1024
"""What scripts/services/rabbitmq.py allows."""
REFUSED = Refused(
    "Basic.publish: (406) PRECONDITION_FAILED - "
    f"message size {LARGEST + 1} is larger than configured max size {LARGEST}"
)


def poison(number: int, grant: int = 0) -> Message:
    return message(number, grant=grant, body="x" * (LARGEST + 1))


def test_the_largest_is_taken(rabbit: RabbitEye) -> None:
    assert send(sink_of(rabbit), message(1, body="x" * LARGEST)) == [DELIVERED]
    [seen] = rabbit.read()
    assert seen.body == b"x" * LARGEST


def test_poison_alone_is_refused_in_the_brokers_words(rabbit: RabbitEye) -> None:
    assert send(sink_of(rabbit), poison(1)) == [REFUSED]
    assert link() is None
    assert rabbit.read() == []


@pytest.mark.parametrize("place", [1, 2, 7, 40])
def test_poison_is_found_among_others(rabbit: RabbitEye, place: int) -> None:
    batch = [poison(n) if n == place else message(n) for n in range(1, 41)]
    outcomes = send(sink_of(rabbit), *batch)
    assert outcomes == [REFUSED if n == place else DELIVERED for n in range(1, 41)]
    assert set(numbers(rabbit.read())) == set(range(1, 41)) - {place}


@pytest.mark.parametrize("place", [1, 2, 13])
def test_those_that_had_not_gone_yet_when_the_channel_was_closed_go_too(
    rabbit: RabbitEye, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    monkeypatch.setattr(rabbitmq_link, "LOOK_EVERY", 3)
    monkeypatch.setattr(rabbitmq_link, "LOOK_SECONDS", 0.05)
    batch = [poison(n) if n == place else message(n, grant=n) for n in range(1, 14)]
    assert send(sink_of(rabbit), *batch, message(14, grant=12)) == [
        *(REFUSED if n == place else DELIVERED for n in range(1, 14)),
        DELIVERED,
    ]
    assert set(numbers(rabbit.read())) == set(range(1, 15)) - {place}


def test_poison_holds_up_its_own_grant_only(rabbit: RabbitEye) -> None:
    batch = [message(1, grant=1), poison(2, grant=2), message(3, grant=2), message(4, grant=1), message(5, grant=3)]
    outcomes = send(sink_of(rabbit), *batch)
    assert outcomes == [DELIVERED, REFUSED, UNTRIED, DELIVERED, DELIVERED]
    arrived = numbers(rabbit.read())
    assert set(arrived) == {1, 4, 5}
    assert arrived.index(4) > max(i for i, n in enumerate(arrived) if n == 1)


def test_much_poison_is_found_in_one_go(rabbit: RabbitEye) -> None:
    batch = [poison(n) if n % 5 == 0 else message(n) for n in range(1, 21)]
    outcomes = send(sink_of(rabbit), *batch)
    assert outcomes == [REFUSED if n % 5 == 0 else DELIVERED for n in range(1, 21)]
    assert set(numbers(rabbit.read())) == {n for n in range(1, 21) if n % 5}


def test_the_search_ends_when_the_broker_goes_away(rabbit: RabbitEye, monkeypatch: pytest.MonkeyPatch) -> None:
    """What went before and may have arrived is trouble then."""
    connects = 0
    connect = RabbitMqSink._connect

    def connect_once(sink: RabbitMqSink) -> object:
        nonlocal connects
        connects += 1
        if connects > 1:
            raise ConnectionRefusedError("gone")
        return connect(sink)

    monkeypatch.setattr(RabbitMqSink, "_connect", connect_once)
    sink = sink_of(rabbit)
    outcomes = send(sink, poison(1), message(2), message(3, grant=3), message(4, grant=3))
    assert outcomes[0] == Trouble(f"{sink.address.place}: gone")
    assert [type(outcome) for outcome in outcomes[1:3]] == [Trouble, Trouble]
    assert outcomes[3] == UNTRIED
    assert rabbit.read() == []
