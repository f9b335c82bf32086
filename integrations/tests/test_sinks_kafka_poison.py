"""An event that Kafka will never take is refused, and nothing else is."""

import uuid
from collections.abc import Iterator

import pytest

from integrations.sinks.base import DELIVERED, UNTRIED, Message, Outcome, Refused
from integrations.sinks.kafka import KafkaSink
from integrations.tests.kafka_helpers import ids, messages, send, sink_on, started
from scripts.eyes.kafka import KafkaEye


@pytest.fixture
def strict_eye(kafka_servers: str) -> Iterator[KafkaEye]:
    """A topic that takes only small requests."""
    eye = KafkaEye(kafka_servers, f"test-{uuid.uuid4().hex}")
    eye.create(max_message_bytes="4000")
    yield eye
    eye.delete()


def inflated(batch: list[Message], number: int, size: int) -> list[Message]:
    fields = {name: getattr(batch[number], name) for name in Message.__slots__}
    return [*batch[:number], Message(**{**fields, "body": "x" * size}), *batch[number + 1 :]]


def send_all(sink: KafkaSink, batch: list[Message]) -> dict[int, Outcome]:
    """As the outbox does: what was delivered is gone, what was refused holds its grant."""
    ended: dict[int, Outcome] = {}
    for _ in range(50):
        held = {one.grant_id for one in batch if isinstance(ended.get(one.id), Refused)}
        pending = [one for one in batch if one.id not in ended and one.grant_id not in held]
        if not pending:
            return ended
        outcomes = send(sink, pending)
        ended |= {one.id: outcome for one, outcome in zip(pending, outcomes, strict=True) if outcome is not UNTRIED}
    raise AssertionError("it never ends")


def test_what_is_too_large_for_the_client_is_refused_and_holds_its_grant_alone(kafka_eye: KafkaEye) -> None:
    sink = sink_on(kafka_eye, options={"message.max.bytes": 2000})
    journal = started(sink)
    batch = inflated(messages(12, grants=4), 5, 3000)
    assert send(sink, batch) == [
        *[UNTRIED] * 5,
        Refused("Kafka: larger than this client's message.max.bytes."),
        *[UNTRIED] * 6,
    ]
    assert kafka_eye.read() == []
    others = [one for one in batch if one.grant_id != batch[5].grant_id]
    assert set(send_all(sink, others).values()) == {DELIVERED}
    assert sorted(ids(kafka_eye.read())) == sorted(str(one.event_id) for one in others)
    assert journal.written[-1].ids == tuple(one.id for one in others)


def test_nothing_but_what_is_too_large_for_the_client(kafka_eye: KafkaEye) -> None:
    sink = sink_on(kafka_eye, options={"message.max.bytes": 2000})
    started(sink)
    [outcome] = send(sink, inflated(messages(1), 0, 3000))
    assert isinstance(outcome, Refused)
    assert send(sink, messages(1, first=2)) == [DELIVERED]


def test_what_is_too_large_for_the_topic_is_found_and_refused_alone(strict_eye: KafkaEye) -> None:
    sink = sink_on(strict_eye)
    started(sink)
    batch = inflated(messages(20, grants=4), 9, 5000)
    ended = send_all(sink, batch)
    others = [one.id for one in batch if one.grant_id != batch[9].grant_id]
    assert {ended[number] for number in others} == {DELIVERED}
    assert isinstance(ended[10], Refused)
    assert "size" in ended[10].reason.lower()
    mine = [one.id for one in batch if one.grant_id == batch[9].grant_id]
    assert [number for number in mine if ended.get(number) == DELIVERED] == [number for number in mine if number < 10]
    delivered = [str(one.event_id) for one in batch if ended.get(one.id) == DELIVERED]
    assert sorted(ids(strict_eye.read())) == sorted(delivered)


def test_a_batch_that_is_too_large_only_as_a_whole_goes_in_parts(strict_eye: KafkaEye) -> None:
    sink = sink_on(strict_eye)
    started(sink)
    batch = messages(40, grants=2, body="%d" + "x" * 500)
    ended = send_all(sink, batch)
    assert set(ended.values()) == {DELIVERED}
    seen = strict_eye.read()
    for grant in range(2):
        mine = [str(one.event_id) for one in batch if one.grant_id == uuid.UUID(int=grant)]
        assert [event_id for event_id in ids(seen) if event_id in mine] == mine
    assert len(seen) == 40
