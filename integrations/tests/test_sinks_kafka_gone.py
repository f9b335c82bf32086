"""Where the topic can no longer tell what became of a batch, nothing is sent until a person has decided."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from integrations import outbox
from integrations.models import SinkState
from integrations.sinks import kafka
from integrations.tests.kafka_helpers import expire_lease, ids, note, noted, record_some
from integrations.tests.outbox_helpers import states
from scripts.eyes.kafka import KafkaEye

pytestmark = pytest.mark.django_db(transaction=True)


class Died(BaseException):
    pass


def die(name: str) -> None:
    if name == "kafka.committed":
        raise Died


@pytest.fixture
def batch_in_flight(kafka_eye: KafkaEye, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Committed by a deliverer that then died."""
    sent = record_some()
    monkeypatch.setattr(kafka, "failpoint", die)
    with pytest.raises(Died):
        outbox.deliver("kafka")
    monkeypatch.undo()
    expire_lease()
    assert ids(kafka_eye.read()) == sent
    return sent


def create_anew(eye: KafkaEye) -> None:
    eye.delete()
    eye.create()


@pytest.mark.parametrize(
    ("lose", "reason"),
    [
        (KafkaEye.delete_records, "no longer has offset 0, where the batch in flight began"),
        (create_anew, "was deleted and created anew while a batch was in flight"),
    ],
)
def test_offsets_that_are_gone_halt_the_sink(
    lose: Callable[[KafkaEye], None], reason: str, kafka_eye: KafkaEye, batch_in_flight: list[str]
) -> None:
    lose(kafka_eye)
    report = outbox.deliver("kafka")
    assert reason in report.halted
    state = SinkState.objects.get()
    assert state.halted_at is not None
    assert state.halt_reason == report.halted
    assert state.in_flight is not None
    assert set(states().values()) == {"pending"}
    assert kafka_eye.read_uncommitted() == []

    assert not outbox.deliver("kafka").was_leased
    assert kafka_eye.read_uncommitted() == []


def test_a_noted_offset_beyond_the_end_halts_the_sink(kafka_eye: KafkaEye, batch_in_flight: list[str]) -> None:
    note(mark={**noted()["mark"], "offsets": {"0": 1000, "1": 1000, "2": 1000}})
    assert "before 1000, where the batch in flight began" in outbox.deliver("kafka").halted
    assert ids(kafka_eye.read_uncommitted()) == batch_in_flight


def test_a_noted_partition_that_is_no_more_halts_the_sink(kafka_eye: KafkaEye, batch_in_flight: list[str]) -> None:
    note(mark={**noted()["mark"], "offsets": {**noted()["mark"]["offsets"], "3": 0}})
    assert "has lost its partitions [3]" in outbox.deliver("kafka").halted


def test_a_noted_topic_that_is_gone_is_waited_for(kafka_eye: KafkaEye, batch_in_flight: list[str]) -> None:
    kafka_eye.delete()
    report = outbox.deliver("kafka")
    assert f"Kafka has no topic {kafka_eye.topic}." in report.trouble
    assert not report.halted
    kafka_eye.create()
    expire_lease()
    assert "was deleted and created anew" in outbox.deliver("kafka").halted


def test_a_noted_topic_that_is_gone_halts_the_sink_once_another_is_set(
    kafka_eye: KafkaEye, batch_in_flight: list[str], settings: Settings
) -> None:
    """There is no use in waiting for the old one, which nobody wants any more."""
    kafka_eye.delete()
    other = KafkaEye(kafka_eye.servers, f"{kafka_eye.topic}-other")
    other.create()
    settings.FASTTRACK_KAFKA_TOPIC = other.topic
    assert f"Kafka has no topic {kafka_eye.topic}." in outbox.deliver("kafka").halted
    outbox.decide_flight("kafka", arrived=False, by="olga", reason="nobody reads the old one")
    assert outbox.deliver("kafka").delivered == len(batch_in_flight)
    assert ids(other.read()) == batch_in_flight
    other.delete()
