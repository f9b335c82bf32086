"""Transactions, one at a time, with confluent-kafka's producer."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as KafkaMessage

from integrations.sinks.base import Message
from integrations.sinks.kafka_trouble import Complaints, KafkaTrouble

SPOILT = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_RECORD,
        KafkaError._INVALID_DIFFERENT_RECORD,
    }
)
"""The broker will not take what stood together in one request; which message of it was to blame it does not say."""
QUEUE_FULL_POLL_SECONDS = 0.05
Headers = list[tuple[str, str | bytes | None]]


class Spoilt(Exception):
    """A message of the open transaction will never be taken."""

    def __init__(self, reason: str, message: Message | None = None) -> None:
        super().__init__(reason)
        self.message = message
        """None: the broker did not say which."""


class _Reports:
    """Of the messages of one transaction. It must not know the producer, which would then never be freed."""

    def __init__(self) -> None:
        self.next_offsets: dict[int, int] = {}
        self.error: KafkaError | None = None
        self.spoilt: KafkaError | None = None

    def note(self, error: KafkaError | None, message: KafkaMessage) -> None:
        if error is None:
            # A message whose answer was lost, and that was not written again, has no offset (a negative one).
            if (offset := message.offset()) >= 0:  # type: ignore[operator]
                self.next_offsets[message.partition()] = offset + 1  # type: ignore[index,operator]
        elif error.code() in SPOILT:
            self.spoilt = error
        elif self.error is None or error.code() not in {KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT}:
            self.error = error

    def forget_errors(self) -> None:
        self.error = self.spoilt = None


class TransactionalProducer:
    """Of no use any more once it has raised `KafkaTrouble`: whoever gets that makes another one."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._reports = _Reports()
        self._complaints = Complaints()
        callbacks = {"on_delivery": self._reports.note, **self._complaints.callbacks()}
        self._producer = Producer({**config, **callbacks})

    @property
    def next_offsets(self) -> dict[int, int]:
        """After the last message that was written to each partition."""
        return self._reports.next_offsets

    def take_over(self, *, seconds: float) -> None:
        """Ends whatever others with the same id have begun, one way or the other; they can't begin anything more."""
        until = time.monotonic() + seconds
        try:
            # With no broker connected yet, librdkafka would look for the coordinator only half a second later.
            self._producer.list_topics(timeout=seconds)
            self._producer.init_transactions(max(until - time.monotonic(), 0))
        except KafkaException as error:
            # Only now is it said what was going on meanwhile.
            with self._complaints.told("taking over"):
                self._producer.poll(0)
            raise self._complaints.trouble("taking over", error) from error

    def begin(self) -> None:
        self._reports.forget_errors()
        with self._complaints.told("beginning"):
            self._producer.begin_transaction()

    def put(self, topic: str, batch: Sequence[Message], *, until: float) -> None:
        """Into the open transaction. Raises `Spoilt` for one that is too large for this client's own limit."""
        # This is the hot path.
        produce = self._producer.produce
        for message in batch:
            headers: Headers = [("type", message.kind), ("event_id", str(message.event_id))]
            while True:
                try:
                    # Strings go out in UTF-8.
                    produce(topic, message.body, message.user_id, headers=headers)
                except BufferError:
                    self._make_room(until)
                except KafkaException as error:
                    if error.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
                        raise Spoilt("larger than this client's message.max.bytes.", message) from error
                    raise self._complaints.trouble("sending", error) from error
                else:
                    break

    def _make_room(self, until: float) -> None:
        if time.monotonic() >= until:
            raise KafkaTrouble("Kafka, sending: the queue stays full.")
        with self._complaints.told("sending"):
            self._producer.poll(QUEUE_FULL_POLL_SECONDS)

    def flush(self, *, until: float) -> None:
        """All of the open transaction is with the brokers, though not committed. Raises `Spoilt`."""
        with self._complaints.told("sending"):
            waiting = self._producer.flush(max(until - time.monotonic(), 0))
        if self._reports.spoilt is not None:
            raise Spoilt(self._reports.spoilt.str())
        if self._reports.error is not None:
            raise KafkaTrouble(f"Kafka, sending: {self._complaints.explain(self._reports.error)}")
        if waiting:
            raise KafkaTrouble(f"Kafka, sending: {waiting} events were not taken in time. {self._complaints.last}")

    def commit(self, *, until: float) -> None:
        """Whatever it raises, the transaction may have been committed, or may still be."""
        with self._complaints.told("committing"):
            self._producer.commit_transaction(max(until - time.monotonic(), 0.1))

    def abort(self, *, until: float) -> None:
        """So that the next one need not. Its time may run out as well; then the next one does it."""
        with suppress(KafkaTrouble), self._complaints.told("aborting"):
            self._producer.abort_transaction(max(until - time.monotonic(), 0.1))

    def drop(self) -> None:
        """Waits for nothing. The broker aborts what is open, when another takes over at the latest."""
        with suppress(KafkaTrouble), self._complaints.told("dropping"):
            self._producer.purge()
        del self._producer
