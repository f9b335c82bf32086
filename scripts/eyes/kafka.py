"""Reads a topic with aiokafka, as a stranger would who asks for what is committed and for nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete

from scripts.eyes.base import Seen

T = TypeVar("T")
SECONDS = 30.0


class KafkaEye:
    def __init__(self, servers: str, topic: str, partitions: int = 3) -> None:
        self.servers, self.topic, self.partitions = servers, topic, partitions

    def create(self, **configs: str) -> None:
        """Returns when the topic can be used. `configs` are the topic's, with _ for each dot."""
        named = {name.replace("_", "."): value for name, value in configs.items()}
        topic = NewTopic(self.topic, self.partitions, 1, topic_configs=named)
        self._administer(lambda admin: admin.create_topics([topic]))
        self._wait_for(self.partitions)

    def delete(self) -> None:
        self._administer(lambda admin: admin.delete_topics([self.topic]))
        self._wait_for(0)

    def add_partitions(self, total: int) -> None:
        self._administer(lambda admin: admin.create_partitions({self.topic: NewPartitions(total)}))
        self.partitions = total
        self._wait_for(total)

    def delete_records(self) -> None:
        """Nothing is left of what is there now, open transactions apart; offsets go on."""
        everything = {TopicPartition(self.topic, one): RecordsToDelete(-1) for one in range(self.partitions)}
        self._administer(lambda admin: admin.delete_records(everything))

    def read(self) -> list[Seen]:
        """All that is committed, from the beginning up to where a reader gets now; each partition in order."""
        return asyncio.run(self._read("read_committed"))

    def read_uncommitted(self) -> list[Seen]:
        """What is in the log, whatever became of it."""
        return asyncio.run(self._read("read_uncommitted"))

    def _administer(self, act: Callable[[AIOKafkaAdminClient], Awaitable[T]]) -> T:
        async def run() -> T:
            admin = AIOKafkaAdminClient(bootstrap_servers=self.servers)
            await admin.start()
            try:
                return await asyncio.wait_for(act(admin), SECONDS)
            finally:
                await admin.close()

        return asyncio.run(run())

    def _wait_for(self, partitions: int) -> None:
        async def wait(admin: AIOKafkaAdminClient) -> None:
            while True:
                [topic] = await admin.describe_topics([self.topic])
                led = [one for one in topic["partitions"] if one["leader"] >= 0]
                if len(led) == partitions:
                    return
                await asyncio.sleep(0.02)

        self._administer(wait)

    async def _read(self, isolation: str) -> list[Seen]:
        parts = [TopicPartition(self.topic, one) for one in range(self.partitions)]
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.servers,
            isolation_level=isolation,
            enable_auto_commit=False,
            auto_offset_reset="none",
        )
        async with asyncio.timeout(SECONDS), consumer:
            consumer.assign(parts)
            await consumer.seek_to_beginning(*parts)
            ends = await consumer.end_offsets(parts)
            return await _up_to(consumer, ends)


async def _up_to(consumer: Any, ends: dict[TopicPartition, int]) -> list[Seen]:
    seen: dict[TopicPartition, list[Seen]] = {part: [] for part in ends}
    while any([await consumer.position(part) < end for part, end in ends.items()]):
        for part, records in (await consumer.getmany(timeout_ms=50)).items():
            seen[part] += [_seen(record) for record in records if record.offset < ends[part]]
    return [one for part in sorted(seen) for one in seen[part]]


def _seen(record: ConsumerRecord[bytes, bytes]) -> Seen:
    headers = {name: value or b"" for name, value in record.headers}
    return Seen(
        kind=headers.get("type", b"").decode(errors="replace"),
        event_id=headers.get("event_id", b"").decode(errors="replace"),
        body=record.value or b"",
        user_id=(record.key or b"").decode(errors="replace"),
        details={"partition": record.partition, "offset": record.offset, "headers": record.headers},
    )
