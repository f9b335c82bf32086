"""Topics and queues for one turn each, and what has arrived in them. Addresses come from `scripts.services`."""

import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pika
from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from scripts.bench.base import BenchFailed

SECONDS = 30.0
AT_ONCE_SECONDS = 0.2
PARTITIONS = 3
# It tells of each step of connecting.
logging.getLogger("pika").setLevel(logging.WARNING)


def _name() -> str:
    return f"bench-{uuid.uuid4().hex}"


@contextmanager
def queue(url: str) -> Iterator[str]:
    """A durable direct exchange, and a durable queue bound to it; name and routing key are the same for all."""
    name = _name()
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.exchange_declare(name, "direct", durable=True)
        channel.queue_declare(name, durable=True)
        channel.queue_bind(name, name, name)
    try:
        yield name
    finally:
        with pika.BlockingConnection(pika.URLParameters(url)) as connection:
            channel = connection.channel()
            channel.queue_delete(name)
            channel.exchange_delete(name)


def check_queue(url: str, name: str, expected: int) -> None:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        found = connection.channel().queue_declare(name, passive=True).method.message_count
    _check(name, found, expected)


@contextmanager
def topic(servers: str) -> Iterator[str]:
    name = _name()
    admin = AdminClient({"bootstrap.servers": servers})
    for made in admin.create_topics([NewTopic(name, PARTITIONS, 1)]).values():
        made.result(SECONDS)
    try:
        yield name
    finally:
        for gone in admin.delete_topics([name]).values():
            gone.result(SECONDS)


def check_topic(servers: str, name: str, expected: int) -> None:
    """Counts what a reader of committed transactions gets."""
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": name,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    try:
        consumer.assign([TopicPartition(name, partition, 0) for partition in range(PARTITIONS)])
        found = 0
        ended: set[int | None] = set()
        until = time.monotonic() + SECONDS
        while len(ended) < PARTITIONS:
            if time.monotonic() > until:
                raise BenchFailed(f"The topic's end was not reached within {SECONDS:.0f} s.")
            # It waits for so many, or until the time is up.
            for message in consumer.consume(10_000, AT_ONCE_SECONDS):
                error = message.error()
                if error is None:
                    found += 1
                elif error.code() == KafkaError._PARTITION_EOF:
                    ended.add(message.partition())
                else:
                    raise BenchFailed(f"Kafka: {error}")
    finally:
        consumer.close()
    _check(name, found, expected)


def _check(name: str, found: int, expected: int) -> None:
    if found != expected:
        raise BenchFailed(f"{found} of {expected} events arrived in {name}.")
