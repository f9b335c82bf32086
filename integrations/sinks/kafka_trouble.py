import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from integrations.sinks.base import SinkTrouble

client_log = logging.getLogger("integrations.sinks.kafka.client")

VAGUE = frozenset({KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError._MSG_TIMED_OUT, KafkaError._PURGE_QUEUE})
"""Errors that say less than what was said in the background before them."""


class KafkaTrouble(SinkTrouble):
    """It did not work, and may work later."""


class TopicMissing(KafkaTrouble):
    """The cluster answers, and does not have the topic."""


class Complaints:
    """What librdkafka says in the background. It is logged; the last of it tells what lies behind a mere time-out.

    It must not know its client, which would then never be freed.
    """

    def __init__(self) -> None:
        self.last = ""

    def note(self, error: KafkaError) -> None:
        if error.code() != KafkaError._ALL_BROKERS_DOWN or not self.last:
            self.last = error.str()

    def callbacks(self) -> dict[str, Any]:
        return {"error_cb": self.note, "logger": client_log}

    @contextmanager
    def told(self, doing: str) -> Iterator[None]:
        """What the client raises comes out as `KafkaTrouble`."""
        try:
            yield
        except (KafkaException, SystemError) as error:
            raise self.trouble(doing, error) from error

    def trouble(self, doing: str, error: Exception) -> KafkaTrouble:
        # A fatal error comes out of whatever is called next, and in this disguise when a callback had to run after it.
        cause = error.__cause__ if isinstance(error, SystemError) else error
        said = self.explain(cause.args[0]) if isinstance(cause, KafkaException) else repr(error)
        return KafkaTrouble(f"Kafka, {doing}: {said}")

    def explain(self, error: KafkaError) -> str:
        said = f"{error.str()} ({error.name()})"
        return f"{said}; {self.last}" if error.code() in VAGUE and self.last else said
