"""Over TLS, whose other end must be who it says it is: a broker of the tests' own behind a proxy that speaks TLS."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.sinks.base import DELIVERED, Trouble
from integrations.tests.certificates import Authority
from integrations.tests.kafka_helpers import messages, send, sink_on, started
from scripts.eyes.kafka import KafkaEye
from scripts.faults.proxy import Proxy
from scripts.services.private import PrivateServer, private
from scripts.services.process import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("private_kafka")]


@pytest.fixture(scope="module")
def tls_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def broker(kafka_servers: str, tls_port: int) -> Iterator[PrivateServer]:
    with private("kafka", tls_port=tls_port) as server:
        yield server


@pytest.fixture
def eye(broker: PrivateServer) -> KafkaEye:
    eye = KafkaEye(broker.url, f"test-{uuid.uuid4().hex}")
    eye.create()
    return eye


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def secured(
    broker: PrivateServer, tls_port: int, authority: Authority, request: pytest.FixtureRequest
) -> Iterator[str]:
    """Its address. The certificate is for 127.0.0.1, or for the name that a test wants."""
    name = getattr(request, "param", "127.0.0.1")
    with Proxy(broker.behind_tls, port=tls_port, tls=authority.certify(name)) as proxy:
        yield proxy.address


def options(authority: Authority) -> dict[str, str]:
    return {"security.protocol": "ssl", "ssl.ca.location": str(authority.ca)}


def test_a_trusted_certificate_for_the_host_is_good(eye: KafkaEye, secured: str, authority: Authority) -> None:
    sink = sink_on(eye, servers=secured, options=options(authority))
    started(sink)
    assert send(sink, messages(3)) == [DELIVERED] * 3
    assert len(eye.read()) == 3


def test_an_unknown_authority_is_trouble(eye: KafkaEye, secured: str, tmp_path: Path) -> None:
    sink = sink_on(eye, servers=secured, options=options(Authority(tmp_path, "stranger")), connect_seconds=1.0)
    started(sink)
    [outcome] = send(sink, messages(1))
    assert isinstance(outcome, Trouble)
    assert "certificate verify failed" in outcome.reason
    assert eye.read_uncommitted() == []


@pytest.mark.parametrize("secured", ["elsewhere.example"], indirect=True)
def test_a_certificate_for_another_host_is_trouble(eye: KafkaEye, secured: str, authority: Authority) -> None:
    sink = sink_on(eye, servers=secured, options=options(authority), connect_seconds=1.0)
    started(sink)
    [outcome] = send(sink, messages(1))
    assert isinstance(outcome, Trouble)
    assert "certificate verify failed" in outcome.reason
    assert eye.read_uncommitted() == []
