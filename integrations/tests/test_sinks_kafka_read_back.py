"""What the topic tells of a batch whose deliverer died."""

import uuid

import pytest
from confluent_kafka import Producer

from integrations import outbox
from integrations.models import OutgoingEvent, SinkState
from integrations.sinks import kafka
from integrations.sinks.base import DELIVERED
from integrations.tests.kafka_helpers import (
    expire_lease,
    ids,
    messages,
    note,
    noted,
    record_some,
    send,
    sink_on,
    started,
)
from integrations.tests.outbox_helpers import event, recorded, states
from integrations.tests.test_sinks_kafka_gone import Died, die
from scripts.eyes.kafka import KafkaEye

pytestmark = pytest.mark.django_db(transaction=True)


def foreign(eye: KafkaEye, **config: str) -> Producer:
    return Producer({"bootstrap.servers": eye.servers, **config})


def killed_after_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(kafka, "failpoint", die)
        with pytest.raises(Died):
            outbox.deliver("kafka")
    expire_lease()


def test_a_part_of_the_batch_that_was_left_out_is_sent(kafka_eye: KafkaEye, monkeypatch: pytest.MonkeyPatch) -> None:
    """The note may name more than was sent: one that was too large, and the later ones of its grant."""
    sent = record_some()
    killed_after_commit(monkeypatch)
    note(ids=[*noted()["ids"], record_some_of(uuid.UUID(int=7))])
    report = outbox.deliver("kafka")
    assert report.delivered == 6
    assert ids(kafka_eye.read())[:5] == sent
    assert len(kafka_eye.read()) == 6


def test_messages_of_others_in_the_topic_are_passed_over(kafka_eye: KafkaEye, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = record_some()
    other = foreign(kafka_eye)
    for number in range(20):
        other.produce(
            kafka_eye.topic, "before", headers=[("event_id", b"\xff"), ("event_id", None)], partition=number % 3
        )
    other.flush(10)
    killed_after_commit(monkeypatch)
    for number in range(20):
        other.produce(kafka_eye.topic, "after", partition=number % 3)
    other.flush(10)
    assert outbox.deliver("kafka").delivered == 5
    assert [event_id for event_id in ids(kafka_eye.read()) if len(event_id) == 36] == sent
    assert set(states().values()) == {"delivered"}


def test_an_open_transaction_of_another_holds_it_up_and_then_it_goes_on(
    kafka_eye: KafkaEye, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = record_some()
    monkeypatch.setattr(kafka, "READ_SECONDS", 0.5)
    other = foreign(kafka_eye, **{"transactional.id": f"{kafka_eye.topic}-other"})
    other.init_transactions(10)
    other.begin_transaction()
    for partition in range(3):
        other.produce(kafka_eye.topic, "theirs", partition=partition)
    assert other.flush(10) == 0
    killed_after_commit(monkeypatch)

    report = outbox.deliver("kafka")
    assert "Perhaps another producer's open transaction" in report.trouble
    assert set(states().values()) == {"pending"}
    assert SinkState.objects.get().in_flight is not None

    other.commit_transaction(10)
    expire_lease()
    assert outbox.deliver("kafka").delivered == 5
    assert [event_id for event_id in ids(kafka_eye.read()) if event_id] == sent
    assert set(states().values()) == {"delivered"}


def test_a_reading_that_ran_out_of_time_goes_on_where_it_was(
    kafka_eye: KafkaEye, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The open transaction stands behind a part of the batch: that part is found, noted, and not looked for again."""
    sent = record_some()
    monkeypatch.setattr(kafka, "READ_SECONDS", 0.5)
    killed_after_commit(monkeypatch)
    note(ids=[*noted()["ids"], record_some_of(uuid.UUID(int=7))])
    other = foreign(kafka_eye, **{"transactional.id": f"{kafka_eye.topic}-other"})
    other.init_transactions(10)
    other.begin_transaction()
    for partition in range(3):
        other.produce(kafka_eye.topic, "theirs", partition=partition)
    assert other.flush(10) == 0

    assert outbox.deliver("kafka").delivered == 0
    mark = noted()["mark"]
    assert mark["found"] == sorted(sent)
    assert sum(mark["offsets"].values()) == 6  # Five events and the marker behind them.

    other.abort_transaction(10)
    expire_lease()
    report = outbox.deliver("kafka")
    assert report.delivered == 6
    assert ids(kafka_eye.read())[:5] == sent
    assert len(kafka_eye.read()) == 6


def test_the_noted_topic_is_read_when_the_setting_has_changed_since(
    kafka_eye: KafkaEye, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    sent = record_some()
    killed_after_commit(monkeypatch)
    new = KafkaEye(kafka_eye.servers, f"{kafka_eye.topic}-new")
    new.create()
    monkeypatch.setattr(settings, "FASTTRACK_KAFKA_TOPIC", new.topic)
    assert outbox.deliver("kafka").delivered == 5
    assert ids(kafka_eye.read()) == sent
    assert new.read_uncommitted() == []
    new.delete()


def test_partitions_that_were_added_since_are_read_from_their_beginning(
    kafka_eye: KafkaEye, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = record_some()
    killed_after_commit(monkeypatch)
    # As if the note had been written when the topic had one partition less.
    place = kafka_eye.read()[0].details["partition"]
    offsets = {part: offset for part, offset in noted()["mark"]["offsets"].items() if part != str(place)}
    note(mark={**noted()["mark"], "offsets": offsets})
    kafka_eye.add_partitions(5)
    assert outbox.deliver("kafka").delivered == 5
    assert ids(kafka_eye.read()) == sent


def test_sending_goes_on_when_partitions_are_added(kafka_eye: KafkaEye) -> None:
    sink = sink_on(kafka_eye, options={"topic.metadata.refresh.interval.ms": 50})
    started(sink)
    assert send(sink, messages(50, grants=50)) == [DELIVERED] * 50
    kafka_eye.add_partitions(6)
    first = 51
    seen: set[int] = set()
    while not seen & {3, 4, 5}:
        assert first < 5000
        assert send(sink, messages(50, first=first, grants=50)) == [DELIVERED] * 50
        first += 50
        seen = {one.details["partition"] for one in kafka_eye.read()}
    assert sorted(ids(kafka_eye.read())) == sorted(str(one.event_id) for one in messages(first - 1))


def record_some_of(grant_id: uuid.UUID) -> int:
    """One more event; its row's id."""
    recorded(event("Pending", grant_id=grant_id))
    return OutgoingEvent.objects.get(grant_id=grant_id).pk
