"""Sinks on a topic of a test's own, and deliverers that get in each other's way."""

import time
import uuid
from collections.abc import Sequence
from typing import Any

from integrations.models import OutgoingEvent, SinkState
from integrations.sinks.base import Flight, Message, Outcome
from integrations.sinks.kafka import KafkaSink
from integrations.tests.outbox_helpers import event, recorded
from scripts.eyes.base import Seen
from scripts.eyes.kafka import KafkaEye


class NotedJournal:
    """In memory."""

    def __init__(self, flight: Flight | None = None) -> None:
        self.flight = flight
        self.written: list[Flight] = []

    def read(self) -> Flight | None:
        return self.flight

    def write(self, flight: Flight) -> None:
        self.written.append(flight)
        self.flight = flight


def sink_on(eye: KafkaEye, **fields: Any) -> KafkaSink:
    given = {"servers": eye.servers, "topic": eye.topic, "transactional_id": eye.topic, "options": {}}
    return KafkaSink(**{**given, "connect_seconds": 5.0, "read_seconds": 3.0, **fields})


def started(sink: KafkaSink, *, epoch: int = 1) -> NotedJournal:
    journal = NotedJournal()
    assert sink.start(epoch, journal) == ()
    return journal


def messages(count: int, *, first: int = 1, grants: int = 5, body: str = '{"n": %d}') -> list[Message]:
    return [
        Message(
            id=number,
            event_id=uuid.uuid5(uuid.NAMESPACE_OID, str(number)),
            kind="BONUS",
            grant_id=uuid.UUID(int=number % grants),
            user_id=f"player-{number % grants}",
            body=body % number,
        )
        for number in range(first, first + count)
    ]


def send(sink: KafkaSink, batch: Sequence[Message], *, seconds: float = 8.0) -> list[Outcome]:
    return sink.send(batch, deadline=time.monotonic() + seconds)


def record_some() -> list[str]:
    """Five events of two grants; their ids."""
    other = uuid.UUID(int=2)
    recorded(event("Pending"), event("Pending", grant_id=other), event("Created"), event("Created", grant_id=other))
    recorded(event("Completed"))
    return [str(event_id) for event_id in OutgoingEvent.objects.order_by("id").values_list("event_id", flat=True)]


def ids(seen: Sequence[Seen]) -> list[str]:
    return [one.event_id for one in seen]


def expire_lease() -> None:
    """As ten seconds would."""
    SinkState.objects.update(leased_until="2020-01-01T00:00:00Z", not_before=None)


def noted() -> dict[str, Any]:
    """What stands on the row of the sink's state of the batch in flight."""
    flight = SinkState.objects.get().in_flight
    assert flight is not None
    return dict(flight)


def note(**changes: Any) -> None:
    SinkState.objects.update(in_flight={**noted(), **changes})
