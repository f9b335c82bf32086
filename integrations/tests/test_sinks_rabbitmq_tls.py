"""The broker's certificate must be signed by whom we trust, and be for the host that we meant."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from integrations.sinks.base import DELIVERED, UNTRIED, Trouble
from integrations.sinks.rabbitmq_address import Address
from integrations.sinks.rabbitmq_link import Link
from integrations.tests.certificates import Authority
from integrations.tests.rabbit import SOON, link, message, numbers, send, sink_of
from scripts.eyes.rabbitmq import RabbitEye
from scripts.faults.proxy import Proxy

Serve = Callable[[str], Proxy]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def serve(rabbit: RabbitEye, authority: Authority) -> Iterator[Serve]:
    """TLS in front of the broker, with a certificate for a name."""
    target = rabbit.url.rpartition("@")[2].partition("/")[0]
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(Proxy(target, tls=authority.certify(name)))


def url(proxy: Proxy, host: str = "127.0.0.1") -> str:
    return f"amqps://guest:guest@{host}:{proxy.port}/%2F"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_trusted_certificate_for_the_host_is_good(
    rabbit: RabbitEye, serve: Serve, authority: Authority, host: str
) -> None:
    sink = sink_of(rabbit, url=url(serve(host), host), ca_certs=str(authority.ca))
    assert send(sink, *(message(n, grant=n % 7) for n in range(1, 101))) == [DELIVERED] * 100
    assert len(rabbit.read()) == 100


def test_an_unknown_authority_is_trouble(rabbit: RabbitEye, serve: Serve, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger")
    outcomes = send(sink_of(rabbit, url=url(serve("127.0.0.1")), ca_certs=str(stranger.ca)), message(1), message(2))
    assert isinstance(outcomes[0], Trouble)
    assert "CERTIFICATE_VERIFY_FAILED" in outcomes[0].reason
    assert outcomes[1] == UNTRIED
    assert rabbit.read() == []


def test_the_systems_authorities_are_asked_when_none_is_named(rabbit: RabbitEye, serve: Serve) -> None:
    [outcome] = send(sink_of(rabbit, url=url(serve("127.0.0.1"))), message(1))
    assert isinstance(outcome, Trouble)
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.reason
    assert rabbit.read() == []


@pytest.mark.parametrize(("host", "name"), [("127.0.0.1", "127.0.0.2"), ("localhost", "rabbit.example")])
def test_a_certificate_for_another_host_is_trouble(
    rabbit: RabbitEye, serve: Serve, authority: Authority, host: str, name: str
) -> None:
    [outcome] = send(sink_of(rabbit, url=url(serve(name), host), ca_certs=str(authority.ca)), message(1))
    assert isinstance(outcome, Trouble)
    assert "certificate is not valid for" in outcome.reason
    assert rabbit.read() == []


def test_a_server_that_does_not_shake_hands_is_trouble(rabbit: RabbitEye, authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"amqps://guest:guest@127.0.0.1:{silent.getsockname()[1]}/%2F"
        [outcome] = send(sink_of(rabbit, url=address, ca_certs=str(authority.ca), step_seconds=0.3), message(1))
    assert isinstance(outcome, Trouble)
    assert "timed out" in outcome.reason


def test_late_confirms_over_tls_are_trouble_and_end_the_connection(
    rabbit: RabbitEye, serve: Serve, authority: Authority
) -> None:
    proxy = serve("127.0.0.1")
    sink, hasty = (
        sink_of(rabbit, url=url(proxy), ca_certs=str(authority.ca), confirm_seconds=seconds) for seconds in (SOON, 0.3)
    )
    assert send(sink, message(1)) == [DELIVERED]
    proxy.stall_answers()
    assert send(hasty, message(2)) == [Trouble(f"{proxy.address}: The broker's confirms took too long.")]
    assert link() is None
    proxy.resume()
    assert send(sink, message(3)) == [DELIVERED]
    assert numbers(rabbit.read()) == [1, 2, 3]


def test_closing_does_not_wait_for_a_dead_peer(
    rabbit: RabbitEye, serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve("127.0.0.1")
    address = Address(url=url(proxy), exchange=rabbit.exchange, routing_key="bonus", ca_certs=str(authority.ca))
    opened = Link(address)
    waits: list[float | None] = []
    unwrap = ssl.SSLSocket.unwrap

    def noted(self: ssl.SSLSocket) -> socket.socket:
        waits.append(self.gettimeout())
        return unwrap(self)

    monkeypatch.setattr(ssl.SSLSocket, "unwrap", noted)
    proxy.stall()
    opened.close()
    assert waits == [0]


def test_closing_twice_is_closing_once(rabbit: RabbitEye) -> None:
    opened = Link(Address(url=rabbit.url, exchange=rabbit.exchange, routing_key="bonus"))
    opened.publish([message(1)], deadline=time.monotonic() + 20)
    opened.wait(until=time.monotonic() + 20)
    opened.close()
    opened.close()
    assert numbers(rabbit.read()) == [1]
