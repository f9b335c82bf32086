"""How much an adapter may be asked at once: requests a second, and calls in flight.

Each call is given the next slot of an even rhythm and sleeps until then, so no second ever sees more than its share. A
place among the calls in flight is a lease: a killed process gives it back by doing nothing.
Written twice, like the breaker, for one process (`Limits`) and for all of them (`LUA`).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Verdict(StrEnum):
    GO = "go"
    FULL = "full"
    """Every place is taken: ask again in a moment."""
    SLOW = "slow"
    """The next free slot lies beyond the caller's patience."""
    OPEN = "open"
    """The breaker's word."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller asks for; times in seconds."""

    token: str
    max_concurrency: int
    max_requests_per_second: int
    patience: float
    lease: float

    @property
    def gap(self) -> float:
        return 1 / self.max_requests_per_second


@dataclass(slots=True)
class Limits:
    next_slot: float = 0.0
    places: dict[str, float] = field(default_factory=dict)

    def enter(self, wish: Wish, now: float) -> tuple[Verdict, float]:
        """The verdict, and how long until the slot."""
        if len(self.places) >= wish.max_concurrency:
            self._forget_the_dead(now)
        if len(self.places) >= wish.max_concurrency:
            return Verdict.FULL, 0.0
        slot = max(self.next_slot, now)
        if slot - now > wish.patience:
            return Verdict.SLOW, slot - now
        self.next_slot = slot + wish.gap
        self.places[wish.token] = now + wish.lease
        return Verdict.GO, slot - now

    def leave(self, token: str) -> None:
        self.places.pop(token, None)

    def _forget_the_dead(self, now: float) -> None:
        for token in [token for token, until in self.places.items() if until <= now]:
            del self.places[token]


LUA = f"""
local function limits_enter(places, next_slot, token, max_concurrency, gap, patience, lease, now)
  redis.call('ZREMRANGEBYSCORE', places, '-inf', digits(now))
  if redis.call('ZCARD', places) >= max_concurrency then return '{Verdict.FULL}', 0 end
  local slot = math.max(tonumber(redis.call('GET', next_slot) or '0'), now)
  if slot - now > patience then return '{Verdict.SLOW}', slot - now end
  redis.call('SET', next_slot, digits(slot + gap), 'PX', digits((slot + gap - now) / 1000 + 1000))
  redis.call('ZADD', places, digits(now + lease), token)
  redis.call('PEXPIRE', places, digits(lease / 1000 + 1000))
  return '{Verdict.GO}', slot - now
end
"""

local: defaultdict[UUID, Limits] = defaultdict(Limits)
"""This process's own, counted by `time.monotonic()`."""
