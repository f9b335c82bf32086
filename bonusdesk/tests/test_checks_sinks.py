from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from bonusdesk.checks import check_settings
from bonusdesk.environment import Environment

GOOD = {
    "EVENT_SINKS": ["rabbitmq", "kafka"],
    "FASTTRACK_RABBITMQ_URL": "amqps://desk:hunter2@127.0.0.1:5671/crm",
    "FASTTRACK_RABBITMQ_EXCHANGE": "fasttrack",
    "FASTTRACK_RABBITMQ_ROUTING_KEY": "bonus",
    "FASTTRACK_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092, [::1]:9093,kafka-3.example.com:9092",
    "FASTTRACK_KAFKA_TOPIC": "crm.bonus_events-1",
    "FASTTRACK_KAFKA_OPTIONS": {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "desk",
        "sasl.password": "hunter6",
    },
}
UNKNOWN = (
    "FASTTRACK_RABBITMQ_OPTIONS: unknown: confirm; there are: ca_certs, certfile, keyfile, login_method, heartbeat."
)
NO_TOPIC = "FASTTRACK_KAFKA_TOPIC must be a topic's name, of letters, digits and . _ -: EVENT_SINKS names kafka."
NO_SERVERS = "FASTTRACK_KAFKA_BOOTSTRAP_SERVERS must be a comma list of host:port: EVENT_SINKS names kafka."
NO_EXCHANGE = "FASTTRACK_RABBITMQ_EXCHANGE is not set; to do without, name a queue in FASTTRACK_RABBITMQ_ROUTING_KEY."


@pytest.fixture(autouse=True)
def _well_set_up(settings: Settings) -> None:
    for name, value in GOOD.items():
        setattr(settings, name, value)


def lines() -> list[str]:
    return [str(message.msg) for message in check_settings()]


def test_sinks_that_are_well_set_up() -> None:
    assert lines() == []


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("FASTTRACK_RABBITMQ_URL", "", "FASTTRACK_RABBITMQ_URL is not set: EVENT_SINKS names rabbitmq."),
        (
            "FASTTRACK_RABBITMQ_URL",
            "https://desk:hunter2@127.0.0.1/",
            "FASTTRACK_RABBITMQ_URL: it must begin with amqp:// or amqps://.",
        ),
        (
            "FASTTRACK_RABBITMQ_EXCHANGE",
            "ä" * 128,
            "FASTTRACK_RABBITMQ_EXCHANGE must have 255 bytes or less.",
        ),
        ("FASTTRACK_RABBITMQ_ROUTING_KEY", "r" * 256, "FASTTRACK_RABBITMQ_ROUTING_KEY must have 255 bytes or less."),
        (
            "FASTTRACK_RABBITMQ_OPTIONS",
            {"confirm": False},
            UNKNOWN,
        ),
        ("FASTTRACK_KAFKA_BOOTSTRAP_SERVERS", "", NO_SERVERS),
        ("FASTTRACK_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1", NO_SERVERS),
        ("FASTTRACK_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092,", NO_SERVERS),
        ("FASTTRACK_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:0", NO_SERVERS),
        ("FASTTRACK_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:65536", NO_SERVERS),
        ("FASTTRACK_KAFKA_BOOTSTRAP_SERVERS", "SASL_SSL://127.0.0.1:9092", NO_SERVERS),
        ("FASTTRACK_KAFKA_TOPIC", "", NO_TOPIC),
        ("FASTTRACK_KAFKA_TOPIC", "..", NO_TOPIC),
        ("FASTTRACK_KAFKA_TOPIC", "crm events", NO_TOPIC),
        ("FASTTRACK_KAFKA_TOPIC", "t" * 250, NO_TOPIC),
        (
            "FASTTRACK_KAFKA_TRANSACTIONAL_ID",
            "",
            "FASTTRACK_KAFKA_TRANSACTIONAL_ID is not set: EVENT_SINKS names kafka.",
        ),
        (
            "FASTTRACK_KAFKA_OPTIONS",
            {"acks": "1"},
            "FASTTRACK_KAFKA_OPTIONS: acks can't be set: exactly-once delivery rests on it.",
        ),
    ],
)
def test_fault_is_one_line_that_names_its_variable(name: str, value: Any, line: str, settings: Settings) -> None:
    setattr(settings, name, value)
    assert lines() == [line]
    settings.EVENT_SINKS = ["file"]
    assert lines() == [], "it matters only where it is used"


def test_a_queue_can_be_named_without_an_exchange(settings: Settings) -> None:
    settings.FASTTRACK_RABBITMQ_EXCHANGE = ""
    assert lines() == []
    settings.FASTTRACK_RABBITMQ_ROUTING_KEY = ""
    assert lines() == [NO_EXCHANGE]


def test_an_exchange_may_need_no_routing_key(settings: Settings) -> None:
    settings.FASTTRACK_RABBITMQ_ROUTING_KEY = ""
    assert lines() == []


def test_no_line_repeats_a_secret(settings: Settings, tmp_path: Path) -> None:
    for url in ("amqp://desk:hunter2/x@127.0.0.1/", "http://desk:hunter2@127.0.0.1", "amqp://desk:hunter2@"):
        settings.FASTTRACK_RABBITMQ_URL = url
        settings.FASTTRACK_RABBITMQ_OPTIONS = {"password": "hunter3", "keyfile": "hunter4"}
        settings.FASTTRACK_KAFKA_OPTIONS = {"sasl.password": ["hunter5"]}
        assert len(lines()) == 3
        assert "hunter" not in "".join(lines())


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "null", "1"])
def test_options_that_are_no_json_object(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTTRACK_KAFKA_OPTIONS", text)
    env = Environment()
    assert env.json_object("FASTTRACK_KAFKA_OPTIONS") == {}
    assert env.troubles == ["FASTTRACK_KAFKA_OPTIONS must be a JSON object."]
