"""What carries events to Fast Track. One sink a file; `registry` knows them by the names of `EVENT_SINKS`."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One event for one sink. `body` is the JSON to be sent, byte for byte; `kind` travels beside it."""

    id: int
    event_id: uuid.UUID
    kind: str
    grant_id: uuid.UUID
    user_id: str
    body: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver has it for good."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The receiver will never take it: sending the same again is useless."""

    reason: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """It may or may not have arrived; it is to be sent again later."""

    reason: str


@dataclass(frozen=True, slots=True)
class Untried:
    """Not sent: an earlier event of the grant did not get through, or the time was up."""


Outcome = Delivered | Refused | Trouble | Untried

DELIVERED = Delivered()
UNTRIED = Untried()


class Sink(Protocol):
    batch_size: int

    def start(self, epoch: int) -> None:
        """Called once a lease, before the first batch; a higher epoch fences all lower ones.

        The place to find out what a batch that was in flight at a crash has come to: its events are pending still and
        will be given to `send` again, which may answer `Delivered` for one that it knows to have arrived.
        """
        ...

    def send(self, batch: Sequence[Message], *, deadline: float) -> list[Outcome]:
        """An outcome for each message, in the order of the batch. Events of one grant stand in it in their order.

        After an event that was not delivered no later one of its grant may be sent. Nothing new is started once
        `time.monotonic()` has passed `deadline`. Expected trouble is an outcome, not an exception.
        """
        ...
