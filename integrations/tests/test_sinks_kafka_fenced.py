"""Deliverers that get in each other's way: one transactional id, and one lease."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import Producer
from pytest_django import Settings

from integrations import outbox
from integrations.models import SinkState
from integrations.sinks import kafka
from integrations.sinks.base import DELIVERED, Trouble
from integrations.tests.kafka_helpers import (
    expire_lease,
    ids,
    messages,
    record_some,
    send,
    sink_on,
    started,
)
from integrations.tests.outbox_helpers import states
from integrations.tests.threads import in_thread
from scripts.eyes.kafka import KafkaEye

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def once_at(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], object]) -> Iterator[list[str]]:
    """`act` is done when the sink passes the failpoint of this name for the first time."""
    passed: list[str] = []

    def pass_by(failpoint: str) -> None:
        if failpoint == name and not passed:
            passed.append(name)
            act()

    monkeypatch.setattr(kafka, "failpoint", pass_by)
    yield passed
    assert passed == [name]


def fence(eye: KafkaEye) -> None:
    """Somebody else with the same transactional id, of whom our database knows nothing."""
    Producer({"bootstrap.servers": eye.servers, "transactional.id": eye.topic}).init_transactions(10)


@pytest.mark.parametrize("has_new_id", [False, True])
@pytest.mark.parametrize("moment", ["kafka.noted", "kafka.produced"])
def test_a_deliverer_that_wakes_up_after_a_take_over_cannot_commit(
    moment: str, has_new_id: bool, kafka_eye: KafkaEye, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """Not even when the setting was changed in between."""
    sent = record_some()

    def take_over() -> None:
        expire_lease()
        if has_new_id:
            settings.FASTTRACK_KAFKA_TRANSACTIONAL_ID += "-new"
        report = in_thread(lambda: outbox.deliver("kafka"))
        assert (report.delivered, report.trouble) == (5, "")

    with once_at(monkeypatch, moment, take_over):
        report = outbox.deliver("kafka")
    assert report.lost
    assert report.delivered == 0
    assert ids(kafka_eye.read()) == sent
    assert set(states().values()) == {"delivered"}
    assert SinkState.objects.get().epoch == 2


@pytest.mark.parametrize("moment", ["kafka.noted", "kafka.produced"])
def test_another_producer_with_the_same_id_costs_trouble_and_nothing_else(
    moment: str, kafka_eye: KafkaEye, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = record_some()
    with once_at(monkeypatch, moment, lambda: fence(kafka_eye)):
        report = outbox.deliver("kafka")
    assert report.delivered == 0
    assert "fenced" in report.trouble.lower()
    assert set(states().values()) == {"pending"}
    assert kafka_eye.read() == []
    expire_lease()
    assert outbox.deliver("kafka").delivered == 5
    assert ids(kafka_eye.read()) == sent
    assert set(states().values()) == {"delivered"}


def test_a_deliverer_without_a_note_is_let_go_on_by_nobody(
    kafka_eye: KafkaEye, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It slept between its lease and its first note, and meanwhile another one sent everything."""
    sent = record_some()
    write = outbox.deliver.__globals__["LeasedJournal"].write

    def sleep_then_write(journal: object, flight: object) -> None:
        monkeypatch.undo()
        expire_lease()
        assert in_thread(lambda: outbox.deliver("kafka")).delivered == 5
        write(journal, flight)

    monkeypatch.setattr("integrations.outbox.journal.LeasedJournal.write", sleep_then_write)
    report = outbox.deliver("kafka")
    assert report.lost
    assert ids(kafka_eye.read_uncommitted()) == sent


def test_an_idle_producer_that_was_fenced_recovers(kafka_eye: KafkaEye) -> None:
    sink = sink_on(kafka_eye)
    started(sink)
    assert send(sink, messages(3)) == [DELIVERED] * 3
    fence(kafka_eye)
    journal = started(sink, epoch=2)
    outcomes = send(sink, messages(3, first=4))
    assert [type(outcome) for outcome in outcomes] == [Trouble] * 3
    assert journal.flight is not None
    assert sink.start(3, journal) == []
    assert send(sink, messages(3, first=4)) == [DELIVERED] * 3
    assert sorted(ids(kafka_eye.read())) == sorted(str(one.event_id) for one in messages(6))
