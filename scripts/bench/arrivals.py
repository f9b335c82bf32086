"""Outside consumers that note when each event came, by the clock that all processes of a machine share."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pika
from aiokafka import AIOKafkaConsumer, TopicPartition

from scripts.bench.base import BenchFailed
from scripts.bench.brokers import PARTITIONS

POLL_MS = 200


class Arrivals:
    def __init__(self) -> None:
        self.ready = threading.Event()
        self.stop = threading.Event()
        self._times: dict[str, float] = {}
        self._changed = threading.Condition()

    def note(self, event_id: str) -> None:
        with self._changed:
            self._times.setdefault(event_id, time.monotonic())
            self._changed.notify_all()

    def wait_for(self, count: int, *, seconds: float) -> dict[str, float]:
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._times) >= count, seconds):
                raise BenchFailed(f"{len(self._times)} of {count} events came within {seconds:.0f} s.")
            return dict(self._times)


@contextmanager
def watched(sink: str, server: str, name: str) -> Iterator[Arrivals]:
    """Of queue or topic `name`, from the moment on that the consumer is there."""
    arrivals = Arrivals()
    watch = {"rabbitmq": _watch_queue, "kafka": _watch_topic}[sink]
    thread = threading.Thread(target=watch, args=(arrivals, server, name), daemon=True)
    thread.start()
    try:
        if not arrivals.ready.wait(30):
            raise BenchFailed(f"No consumer for {sink}.")
        yield arrivals
    finally:
        arrivals.stop.set()
        thread.join(30)


def _watch_queue(arrivals: Arrivals, url: str, name: str) -> None:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        messages = connection.channel().consume(name, auto_ack=True, inactivity_timeout=POLL_MS / 1000)
        arrivals.ready.set()
        for _, properties, _ in messages:
            if arrivals.stop.is_set():
                return
            if properties is not None:
                arrivals.note(properties.message_id or "")


def _watch_topic(arrivals: Arrivals, servers: str, name: str) -> None:
    asyncio.run(_consume(arrivals, servers, name))


async def _consume(arrivals: Arrivals, servers: str, name: str) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, isolation_level="read_committed", enable_auto_commit=False)
    async with consumer:
        parts = [TopicPartition(name, number) for number in range(PARTITIONS)]
        consumer.assign(parts)
        await consumer.seek_to_beginning(*parts)
        arrivals.ready.set()
        while not arrivals.stop.is_set():
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                for record in records:
                    arrivals.note(dict(record.headers)["event_id"].decode())
