"""The circuit breaker of an adapter: ten troubles in a row open it, a cool-down later one probe may close it.

Written twice, for one process (`Breaker`) and for all of them (`LUA`, atomic in Redis); both run the same tests.
While it is open only the probe's outcome counts: calls that were already on their way say nothing new.
"""

import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from django.utils import timezone
from redis import Redis, RedisError

from integrations.platforms import shared

OPENS_AFTER = 10
FIRST_COOL_DOWN = 5.0
LONGEST_COOL_DOWN = 60.0


class Outcome(StrEnum):
    OK = "ok"
    REFUSED = "refused"
    """An answer too: the platform is up."""
    TROUBLE = "trouble"
    ABANDONED = "abandoned"
    """Not called after all, or ended by ourselves: says nothing of the platform."""


Turn = Literal["", "opened", "closed"]


@dataclass(frozen=True, slots=True)
class BreakerState:
    state: Literal["closed", "open", "half_open"]
    troubles: int
    until: datetime | None


@dataclass(slots=True)
class Breaker:
    """For one process. Times are seconds of the caller's clock."""

    troubles: int = 0
    opened: int = 0
    until: float | None = None
    probe: str = ""
    probe_until: float = 0.0

    def wait(self, now: float) -> float:
        """0 when a call would be let through."""
        return 0.0 if self.until is None else max(self.until - now, self.probe_until - now, 0.0)

    def take_probe(self, token: str, *, until: float) -> bool:
        if self.until is None:
            return False
        self.probe, self.probe_until = token, until
        return True

    def report(self, token: str, outcome: Outcome, now: float) -> Turn:
        is_open = self.until is not None
        if is_open and self.probe != token:
            return ""
        self.probe, self.probe_until = "", 0.0
        if outcome is Outcome.TROUBLE:
            return self._count(is_open, now)
        if outcome is Outcome.ABANDONED:
            return ""
        self.troubles, self.opened, self.until = 0, 0, None
        return "closed" if is_open else ""

    def _count(self, is_open: bool, now: float) -> Turn:
        self.troubles += 1
        if not is_open and self.troubles < OPENS_AFTER:
            return ""
        self.opened += 1
        self.until = now + min(FIRST_COOL_DOWN * 2 ** min(self.opened - 1, 10), LONGEST_COOL_DOWN)
        return "opened"


LUA = f"""
local function breaker_wait(key, now)
  local seen = redis.call('HMGET', key, 'until', 'probe_until')
  if not seen[1] then return 0 end
  return math.max(tonumber(seen[1]) - now, tonumber(seen[2] or '0') - now, 0)
end
local function breaker_take_probe(key, token, probe_until)
  if redis.call('HEXISTS', key, 'until') == 0 then return 0 end
  redis.call('HSET', key, 'probe', token, 'probe_until', digits(probe_until))
  return 1
end
local function breaker_report(key, token, outcome, now)
  local seen = redis.call('HMGET', key, 'troubles', 'until', 'probe')
  local is_open = seen[2] and true or false
  if is_open and seen[3] ~= token then return '' end
  if is_open then redis.call('HDEL', key, 'probe', 'probe_until') end
  if outcome == '{Outcome.ABANDONED}' then return '' end
  if outcome ~= '{Outcome.TROUBLE}' then
    if seen[1] then redis.call('DEL', key) end
    return is_open and 'closed' or ''
  end
  local troubles = redis.call('HINCRBY', key, 'troubles', 1)
  redis.call('EXPIRE', key, 86400)
  if not is_open and troubles < {OPENS_AFTER} then return '' end
  local opened = redis.call('HINCRBY', key, 'opened', 1)
  local cool_down = math.min({FIRST_COOL_DOWN} * 2 ^ (opened - 1), {LONGEST_COOL_DOWN})
  redis.call('HSET', key, 'until', digits(now + cool_down * 1000000))
  return 'opened'
end
"""

local: defaultdict[UUID, Breaker] = defaultdict(Breaker)
"""This process's own, counted by `time.monotonic()`."""


def state(adapter_id: UUID) -> BreakerState:
    """For people; changes nothing."""
    client = shared.client()
    if client is not None:
        try:
            return _shared_state(client, adapter_id)
        except RedisError as trouble:
            shared.failed(trouble)
    return _own_state(adapter_id)


def state_of_all(adapter_id: UUID) -> BreakerState:
    """The same for the metrics; raises `RedisError` rather than to tell of this process only."""
    client = shared.client_of_all()
    return _own_state(adapter_id) if client is None else _shared_state(client, adapter_id)


def _shared_state(client: Redis, adapter_id: UUID) -> BreakerState:
    troubles, until = client.hmget(shared.key(adapter_id, "breaker"), ["troubles", "until"])
    return _state(int(troubles or 0), datetime.fromtimestamp(int(until) / 1_000_000, UTC) if until else None)


def _own_state(adapter_id: UUID) -> BreakerState:
    mine = local[adapter_id]
    if mine.until is None:
        return _state(mine.troubles, None)
    return _state(mine.troubles, timezone.now() + timedelta(seconds=mine.until - time.monotonic()))


def _state(troubles: int, until: datetime | None) -> BreakerState:
    if until is None:
        return BreakerState("closed", troubles, None)
    return BreakerState("open" if until > timezone.now() else "half_open", troubles, until)
