import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from integrations.platforms import shared
from integrations.sinks.registry import SINKS
from integrations.tests.gates import STORES
from integrations.tests.sink_worlds import WORLDS, ProxiedKafka, SinkWorld
from integrations.tests.sink_worlds import proxied_kafka as _proxied_kafka
from scripts.eyes.kafka import KafkaEye
from scripts.eyes.rabbitmq import RabbitEye


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Where breakers and limits are kept, and that it is in use."""
    name: str = request.param
    settings.REDIS_URL = request.getfixturevalue("redis_url") if name == "redis" else ""
    shared.trust_again()
    return name


@pytest.fixture
def adapter_id() -> uuid.UUID:
    return uuid.uuid4()


@pytest.fixture(scope="session")
def proxied_kafka(kafka_servers: str) -> Iterator[ProxiedKafka]:
    """Started by the first test that asks for it; where there is no Kafka at all there is none of this kind, either."""
    with _proxied_kafka() as broker:
        yield broker


@pytest.fixture(params=sorted(SINKS))
def sink(request: pytest.FixtureRequest) -> str:
    """Each sink there is, by its name."""
    name: str = request.param
    return name


@pytest.fixture
def world(sink: str, request: pytest.FixtureRequest, tmp_path: Path, settings: Settings) -> Iterator[SinkWorld]:
    """The settings point to it."""
    world = WORLDS[sink](request, tmp_path)
    try:
        for name, value in world.settings.items():
            setattr(settings, name, value)
        yield world
    finally:
        world.close()


@pytest.fixture
def rabbit(rabbitmq_url: str) -> Iterator[RabbitEye]:
    """An exchange and a queue of the test's own, at a real broker."""
    name = f"test-{uuid.uuid4().hex}"
    eye = RabbitEye(rabbitmq_url, exchange=name, routing_key="bonus", queue=name)
    eye.declare()
    yield eye
    eye.delete()


@pytest.fixture
def kafka_eye(kafka_servers: str, settings: Settings) -> Iterator[KafkaEye]:
    """A topic of the test's own, at a real broker. The settings point to it."""
    eye = KafkaEye(kafka_servers, f"test-{uuid.uuid4().hex}")
    eye.create()
    settings.EVENT_SINKS = ["kafka"]
    settings.FASTTRACK_KAFKA_BOOTSTRAP_SERVERS = kafka_servers
    settings.FASTTRACK_KAFKA_TOPIC = settings.FASTTRACK_KAFKA_TRANSACTIONAL_ID = eye.topic
    settings.FASTTRACK_KAFKA_OPTIONS = {}
    yield eye
    eye.delete()
