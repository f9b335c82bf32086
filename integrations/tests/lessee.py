"""Plays the outbox's part against a sink: takes leases, and keeps its journal."""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from integrations.models import OutgoingEvent
from integrations.outbox.lease import LeaseLost
from integrations.sinks.base import Flight, Message, NeedsPerson, Outcome, Sink, Trouble
from integrations.sinks.registry import sink_for

SECONDS = 20.0


@dataclass
class MemoryJournal:
    flight: Flight | None = None

    def read(self) -> Flight | None:
        return self.flight

    def write(self, flight: Flight) -> None:
        self.flight = flight


@dataclass
class Lessee:
    name: str
    epoch: int = 0
    journal: MemoryJournal = field(default_factory=MemoryJournal)

    def start(self) -> Sequence[int]:
        """A new lease, with a sink made anew as in each round."""
        self.epoch += 1
        self.sink: Sink = sink_for(self.name)
        arrived = self.sink.start(self.epoch, self.journal)
        self.journal.flight = None
        return arrived

    def send(self, *messages: Message, seconds: float = SECONDS) -> list[Outcome]:
        self._record(messages)
        outcomes = self.sink.send(messages, deadline=time.monotonic() + seconds)
        if not any(isinstance(outcome, Trouble) for outcome in outcomes):
            self.journal.flight = None
        return outcomes

    def try_to_send(self, *messages: Message, seconds: float = SECONDS) -> list[Outcome]:
        """Under a new lease. What `start` raises is trouble with all of them, as to the outbox."""
        try:
            arrived = self.start()
        except (LeaseLost, NeedsPerson):
            raise
        except Exception as error:
            return [Trouble(repr(error))] * len(messages)
        assert not arrived
        return self.send(*messages, seconds=seconds)

    def _record(self, messages: Sequence[Message]) -> None:
        """As rows of the outbox, where a sink may look up what was in flight."""
        rows = [
            OutgoingEvent(
                id=one.id,
                sink=self.name,
                event_id=one.event_id,
                key=str(one.id),
                kind=one.kind,
                grant_id=one.grant_id,
                user_id=one.user_id,
                body=one.body,
            )
            for one in messages
        ]
        OutgoingEvent.objects.bulk_create(rows, ignore_conflicts=True)


def message(number: int, *, grant: int = 1, kind: str = "BONUS", body: str = "") -> Message:
    """Of a grant's own player. Numbers are ids, and event ids, too."""
    return Message(
        id=number,
        event_id=uuid.UUID(int=number),
        kind=kind,
        grant_id=uuid.UUID(int=grant),
        user_id=f"player-{grant}",
        body=body or f'{{"number":{number},"grant":{grant}}}',
    )
