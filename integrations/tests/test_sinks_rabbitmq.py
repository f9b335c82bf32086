from pytest_django import Settings

from integrations.sinks.base import DELIVERED, UNTRIED
from integrations.sinks.rabbitmq import RabbitMqSink
from integrations.sinks.registry import sink_for
from integrations.tests.rabbit import message, numbers, send, sink_of
from scripts.eyes.rabbitmq import RabbitEye


def test_publishes_each_event_under_its_id(rabbit: RabbitEye) -> None:
    body = '{"amount":20.0,"bonus_code":"Frühling €"}'
    assert send(sink_of(rabbit), message(1, body=body), message(2, kind="CUSTOM")) == [DELIVERED, DELIVERED]
    first, second = rabbit.read()
    assert (first.kind, first.event_id) == ("BONUS", "00000000-0000-0000-0000-000000000001")
    assert first.body == body.encode()
    assert (second.kind, second.event_id) == ("CUSTOM", "00000000-0000-0000-0000-000000000002")
    assert second.body == b'{"amount":2.0}'


def test_publishes_persistent_json_without_headers(rabbit: RabbitEye) -> None:
    send(sink_of(rabbit), message(1))
    [seen] = rabbit.read()
    assert seen.details == {
        "content_type": "application/json",
        "delivery_mode": 2,
        "exchange": rabbit.exchange,
        "headers": {},
        "redelivered": False,
        "routing_key": "bonus",
    }


def test_events_of_a_grant_arrive_in_order(rabbit: RabbitEye) -> None:
    batch = [message(step * 100 + grant, grant=grant) for step in range(1, 6) for grant in range(1, 31)]
    assert send(sink_of(rabbit), *batch) == [DELIVERED] * 150
    arrived = numbers(rabbit.read())
    assert len(arrived) == 150
    for grant in range(1, 31):
        assert [n for n in arrived if n % 100 == grant] == [step * 100 + grant for step in range(1, 6)]


def test_a_whole_batch_goes_through(rabbit: RabbitEye) -> None:
    batch = [message(n) for n in range(1, RabbitMqSink.batch_size + 1)]
    assert send(sink_of(rabbit), *batch) == [DELIVERED] * len(batch)
    assert numbers(rabbit.read()) == list(range(1, RabbitMqSink.batch_size + 1))


def test_one_connection_serves_all_batches(rabbit: RabbitEye) -> None:
    for number in range(1, 4):
        assert send(sink_of(rabbit), message(number)) == [DELIVERED]
    assert numbers(rabbit.read()) == [1, 2, 3]


def test_nothing_is_published_after_the_deadline(rabbit: RabbitEye) -> None:
    assert send(sink_of(rabbit), message(1), message(2), seconds=-1) == [UNTRIED, UNTRIED]
    assert rabbit.read() == []


def test_a_batch_of_nothing_is_nothing(rabbit: RabbitEye) -> None:
    assert send(sink_of(rabbit)) == []


def test_is_made_from_settings(rabbit: RabbitEye, settings: Settings) -> None:
    settings.FASTTRACK_RABBITMQ_URL = rabbit.url
    settings.FASTTRACK_RABBITMQ_EXCHANGE = rabbit.exchange
    settings.FASTTRACK_RABBITMQ_ROUTING_KEY = rabbit.routing_key
    settings.FASTTRACK_RABBITMQ_OPTIONS = {"heartbeat": 30, "login_method": "AMQPLAIN"}
    sink = sink_for("rabbitmq")
    assert isinstance(sink, RabbitMqSink)
    assert (sink.address.heartbeat, sink.address.login_method) == (30, "AMQPLAIN")
    assert send(sink, message(1)) == [DELIVERED]
    assert numbers(rabbit.read()) == [1]
