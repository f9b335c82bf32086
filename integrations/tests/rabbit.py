"""Events to publish, and a sink for what an eye sees."""

import time
import uuid
from typing import Any

from integrations.sinks.base import Message, Outcome
from integrations.sinks.rabbitmq import RabbitMqSink, _kept
from integrations.sinks.rabbitmq_address import Address
from scripts.eyes.base import Seen
from scripts.eyes.rabbitmq import RabbitEye

SOON = 20.0


def message(number: int, grant: int = 0, kind: str = "BONUS", body: str = "") -> Message:
    """Of a grant of its own unless one is given."""
    return Message(
        number,
        uuid.UUID(int=number),
        kind,
        uuid.UUID(int=grant or 1_000_000 + number),
        "player-1",
        body or f'{{"amount":{number}.0}}',
    )


def sink_of(
    eye: RabbitEye, *, confirm_seconds: float = SOON, step_seconds: float = SOON, **address: Any
) -> RabbitMqSink:
    known = {"url": eye.url, "exchange": eye.exchange, "routing_key": eye.routing_key}
    return RabbitMqSink(Address(**known | address), confirm_seconds=confirm_seconds, step_seconds=step_seconds)


def send(sink: RabbitMqSink, *messages: Message, seconds: float = SOON) -> list[Outcome]:
    return sink.send(messages, deadline=time.monotonic() + seconds)


def numbers(seen: list[Seen]) -> list[int]:
    return [uuid.UUID(one.event_id).int for one in seen]


def link() -> Any:
    """The connection that is kept; None when it was thrown away."""
    return _kept._thing
