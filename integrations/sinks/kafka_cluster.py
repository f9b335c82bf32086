from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from integrations.sinks.kafka_trouble import Complaints, TopicMissing


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    id: str
    """Another one when the topic was deleted and created anew."""
    partitions: tuple[int, ...]


class Cluster:
    """Questions about topics. Each raises `KafkaTrouble` once its time is up."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._complaints = Complaints()
        self._admin = AdminClient({**config, **self._complaints.callbacks()})

    def topic(self, name: str, *, seconds: float) -> Topic:
        """Raises `TopicMissing`."""
        asked = self._admin.describe_topics(TopicCollection([name]), request_timeout=_timeout(seconds))
        try:
            found = asked[name].result()
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise TopicMissing(f"Kafka has no topic {name}.") from error
            raise self._trouble(f"asked for the topic {name}", error) from error
        return Topic(name, str(found.topic_id), tuple(sorted(partition.id for partition in found.partitions)))

    def first_offsets(self, topic: Topic, *, seconds: float) -> dict[int, int]:
        """Retention has dropped all before."""
        return self._offsets(topic, OffsetSpec.earliest(), seconds)  # type: ignore[no-untyped-call]

    def next_offsets(self, topic: Topic, *, seconds: float) -> dict[int, int]:
        """What is written from now on comes there or later, committed or not."""
        return self._offsets(topic, OffsetSpec.latest(), seconds)  # type: ignore[no-untyped-call]

    def _offsets(self, topic: Topic, spec: OffsetSpec, seconds: float) -> dict[int, int]:
        wanted = {TopicPartition(topic.name, partition): spec for partition in topic.partitions}
        try:
            asked = self._admin.list_offsets(
                wanted, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=_timeout(seconds)
            )
            return {one.partition: answer.result().offset for one, answer in asked.items()}
        except KafkaException as error:
            raise self._trouble(f"asked for the offsets of {topic.name}", error) from error

    def _trouble(self, doing: str, error: KafkaException) -> Exception:
        self._admin.poll(0)
        return self._complaints.trouble(doing, error)


def _timeout(seconds: float) -> float:
    """librdkafka takes nothing shorter."""
    return max(seconds, 0.05)
