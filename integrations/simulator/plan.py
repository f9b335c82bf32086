"""What will become of a bonus: drawn once, when it is granted."""

import random
from dataclasses import dataclass

from integrations.simulator.orders import Order

ENDINGS = {"completed": 42, "lost": 22, "expired": 12, "forfeited": 12, "auto_completed": 12}
UNPLAYED = ("expired", "forfeited")
REVERSIBLE = frozenset({"completed", "lost", "forfeited", "auto_completed"})


@dataclass(frozen=True, slots=True)
class Plan:
    pending: bool
    """The player has to claim it first."""
    unplayed: bool
    """Ends as it came: unclaimed, or with its spins not played."""
    ending: str
    reversed: bool
    over_max: bool
    """One bet is over the maximum."""
    reverts: bool
    """One bet is taken back."""
    winnings: int
    """Of free spins."""
    turned_real_share: float
    tempo: float

    @property
    def opening(self) -> str:
        return "pending" if self.pending else "credited"


def can_be_met(order: Order) -> bool:
    """Whether any category's bets count towards the requirement."""
    nothing_to_wager = order.multiplier == 0 if order.is_free_spins else order.required == 0
    return nothing_to_wager or any(share > 0 for share in order.contribution.shares.values())


def _ending(order: Order, dice: random.Random) -> str:
    ending = dice.choices(list(ENDINGS), weights=list(ENDINGS.values()))[0]
    if (ending == "completed" and not can_be_met(order)) or (ending == "expired" and order.expires_at is None):
        return "lost"
    return ending


def draw(order: Order, dice: random.Random) -> Plan:
    pending = dice.random() < 0.3
    unplayed = (pending or order.is_free_spins) and dice.random() < 0.12
    ending = _ending(order, dice)
    if unplayed:
        ending = "forfeited" if order.expires_at is None else dice.choice(UNPLAYED)
    return Plan(
        pending=pending,
        unplayed=unplayed,
        ending=ending,
        reversed=not unplayed and ending in REVERSIBLE and dice.random() < 0.1,
        over_max=dice.random() < 0.05,
        reverts=dice.random() < 0.2,
        winnings=0 if dice.random() < 0.2 else int(order.amount * dice.uniform(0.1, 3)),
        turned_real_share=dice.uniform(0.3, 2.0),
        tempo=dice.uniform(0.5, 1.5),
    )
