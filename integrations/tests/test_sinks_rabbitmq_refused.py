"""What the broker does not take: no queue for it, a full one, no exchange, no right to it."""

import uuid
from typing import Any

import pytest

from integrations.sinks import rabbitmq_link
from integrations.sinks.base import DELIVERED, UNTRIED, Outcome, Trouble
from integrations.tests.rabbit import link, message, numbers, send, sink_of
from scripts.eyes.rabbitmq import RabbitEye

NO_ROUTE = "312 NO_ROUTE: exchange '{exchange}', routing key 'bonus'"


def test_what_no_queue_takes_is_trouble(rabbit: RabbitEye) -> None:
    rabbit.unbind()
    sink = sink_of(rabbit)
    trouble = Trouble(NO_ROUTE.format(exchange=rabbit.exchange))
    batch = [message(1, grant=1), message(2, grant=2), message(3, grant=1)]
    assert send(sink, *batch) == [trouble, trouble, UNTRIED]
    assert rabbit.read() == []
    rabbit.bind()
    assert send(sink, *batch) == [DELIVERED] * 3
    assert numbers(rabbit.read()) == [1, 2, 3]


def test_the_connection_is_kept_when_messages_come_back(rabbit: RabbitEye) -> None:
    rabbit.unbind()
    send(sink_of(rabbit), message(1))
    before = link()
    send(sink_of(rabbit), message(1))
    assert link() is before is not None


def test_a_full_queue_takes_what_fits(rabbit: RabbitEye) -> None:
    rabbit.delete()
    rabbit.declare({"x-max-length": 2, "x-overflow": "reject-publish"})
    nacked = Trouble("The broker did not take it (nack). Is a queue full?")
    sink = sink_of(rabbit)
    assert send(sink, message(1), message(2)) == [DELIVERED, DELIVERED]
    assert send(sink, message(3, grant=3), message(4), message(5, grant=3)) == [nacked, nacked, UNTRIED]
    assert numbers(rabbit.read()) == [1, 2]
    assert send(sink, message(3, grant=3), message(5, grant=3)) == [DELIVERED, DELIVERED]
    assert numbers(rabbit.read()) == [3, 5]


def test_a_nack_holds_up_its_own_grant_only(rabbit: RabbitEye) -> None:
    rabbit.delete()
    rabbit.declare({"x-max-length": 3, "x-overflow": "reject-publish"})
    batch = [message(1, grant=1), message(2, grant=2), message(3, grant=1), message(4, grant=2), message(5, grant=2)]
    outcomes = send(sink_of(rabbit), *batch)
    assert outcomes[:3] == [DELIVERED] * 3
    assert isinstance(outcomes[3], Trouble)
    assert outcomes[4] == UNTRIED
    assert numbers(rabbit.read()) == [1, 2, 3]


def trouble_of(outcomes: list[Outcome]) -> list[str]:
    return [outcome.reason for outcome in outcomes if isinstance(outcome, Trouble)]


def test_an_exchange_that_is_not_there_is_trouble(rabbit: RabbitEye) -> None:
    missing = f"missing-{uuid.uuid4().hex}"
    outcomes = send(sink_of(rabbit, exchange=missing), message(1, grant=1), message(2), message(3, grant=1))
    [first, second] = trouble_of(outcomes)
    assert f"(404) NOT_FOUND - no exchange '{missing}'" in first
    assert second == first
    assert outcomes[2] == UNTRIED
    assert link() is None


def test_no_more_goes_to_a_channel_that_the_broker_has_closed(
    rabbit: RabbitEye, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq_link, "LOOK_EVERY", 3)
    monkeypatch.setattr(rabbitmq_link, "LOOK_SECONDS", 20.0)
    outcomes = send(sink_of(rabbit, exchange=f"missing-{uuid.uuid4().hex}"), *(message(n) for n in range(1, 10)))
    assert len(trouble_of(outcomes)) == 2
    assert outcomes[2:] == [UNTRIED] * 7


def test_an_exchange_that_may_not_be_used_is_trouble(rabbit: RabbitEye) -> None:
    outcomes = send(sink_of(rabbit, exchange="amq.rabbitmq.trace"), message(1))
    assert "(403) ACCESS_REFUSED" in trouble_of(outcomes)[0]
    assert link() is None


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ({"url": "amqp://guest:wrong@{place}/%2F"}, "ACCESS_REFUSED"),
        ({"url": "amqp://guest:guest@{place}/elsewhere"}, "vhost elsewhere not found"),
        ({"url": "amqp://guest:guest@127.0.0.1:1/%2F"}, "127.0.0.1:1: [Errno 111] Connection refused"),
        ({"login_method": "EXTERNAL"}, "Couldn't find appropriate auth mechanism"),
    ],
)
def test_a_connection_that_is_refused_is_trouble_with_the_first(
    rabbit: RabbitEye, address: dict[str, Any], reason: str
) -> None:
    place = rabbit.url.rpartition("@")[2].partition("/")[0]
    address = {name: value.format(place=place) for name, value in address.items()}
    outcomes = send(sink_of(rabbit, **address), message(1), message(2))
    assert reason in trouble_of(outcomes)[0]
    assert "wrong" not in trouble_of(outcomes)[0]
    assert outcomes[1] == UNTRIED
    assert rabbit.read() == []
