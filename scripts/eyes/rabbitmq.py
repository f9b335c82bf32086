import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel

from scripts.eyes.base import Seen

logging.getLogger("pika").setLevel(logging.WARNING)  # It tells of every step.

AT_ONCE = 1000
READ_SECONDS = 10.0
"""How long the broker may take to hand over what it says it has."""


class RabbitEye:
    """An operator's exchange and a queue on it. Each call connects anew, so that the broker may come and go."""

    def __init__(self, url: str, exchange: str, routing_key: str, queue: str) -> None:
        self.url = url
        self.exchange = exchange
        self.routing_key = routing_key
        self.queue = queue

    def declare(self, arguments: Mapping[str, Any] | None = None) -> None:
        with self._channel() as channel:
            channel.exchange_declare(self.exchange, "direct", durable=True)
            channel.queue_declare(self.queue, durable=True, arguments=dict(arguments or {}))
            channel.queue_bind(self.queue, self.exchange, self.routing_key)

    def bind(self) -> None:
        with self._channel() as channel:
            channel.queue_bind(self.queue, self.exchange, self.routing_key)

    def unbind(self) -> None:
        with self._channel() as channel:
            channel.queue_unbind(self.queue, self.exchange, self.routing_key)

    def delete(self) -> None:
        with self._channel() as channel:
            channel.queue_delete(self.queue)
            channel.exchange_delete(self.exchange)

    def read(self) -> list[Seen]:
        """All there is now, in order; it is taken off the queue."""
        with self._channel() as channel:
            count = channel.queue_declare(self.queue, passive=True).method.message_count
            channel.basic_qos(prefetch_count=AT_ONCE)
            return list(_taken(channel, self.queue, count)) if count else []

    def count(self) -> int:
        """How many there are now; they stay where they are."""
        with self._channel() as channel:
            return int(channel.queue_declare(self.queue, passive=True).method.message_count)

    def close(self) -> None:
        """Nothing is kept open between calls."""

    @contextmanager
    def _channel(self) -> Iterator[BlockingChannel]:
        parameters = pika.URLParameters(self.url)
        parameters.socket_timeout = parameters.blocked_connection_timeout = READ_SECONDS
        connection = pika.BlockingConnection(parameters)
        try:
            yield connection.channel()
        finally:
            connection.close()


def _taken(channel: BlockingChannel, queue: str, count: int) -> Iterator[Seen]:
    for number, (method, properties, body) in enumerate(channel.consume(queue, inactivity_timeout=READ_SECONDS), 1):
        if method is None or properties is None or body is None:
            raise TimeoutError(f"{queue}: {number - 1} of {count} messages came.")
        yield Seen(
            kind=properties.type or "",
            event_id=properties.message_id or "",
            body=body,
            details={
                "content_type": properties.content_type,
                "delivery_mode": properties.delivery_mode,
                "exchange": method.exchange,
                "headers": properties.headers or {},
                "redelivered": method.redelivered,
                "routing_key": method.routing_key,
            },
        )
        if number % (AT_ONCE // 2) == 0 or number == count:
            channel.basic_ack(method.delivery_tag, multiple=True)
        if number == count:
            channel.cancel()  # What was handed over beyond these goes back to where it was.
            return
