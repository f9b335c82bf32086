"""What carries events to Fast Track. One sink a file; `registry` knows them by the names of `EVENT_SINKS`."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


# Nobody changes one. Not frozen all the same: that makes each six times as dear to make, and batches have thousands.
@dataclass(slots=True)
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


@dataclass(frozen=True, slots=True)
class Flight:
    """A batch that is about to be sent, and where a sink will look for it should nobody live to tell."""

    ids: tuple[int, ...]
    mark: dict[str, Any]
    """The sink's own; JSON."""


class Journal(Protocol):
    """Remembers the batch in flight over a crash. It is forgotten when the batch is settled without any `Trouble`."""

    def read(self) -> Flight | None: ...

    def write(self, flight: Flight) -> None:
        """In place of the one before. It is committed on return.

        Raises `LeaseLost`, which a sink lets pass: nothing may be sent any more.
        """
        ...


class SinkTrouble(Exception):
    """Expected, and may be over later. The text is for people."""


class NeedsPerson(Exception):
    """What became of the batch in flight can't be found out. The sink rests until somebody has decided."""


class Sink(Protocol):
    batch_size: int

    def start(self, epoch: int, journal: Journal) -> Sequence[int]:
        """Called once a lease, before the first batch; a higher epoch fences all lower ones.

        The place to find out what became of a batch that was in flight at a crash: returned are the ids of those that
        are known to have arrived. The others are pending still and will be given to `send` again. Raises `NeedsPerson`,
        or `SinkTrouble`, after which the sink is started again later.
        """
        ...

    def send(self, batch: Sequence[Message], *, deadline: float) -> list[Outcome]:
        """An outcome for each message, in the order of the batch. Events of one grant stand in it in their order.

        After an event that was not delivered no later one of its grant may be sent. Nothing new is started once
        `time.monotonic()` has passed `deadline`. Expected trouble is an outcome, not an exception. Who notes its
        batches has trouble with a whole one or with none of it, because the next note takes the place of this one.
        """
        ...
