"""A bonus as the platform holds it, and which event may follow which."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from integrations.simulator.orders import Order

ON_ACCOUNT = frozenset({"credited", "active", "reversed"})
OPEN = ON_ACCOUNT | {"pending"}
ENDED = frozenset({"completed", "auto_completed", "lost", "expired", "forfeited", "cancelled"})


class Change(NamedTuple):
    allowed_from: frozenset[str]
    to: str | None
    """None: the status stays as it is."""


CHANGES: dict[str, Change] = {
    "bonus.pending": Change(frozenset({"pending"}), None),
    "bonus.credited": Change(frozenset({"pending", "credited"}), "credited"),
    "bonus.spins_completed": Change(ON_ACCOUNT, "active"),
    "bonus.wagered": Change(ON_ACCOUNT, "active"),
    "bonus.wager_reverted": Change(ON_ACCOUNT, None),
    "bonus.completed": Change(ON_ACCOUNT, "completed"),
    "bonus.auto_completed": Change(ON_ACCOUNT, "auto_completed"),
    "bonus.lost": Change(ON_ACCOUNT, "lost"),
    "bonus.expired": Change(OPEN, "expired"),
    "bonus.forfeited": Change(OPEN, "forfeited"),
    "bonus.cancelled": Change(OPEN, "cancelled"),
    "bonus.reversed": Change(ENDED, "reversed"),
}


@dataclass(slots=True)
class Bonus:
    order: Order
    status: str
    answered: str
    """The status of the first answer; a repeat of the call gets it again."""
    digest: bytes
    """Of the first body: a repeat has to send the same bytes."""
    platform_bonus_id: str = field(default_factory=lambda: f"pb-{uuid.uuid4().hex}")
    calls: int = 1
    owed: int = 0
    """Credits that wait for the player's claim; more than one only when the platform doesn't deduplicate."""
    turned_real: int = 0
    last_ts: int = 0

    @property
    def grant_id(self) -> str:
        return self.order.grant_id

    def allows(self, event: str) -> bool:
        change = CHANGES.get(event)
        return change is not None and self.status in change.allowed_from

    def status_after(self, event: str) -> str:
        """A reversed bonus is played like an active one, and stays reversed until it ends."""
        to = CHANGES[event].to
        return self.status if to is None or (to == "active" and self.status == "reversed") else to

    def tick(self) -> int:
        """Microseconds since the epoch; later than that of any earlier event of this bonus."""
        self.last_ts = max(time.time_ns() // 1000, self.last_ts + 1)
        return self.last_ts

    def shown(self) -> dict[str, Any]:
        return {
            "grant_id": self.grant_id,
            "platform_bonus_id": self.platform_bonus_id,
            "status": self.status,
            "answered": self.answered,
            "calls": self.calls,
            "player_external_id": self.order.player,
            "type": self.order.type,
            "amount": self.order.amount,
            "currency": self.order.currency,
            "required": self.order.required,
        }
