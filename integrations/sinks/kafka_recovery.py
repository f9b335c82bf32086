"""What became of a batch whose deliverer did not live to tell: its topic is read from where the batch was to begin.

To be asked once the one that sent it has been fenced: by then its transaction is committed or aborted, for good.
"""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from integrations.sinks.base import NeedsPerson
from integrations.sinks.kafka_cluster import Cluster, Topic
from integrations.sinks.kafka_trouble import Complaints, KafkaTrouble

MESSAGES_AT_ONCE = 1000
PASSING = frozenset(
    {
        # Of a group that we have no use for, and of what is tried again by itself.
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError._RESOLVE,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
    }
)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where to look; JSON on the row of the sink's state."""

    transactional_id: str
    """Whoever sent it can commit until this one is taken over, whatever the setting says now."""
    topic: str
    topic_id: str
    offsets: Mapping[int, int]
    """By partition: nothing of the batch stands before. A partition that is missing is newer than the mark."""
    found: Collection[str] = ()
    """The ids of events that were found before these offsets, by a reading that ran out of time."""

    @classmethod
    def from_json(cls, mark: Mapping[str, Any]) -> Self:
        offsets = {int(partition): offset for partition, offset in mark["offsets"].items()}
        return cls(mark["transactional_id"], mark["topic"], mark["topic_id"], offsets, mark.get("found", ()))

    def as_json(self) -> dict[str, Any]:
        offsets = {str(partition): offset for partition, offset in self.offsets.items()}
        names = {"transactional_id": self.transactional_id, "topic": self.topic, "topic_id": self.topic_id}
        found = {"found": sorted(self.found)} if self.found else {}
        return {**names, "offsets": offsets, **found}


class Unfinished(KafkaTrouble):
    """Time ran out. `reached` is where to go on."""

    def __init__(self, reason: str, reached: Mark) -> None:
        super().__init__(reason)
        self.reached = reached


def read_back(
    mark: Mark, wanted: Collection[str], *, cluster: Cluster, config: Mapping[str, Any], until: float
) -> set[str]:
    """Those of the wanted event ids that `read_committed` readers of the topic get to see.

    Raises `NeedsPerson` when the topic no longer has what it takes to tell, and `Unfinished`.
    """
    topic = cluster.topic(mark.topic, seconds=until - time.monotonic())
    starts = _starts(mark, topic)
    lows = cluster.first_offsets(topic, seconds=until - time.monotonic())
    ends = cluster.next_offsets(topic, seconds=until - time.monotonic())
    for partition, start in starts.items():
        _require_whole(f"{topic.name}[{partition}]", start, lows[partition], ends[partition])
    reading = _Reading(topic.name, set(wanted), set(mark.found), starts, ends)
    if not reading.is_over:
        reading.run(config, until)
    if not reading.is_over:
        reached = replace(mark, offsets=dict(reading.offsets), found=reading.found)
        raise Unfinished(f"Kafka, reading {topic.name} back: {reading.waits_for()}", reached)
    return reading.found


def _starts(mark: Mark, topic: Topic) -> dict[int, int]:
    if topic.id != mark.topic_id:
        raise NeedsPerson(f"The topic {topic.name} was deleted and created anew while a batch was in flight.")
    if gone := set(mark.offsets) - set(topic.partitions):
        raise NeedsPerson(f"The topic {topic.name} has lost its partitions {sorted(gone)}, with a batch in flight.")
    return {partition: mark.offsets.get(partition, 0) for partition in topic.partitions}


def _require_whole(name: str, start: int, low: int, end: int) -> None:
    if low > start:
        raise NeedsPerson(f"{name} no longer has offset {start}, where the batch in flight began: it begins at {low}.")
    if end < start:
        raise NeedsPerson(f"{name} ends at offset {end}, before {start}, where the batch in flight began.")


class _Reading:
    def __init__(
        self, topic: str, wanted: set[str], found: set[str], starts: Mapping[int, int], ends: Mapping[int, int]
    ) -> None:
        self._topic, self._wanted, self._ends = topic, wanted, ends
        self._complaints = Complaints()
        self.found = found
        self.offsets = dict(starts)

    @property
    def is_over(self) -> bool:
        return self.found == self._wanted or not self._open()

    def _open(self) -> list[int]:
        return [partition for partition, offset in self.offsets.items() if offset < self._ends[partition]]

    def waits_for(self) -> str:
        rest = ", ".join(f"[{one}] at {self.offsets[one]} of {self._ends[one]}" for one in self._open())
        said = f"; {self._complaints.last}" if self._complaints.last else ""
        return f"{rest}. Perhaps another producer's open transaction holds its readers up{said}."

    def run(self, config: Mapping[str, Any], until: float) -> None:
        consumer = Consumer({**config, **self._complaints.callbacks()})
        try:
            with self._complaints.told(f"reading {self._topic} back"):
                consumer.assign([TopicPartition(self._topic, one, self.offsets[one]) for one in self._open()])
                for message in _messages(consumer, until):
                    self._take(message)
                    if self.is_over:
                        break
        finally:
            consumer.close()

    def _take(self, message: Message) -> None:
        error = message.error()
        if error is None:
            self._note_event(message)
            self._reach(message, 1)
        elif error.code() == KafkaError._PARTITION_EOF:
            # Markers and aborted messages are passed over in silence; this tells how far they went.
            self._reach(message, 0)
        elif error.code() not in PASSING:
            raise KafkaException(error)

    def _note_event(self, message: Message) -> None:
        for name, value in dict(message.headers() or ()).items():
            if name == "event_id" and isinstance(value, bytes):
                self.found |= {value.decode(errors="replace")} & self._wanted

    def _reach(self, message: Message, step: int) -> None:
        partition, offset = message.partition(), message.offset()
        if partition is not None and offset is not None:
            self.offsets[partition] = max(self.offsets[partition], offset + step)


def _messages(consumer: Consumer, until: float) -> Iterator[Message]:
    while (left := until - time.monotonic()) > 0:
        yield from consumer.consume(MESSAGES_AT_ONCE, min(left, 0.1))
