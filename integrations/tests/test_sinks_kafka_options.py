"""What `FASTTRACK_KAFKA_OPTIONS` may say."""

from typing import Any

import pytest

from integrations.sinks.kafka_options import client_config, options_fault, producer_config, reader_config


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"linger.ms": 1, "compression.type": "lz4", "batch.size": 100_000, "max.in.flight": 1},
        {
            "security.protocol": "sasl_ssl",
            "sasl.mechanisms": "SCRAM-SHA-512",
            "sasl.username": "u",
            "sasl.password": "p",
        },
        {"max.in.flight.requests.per.connection": "5", "partitioner": "consistent", "socket.keepalive.enable": True},
    ],
)
def test_what_concerns_the_connection_and_the_speed_may_be_set(options: dict[str, Any]) -> None:
    assert options_fault(options) is None


@pytest.mark.parametrize(
    "name",
    [
        "acks",
        "bootstrap.servers",
        "delivery.timeout.ms",
        "enable.idempotence",
        "isolation.level",
        "message.timeout.ms",
        "metadata.broker.list",
        "request.required.acks",
        "test.mock.num.brokers",
        "transaction.timeout.ms",
        "transactional.id",
    ],
)
def test_what_the_promise_rests_on_may_not(name: str) -> None:
    assert options_fault({name: 1}) == f"{name} can't be set: exactly-once delivery rests on it."


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"lingre.ms": 1}, 'No such configuration property: "lingre.ms"'),
        ({"compression.type": "rar"}, 'Invalid value … for configuration property "compression.codec"'),
        ({"max.in.flight": 6}, "max.in.flight must be a number from 1 to 5."),
        ({"max.in.flight.requests.per.connection": "many"}, None),
        ({"partitioner": "random"}, "partitioner can't be random: the events of a grant would lose their order."),
        ({"sasl": {"username": "u"}}, "sasl must be a string, a number, true or false."),
        ({"ssl.ca.location": None}, "ssl.ca.location must be a string, a number, true or false."),
        ({"security.protocol": "sasl_plaintext", "sasl.mechanisms": "PLAIN", "sasl.username": "u"}, None),
        ({"security.protocol": "ssl", "ssl.ca.location": "/nowhere/ca.pem"}, None),
        ({"socket.timeout.ms": 20_000}, None),
        ({"error_cb": "x"}, None),
    ],
)
def test_a_fault_is_told_in_one_line(options: dict[str, Any], fault: str | None) -> None:
    told = options_fault(options)
    assert told
    assert "\n" not in told
    assert fault is None or told == fault


def test_a_fault_does_not_tell_the_password() -> None:
    told = options_fault({"security.protocol": "sasl_plaintext", "sasl.mechanisms": "x", "sasl.password": "hush-hush"})
    assert told
    assert "hush-hush" not in told


def test_the_reader_is_told_how_to_connect_and_nothing_of_sending() -> None:
    options = {"security.protocol": "ssl", "ssl.ca.location": "/ca.pem", "linger.ms": 7, "compression.type": "gzip"}
    reader = reader_config(client_config(servers="127.0.0.1:1", options=options), group="id")
    assert reader["ssl.ca.location"] == "/ca.pem"
    assert reader["isolation.level"] == "read_committed"
    assert reader["enable.auto.commit"] is False
    assert not {"linger.ms", "compression.type", "transactional.id"} & set(reader)


def test_no_option_changes_what_is_ours() -> None:
    config = producer_config(servers="127.0.0.1:1", transactional_id="ours", options={"acks": 0, "linger.ms": 7})
    assert (config["acks"], config["transactional.id"], config["linger.ms"]) == ("all", "ours", 7)
    assert config["enable.idempotence"] is True
    assert config["transaction.timeout.ms"] == 10_000
