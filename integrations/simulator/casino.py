"""What the platform does with a call and with an event: its bonuses, its ledger, and the webhooks that follow."""

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from integrations.simulator.bonus import CHANGES, ENDED, Bonus
from integrations.simulator.faults import FaultBox
from integrations.simulator.ledger import GRANT, Ledger
from integrations.simulator.orders import TYPES, Order

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Answer(NamedTuple):
    status: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Webhook:
    event_id: str
    grant_id: str
    body: dict[str, Any]


def refused(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"code": code, "message": message})


def rfc3339(microseconds: int) -> str:
    moment = EPOCH + timedelta(microseconds=microseconds)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


class Casino:
    """Emitted webhooks go to `emit`; nothing here waits for anything."""

    def __init__(self, faults: FaultBox, emit: Callable[[Webhook], None]) -> None:
        self.ledger = Ledger()
        self.counts: Counter[str] = Counter()
        self.repeats: Counter[str] = Counter()
        self._faults = faults
        self._emit = emit
        self._by_grant: dict[str, Bonus] = {}
        self._by_platform_id: dict[str, Bonus] = {}
        self._effects: dict[str, Callable[[Bonus, dict[str, Any]], None]] = {
            "bonus.credited": self._credit,
            "bonus.spins_completed": self._pay_winnings,
            "bonus.reversed": self._take_back,
            **{event: self._end for event, change in CHANGES.items() if change.to in ENDED},
        }

    def find(self, bonus_id: str) -> Bonus | None:
        """By the grant's id or by the platform's."""
        return self._by_grant.get(bonus_id) or self._by_platform_id.get(bonus_id)

    def repeat(self, bonus: Bonus, digest: bytes) -> Answer:
        """A grant_id that is already known."""
        bonus.calls += 1
        self.repeats["all"] += 1
        if digest != bonus.digest:
            self.repeats["with_other_bytes"] += 1
        if self._faults.now.repeats == "refuse":
            return refused(409, "DUPLICATE_GRANT", f"Grant {bonus.grant_id} is already known.")
        if self._faults.now.repeats == "credit_again":
            bonus.owed += 1
            if bonus.status != "pending":
                self._credit(bonus, {})
        return Answer(201, {"platform_bonus_id": bonus.platform_bonus_id, "status": bonus.answered})

    def refusal(self, order: Order) -> Answer | None:
        if order.type not in TYPES:
            return refused(422, "TEMPLATE_NOT_SUPPORTED", f"No such bonus type: {order.type}")
        if found := self._faults.now.refused_players.get(order.player):
            return refused(found.status, found.code, found.message)
        return None

    def open(self, order: Order, digest: bytes, *, status: str) -> Bonus:
        """A new bonus, `credited` at once or `pending` until the player claims it."""
        bonus = Bonus(order=order, status=status, answered=status, digest=digest, owed=1)
        self._by_grant[order.grant_id] = bonus
        self._by_platform_id[bonus.platform_bonus_id] = bonus
        self.counts[status] += 1
        if status == "credited":
            self._credit(bonus, {})
        return bonus

    def cancel(self, bonus: Bonus, reason: str) -> Answer:
        """Repeating it is fine; a bonus that has ended otherwise can't be cancelled any more."""
        if bonus.status in ENDED and bonus.status != "cancelled":
            return refused(409, "BONUS_ALREADY_ENDED", f"The bonus is {bonus.status}.")
        if bonus.status != "cancelled":
            self.happen(bonus, "bonus.cancelled", {"reason": reason})
        return Answer(200, self.status_of(bonus))

    def status_of(self, bonus: Bonus) -> dict[str, Any]:
        return {
            "grant_id": bonus.grant_id,
            "platform_bonus_id": bonus.platform_bonus_id,
            "status": bonus.status,
        }

    def happen(self, bonus: Bonus, event: str, data: dict[str, Any] | None) -> None:
        """Carry the event out here, and report it."""
        self.carry_out(bonus, event, data or {})
        body: dict[str, Any] = {
            "event": event,
            "event_id": str(uuid.uuid4()),
            "ts": rfc3339(bonus.tick()),
            "grant_id": bonus.grant_id,
            "platform_bonus_id": bonus.platform_bonus_id,
        }
        if data is not None:
            body["data"] = data
        self._emit(Webhook(body["event_id"], bonus.grant_id, body))

    def carry_out(self, bonus: Bonus, event: str, data: dict[str, Any]) -> None:
        """The caller has asked `bonus.allows(event)` before."""
        before = bonus.status
        bonus.status = bonus.status_after(event)
        self.counts[before] -= 1
        self.counts[bonus.status] += 1
        effect = self._effects.get(event)
        if effect is not None:
            effect(bonus, data)

    def _credit(self, bonus: Bonus, _data: dict[str, Any]) -> None:
        while bonus.owed:
            bonus.owed -= 1
            self._add(bonus, bonus.order.amount, GRANT)

    def _pay_winnings(self, bonus: Bonus, data: dict[str, Any]) -> None:
        self._empty(bonus, "spins_played")
        self._add(bonus, data["winnings"], "winnings")

    def _end(self, bonus: Bonus, data: dict[str, Any]) -> None:
        self._empty(bonus, bonus.status)
        bonus.turned_real = data.get("turned_real", 0)
        self._add(bonus, bonus.turned_real, "turned_real", real=True)

    def _take_back(self, bonus: Bonus, data: dict[str, Any]) -> None:
        if bonus.turned_real:
            self._add(bonus, -bonus.turned_real, "reversed", real=True)
            bonus.turned_real = 0
        self._add(bonus, data.get("amount", bonus.order.amount), "reversed")

    def _empty(self, bonus: Bonus, reason: str) -> None:
        if balance := self.ledger.balance(bonus.grant_id):
            self._add(bonus, -balance, reason)

    def _add(self, bonus: Bonus, amount: int, reason: str, *, real: bool = False) -> None:
        if amount == 0 and reason != GRANT:
            return
        self.ledger.add(
            bonus.grant_id,
            bonus.platform_bonus_id,
            bonus.order.player,
            amount,
            bonus.order.currency,
            reason=reason,
            account="real" if real else "bonus",
        )
