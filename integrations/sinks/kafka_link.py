import time
from collections.abc import Mapping
from typing import Any

from integrations.sinks.kafka_cluster import Cluster, Topic
from integrations.sinks.kafka_producer import TransactionalProducer
from integrations.sinks.kafka_recovery import Mark

LOOK_AGAIN_SECONDS = 30.0
"""So often the offsets are asked for: an old one might be gone from the topic when it is needed."""


class Link:
    """What is kept from round to round: a producer that has fenced all others, and where the topic ends."""

    def __init__(self, topic: str, producer: Mapping[str, Any], client: Mapping[str, Any], batch_size: int) -> None:
        self._topic_name, self._producer_config, self._client_config = topic, producer, client
        self.limit = batch_size
        """So many messages in a transaction; fewer after one that the broker refused."""
        self._producer: TransactionalProducer | None = None
        self._cluster: Cluster | None = None
        self._topic: Topic | None = None
        self._looked_at = 0.0
        self._epoch = 0

    def goes_on(self, epoch: int) -> bool:
        """Whether nobody can have taken over since the last lease."""
        if self._producer is None or self._epoch != epoch - 1:
            return False
        self._epoch = epoch
        return True

    @property
    def cluster(self) -> Cluster:
        if self._cluster is None:
            self._cluster = Cluster(self._client_config)
        return self._cluster

    @property
    def producer(self) -> TransactionalProducer:
        if self._producer is None:
            raise RuntimeError("`take_over` comes first")
        return self._producer

    def take_over(self, epoch: int, *, seconds: float) -> None:
        """From here on nobody else with this transactional id can commit anything."""
        self._producer = TransactionalProducer(self._producer_config)
        self._producer.take_over(seconds=seconds)
        self._epoch = epoch

    def fence(self, transactional_id: str, *, seconds: float) -> None:
        """Like `take_over`, for who sent under another id, before the setting was changed."""
        if transactional_id != self._producer_config["transactional.id"]:
            other = TransactionalProducer({**self._producer_config, "transactional.id": transactional_id})
            other.take_over(seconds=seconds)
            other.drop()

    def be_ready(self, epoch: int, *, seconds: float) -> None:
        until = time.monotonic() + seconds
        if self._producer is None:
            self.take_over(epoch, seconds=seconds)
        if self._topic is None or time.monotonic() - self._looked_at > LOOK_AGAIN_SECONDS:
            self._look(until)

    def _look(self, until: float) -> None:
        self._topic = self.cluster.topic(self._topic_name, seconds=until - time.monotonic())
        offsets = self.cluster.next_offsets(self._topic, seconds=until - time.monotonic())
        self._looked_at = time.monotonic()
        self.producer.next_offsets.clear()
        self.producer.next_offsets.update(offsets)

    def mark(self) -> Mark:
        """Whatever is sent from now on stands at these offsets or after them."""
        if self._topic is None:
            raise RuntimeError("`be_ready` comes first")
        offsets = dict(self.producer.next_offsets)
        return Mark(self._producer_config["transactional.id"], self._topic.name, self._topic.id, offsets)

    def drop(self) -> None:
        """It is made anew when it is needed."""
        if self._producer is not None:
            self._producer.drop()
        self._producer = self._cluster = self._topic = None
