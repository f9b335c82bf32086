"""A broker of the tests' own, reached through a proxy or with a password: what a bad connection does."""

import time
import uuid
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from integrations import outbox
from integrations.models import SinkState
from integrations.sinks.base import DELIVERED, Flight, Trouble
from integrations.tests.kafka_helpers import (
    NotedJournal,
    expire_lease,
    ids,
    messages,
    record_some,
    send,
    sink_on,
    started,
)
from integrations.tests.outbox_helpers import states
from scripts.eyes.kafka import KafkaEye
from scripts.faults.proxy import Proxy
from scripts.services.private import PrivateServer, private
from scripts.services.process import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("private_kafka")]

END_TRANSACTION = b"\x00\x1a\x00"
"""How a request to commit begins: the number of its kind, and the upper half of its version."""


@pytest.fixture(scope="module")
def proxied_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def broker(kafka_servers: str, proxied_port: int) -> Iterator[PrivateServer]:
    with private("kafka", proxied_port=proxied_port, sasl={"sender": "right-one"}) as server:
        yield server


@pytest.fixture
def eye(broker: PrivateServer) -> KafkaEye:
    """It looks past the proxy."""
    eye = KafkaEye(broker.url, f"test-{uuid.uuid4().hex}")
    eye.create()
    return eye


@pytest.fixture
def proxy(broker: PrivateServer, proxied_port: int) -> Iterator[Proxy]:
    with Proxy(broker.behind_proxy, port=proxied_port) as proxy:
        yield proxy


@pytest.fixture
def through_proxy(eye: KafkaEye, proxy: Proxy, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EVENT_SINKS = ["kafka"]
    settings.FASTTRACK_KAFKA_BOOTSTRAP_SERVERS = proxy.address
    settings.FASTTRACK_KAFKA_TOPIC = settings.FASTTRACK_KAFKA_TRANSACTIONAL_ID = eye.topic
    settings.FASTTRACK_KAFKA_OPTIONS = {"reconnect.backoff.max.ms": 200}
    monkeypatch.setattr("integrations.sinks.kafka.COMMIT_GRACE", -3.0)


@pytest.mark.usefixtures("through_proxy")
def test_a_commit_whose_answer_is_lost_is_found_in_the_topic(eye: KafkaEye, proxy: Proxy) -> None:
    sent = record_some()
    proxy.stall_answers_after(END_TRANSACTION)
    report = outbox.deliver("kafka")
    assert proxy.tripped.is_set()
    assert report.delivered == 0
    assert "whether it was committed isn't known yet" in report.trouble
    assert set(states().values()) == {"pending"}
    assert SinkState.objects.get().in_flight is not None
    assert ids(eye.read()) == sent

    proxy.cut()
    proxy.resume()
    expire_lease()
    assert outbox.deliver("kafka").delivered == 5
    assert ids(eye.read_uncommitted()) == sent
    assert set(states().values()) == {"delivered"}


@pytest.mark.usefixtures("through_proxy")
def test_a_commit_that_never_came_through_is_made_again(eye: KafkaEye, proxy: Proxy) -> None:
    sent = record_some()
    proxy.stall_requests_from(END_TRANSACTION)
    report = outbox.deliver("kafka")
    assert proxy.tripped.is_set()
    assert "whether it was committed isn't known yet" in report.trouble
    assert eye.read() == []

    proxy.cut()
    proxy.resume()
    expire_lease()
    assert outbox.deliver("kafka").delivered == 5
    assert ids(eye.read()) == sent
    assert len(eye.read_uncommitted()) == 10


@pytest.mark.usefixtures("through_proxy")
def test_a_late_commit_of_a_transaction_that_was_taken_over_is_refused(eye: KafkaEye, proxy: Proxy) -> None:
    """The request lies in a network buffer while another deliverer, by another way, reads back and sends."""
    sent = record_some()
    proxy.stall_requests_from(END_TRANSACTION)
    assert outbox.deliver("kafka").delivered == 0
    noted = SinkState.objects.get().in_flight
    assert noted is not None
    past_the_proxy = sink_on(eye)
    assert past_the_proxy.start(9, NotedJournal(Flight(tuple(noted["ids"]), noted["mark"]))) == []
    proxy.resume()
    batch = messages(3)
    assert send(past_the_proxy, batch) == [DELIVERED] * 3
    assert sorted(ids(eye.read())) == sorted(str(one.event_id) for one in batch)
    assert len(eye.read_uncommitted()) == len(sent) + 3


def test_while_in_doubt_nothing_more_is_sent(eye: KafkaEye, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.sinks.kafka.COMMIT_GRACE", -3.0)
    sink = sink_on(eye, servers=proxy.address)
    journal = started(sink)
    assert send(sink, messages(2)) == [DELIVERED] * 2
    proxy.stall_answers_after(END_TRANSACTION)
    first = send(sink, messages(2, first=3), seconds=4)
    assert [type(outcome) for outcome in first] == [Trouble] * 2
    proxy.cut()
    proxy.resume()
    assert send(sink, messages(2, first=3)) == first
    assert send(sink, messages(2, first=3), seconds=-1) == first
    assert len(journal.written) == 2
    assert len(eye.read_uncommitted()) == 4


def test_a_stalled_broker_is_trouble_within_the_time(eye: KafkaEye, proxy: Proxy) -> None:
    sink = sink_on(eye, servers=proxy.address)
    started(sink)
    send(sink, messages(1))
    proxy.stall()
    began = time.monotonic()
    [outcome] = send(sink, messages(1, first=2), seconds=0.5)
    assert isinstance(outcome, Trouble)
    assert "not taken in time" in outcome.reason
    assert time.monotonic() - began < 8
    proxy.cut()


def test_with_a_password(broker: PrivateServer, eye: KafkaEye) -> None:
    options = {
        "security.protocol": "sasl_plaintext",
        "sasl.mechanisms": "PLAIN",
        "sasl.username": "sender",
        "sasl.password": "right-one",
    }
    sink = sink_on(eye, servers=broker.sasl_servers, options=options)
    started(sink)
    assert send(sink, messages(3)) == [DELIVERED] * 3
    assert len(eye.read()) == 3


def test_a_wrong_password_is_trouble_and_is_not_told(
    broker: PrivateServer, eye: KafkaEye, caplog: pytest.LogCaptureFixture
) -> None:
    options = {
        "security.protocol": "sasl_plaintext",
        "sasl.mechanisms": "PLAIN",
        "sasl.username": "sender",
        "sasl.password": "wrong-one",
    }
    sink = sink_on(eye, servers=broker.sasl_servers, options=options, connect_seconds=1.0)
    started(sink)
    [outcome] = send(sink, messages(1))
    assert isinstance(outcome, Trouble)
    assert "authentication" in outcome.reason.lower()
    assert "wrong-one" not in outcome.reason + caplog.text
    assert "uthentication" in caplog.text
    assert eye.read_uncommitted() == []
