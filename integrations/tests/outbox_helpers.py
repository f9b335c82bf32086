"""Events to record, and a sink that does what a test says."""

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from integrations import outbox
from integrations.fasttrack import BonusPayload
from integrations.models import EventKind, OutgoingEvent
from integrations.outbox import Event
from integrations.sinks.base import DELIVERED, UNTRIED, Journal, Message, Outcome

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
GRANT = uuid.UUID("0196f000-0000-7000-8000-000000000001")
OTHER_GRANT = uuid.UUID("0196f000-0000-7000-8000-000000000002")


def bonus_fields(**fields: Any) -> dict[str, Any]:
    return {
        "amount": 20.0,
        "bonus_id": "template-1",
        "currency": "EUR",
        "exchange_rate": 1.0,
        "origin": "brand-a",
        "product": "Casino",
        "status": "Created",
        "timestamp": AT,
        "type": "WelcomeBonus",
        "user_bonus_id": str(GRANT),
        "user_id": "player-1",
        **fields,
    }


def event(status: str = "Created", *, grant_id: uuid.UUID = GRANT, key: str = "", **fields: Any) -> Event:
    return Event(
        grant_id=grant_id,
        key=key or f"0:{status}",
        kind=EventKind.BONUS,
        status=status,
        user_id="player-1",
        payload=BonusPayload(**bonus_fields(status=status, user_bonus_id=str(grant_id), **fields)),
        created_at=AT,
    )


def recorded(*events: Event) -> None:
    with transaction.atomic():
        outbox.record(events)


def states() -> dict[str, str]:
    """What became of each event, by the end of its grant's id and its status."""
    return {
        f"{row.grant_id.hex[-1]}:{row.status}": "delivered"
        if row.delivered_at
        else "skipped"
        if row.skipped_at
        else "parked"
        if row.parked_at
        else "pending"
        for row in OutgoingEvent.objects.order_by("id")
    }


class FakeSink:
    """Notes what it is sent. `answer` decides what becomes of a message; the order within a grant is kept."""

    def __init__(
        self, answer: Callable[[Message], Outcome] = lambda message: DELIVERED, *, batch_size: int = 10
    ) -> None:
        self.answer = answer
        self.batch_size = batch_size
        self.batches: list[list[str]] = []
        self.epochs: list[int] = []

    def start(self, epoch: int, journal: Journal) -> Sequence[int]:
        self.epochs.append(epoch)
        return ()

    def send(self, batch: Sequence[Message], *, deadline: float) -> list[Outcome]:
        self.batches.append([])
        stuck: set[uuid.UUID] = set()
        outcomes: list[Outcome] = []
        for message in batch:
            outcome = UNTRIED if message.grant_id in stuck else self._try(message)
            if outcome is not DELIVERED:
                stuck.add(message.grant_id)
            outcomes.append(outcome)
        return outcomes

    def _try(self, message: Message) -> Outcome:
        self.batches[-1].append(name(message))
        return self.answer(message)

    @property
    def sent(self) -> list[str]:
        return [one for batch in self.batches for one in batch]


def name(message: Message) -> str:
    status = OutgoingEvent.objects.values_list("status", flat=True).get(pk=message.id)
    return f"{message.grant_id.hex[-1]}:{status}"
