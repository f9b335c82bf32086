"""The player at the table: bets, what they count, and bets taken back. The platform's own weighing."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from integrations.simulator.orders import Order

MOST_BETS = 24
"""A requirement that takes more bets than this is reported in sums, not bet by bet."""
UNLISTED = "bingo"


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: dict[str, Any]


class Table:
    """`done` is what counts so far, in minor units, exact."""

    def __init__(self, order: Order, *, required: int, bet_ids: bool, dice: random.Random) -> None:
        self.done = Fraction(0)
        self.required = required
        self._order = order
        self._dice = dice
        self._bet_ids = bet_ids
        shares = order.contribution.shares
        listed = [category for category in shares if category != "default"]
        self._categories = [*listed, UNLISTED] if "default" in shares else listed
        self._paying = max(self._categories, key=order.contribution.share)
        best = order.contribution.share(self._paying)
        self._usual = max(1, -(-required // 6), order.amount // 6)
        if order.max_bet is not None:
            self._usual = max(1, min(self._usual, order.max_bet))
        self._most_bets = 3 * MOST_BETS if best > 0 else 3
        self._in_sums = best > 0 and required * 100 / (self._usual * best) > MOST_BETS

    @property
    def is_met(self) -> bool:
        return self.done >= self.required

    def play(self, until: Fraction) -> Iterator[Event]:
        """Bets until so much counts; short of the requirement, which would complete the bonus, when `until` is."""
        yield from self._sums(until) if self._in_sums else self._bets(until)

    def over_max(self) -> Iterator[Event]:
        """A bet over the maximum; it counts nothing here, whatever our own terms say of it."""
        if self._order.max_bet:
            amount = self._order.max_bet + self._dice.randint(1, self._order.max_bet)
            yield self._bet(amount, self._dice.choice(self._categories))

    def take_back(self) -> Iterator[Event]:
        """One bet, placed and then reverted."""
        if self._in_sums:
            return
        category = self._dice.choice(self._categories)
        amount = self._stake()
        if self.done + self._counts(amount, category) >= self.required:
            return
        bet = self._bet(amount, category)
        yield bet
        if self._bet_ids and self._dice.random() < 0.5:
            yield Event("bonus.wager_reverted", {"bet_id": bet.data["bet_id"]})
        else:
            yield Event("bonus.wager_reverted", {"bet_amount": amount, "game_category": category})

    def _counts(self, amount: int, category: str) -> Fraction:
        return Fraction(math.floor(amount * self._order.contribution.share(category)), 100)

    def _stake(self) -> int:
        return self._dice.randint(max(1, self._usual // 2), self._usual)

    def _bet(self, amount: int, category: str) -> Event:
        data: dict[str, Any] = {"bet_amount": amount, "game_category": category}
        if self._bet_ids:
            data["bet_id"] = f"bet-{self._dice.getrandbits(64):016x}"
        return Event("bonus.wagered", data)

    def _bets(self, until: Fraction) -> Iterator[Event]:
        completing = until >= self.required
        for placed in range(self._most_bets):
            if self.done >= until:
                return
            amount = self._stake()
            category = self._paying if placed >= MOST_BETS else self._dice.choice(self._categories)
            counted = self._counts(amount, category)
            if not completing and self.done + counted >= self.required:
                return
            self.done += counted
            yield self._bet(amount, category)

    def _sums(self, until: Fraction) -> Iterator[Event]:
        key = self._dice.choice(("wagering_progress", "total_wagered"))
        rounds = self._dice.randint(2, 5)
        start = self.done
        for number in range(1, rounds + 1):
            reached = -(-(start + (until - start) * number / rounds) // 1)
            if until < self.required:
                reached = min(reached, self.required - 1)
            self.done = Fraction(reached)
            yield Event("bonus.wagered", {key: int(reached), "locked_amount": self._order.amount})
