"""py-amqp alone: persistent and mandatory, confirms awaited batch by batch, or one by one as its own option does it."""

from typing import Any
from urllib.parse import unquote, urlsplit

import amqp

from scripts.bench.base import BenchFailed
from scripts.bench.senders.job import Job, Run

SECONDS = 30.0


def prepare(job: Job) -> Run:
    """Confirms pipelined in batches of `job.batch`."""
    body, event_ids = job.body.encode(), job.event_ids()

    def run() -> int:
        with _connection(job.server) as connection:
            channel = connection.channel()
            channel.confirm_select()
            waiting = _Waiting(channel)
            for start in range(0, job.events, job.batch):
                for event_id in event_ids[start : start + job.batch]:
                    _publish(channel, job, body, event_id)
                    waiting.sent += 1
                while waiting.acked < waiting.sent:
                    connection.drain_events(timeout=SECONDS)
            return waiting.acked

    return run


def prepare_one_by_one(job: Job) -> Run:
    body, event_ids = job.body.encode(), job.event_ids()

    def run() -> int:
        with _connection(job.server, confirm_publish=True) as connection:
            channel = connection.channel()
            for event_id in event_ids:
                _publish(channel, job, body, event_id)
        return job.events

    return run


class _Waiting:
    """Up to which message everything is confirmed; a single nack or returned message ends the run."""

    def __init__(self, channel: Any) -> None:
        self.sent = self.acked = 0
        self._single: set[int] = set()
        channel.events["basic_ack"].add(self._on_ack)
        channel.events["basic_nack"].add(self._on_trouble)
        channel.events["basic_return"].add(self._on_trouble)

    def _on_ack(self, tag: int, multiple: bool) -> None:
        if multiple:
            self.acked = max(self.acked, tag)
        else:
            self._single.add(tag)
        while self.acked + 1 in self._single:
            self._single.remove(self.acked + 1)
            self.acked += 1

    def _on_trouble(self, *said: object) -> None:
        raise BenchFailed(f"RabbitMQ did not take a message: {said}")


def _connection(url: str, **options: Any) -> amqp.Connection:
    parts = urlsplit(url)
    return amqp.Connection(
        f"{parts.hostname}:{parts.port}",
        userid=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        virtual_host=unquote(parts.path[1:]) or "/",
        **options,
    )


def _publish(channel: amqp.Channel, job: Job, body: bytes, event_id: str) -> None:
    message = amqp.Message(body, type=job.kind, message_id=event_id, content_type="application/json", delivery_mode=2)
    channel.basic_publish(message, exchange=job.target, routing_key=job.target, mandatory=True)
