"""The gate before an adapter: breaker, pace and places asked in one step: a call costs two round trips to Redis.

With Redis all processes share one; without it, or while it is in trouble, each process has its own.
"""

import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeVar
from uuid import UUID

import redis
import structlog

from integrations.platforms import breaker, calls, limits, shared
from integrations.platforms.breaker import Outcome, Turn
from integrations.platforms.limits import Verdict, Wish

log = structlog.get_logger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    verdict: Verdict
    wait: float
    """Seconds: until the slot when let in; until it may be worth asking again when not."""
    is_probe: bool
    token: str
    gate: "Gate"


class Gate(Protocol):
    def wait(self, adapter_id: UUID) -> float: ...
    def enter(self, adapter_id: UUID, wish: Wish) -> Entry: ...
    def leave(self, adapter_id: UUID, token: str, outcome: Outcome, seconds: float) -> Turn: ...
    def calls(self, adapter_id: UUID) -> list[calls.CallCount]: ...


class LocalGate:
    def __init__(self) -> None:
        self.start_afresh()

    def start_afresh(self) -> None:
        self._lock = threading.Lock()

    def wait(self, adapter_id: UUID) -> float:
        with self._lock:
            return breaker.local[adapter_id].wait(time.monotonic())

    def enter(self, adapter_id: UUID, wish: Wish) -> Entry:
        with self._lock:
            now = time.monotonic()
            fuse = breaker.local[adapter_id]
            if wait := fuse.wait(now):
                return Entry(Verdict.OPEN, wait, False, wish.token, self)
            verdict, wait = limits.local[adapter_id].enter(wish, now)
            is_probe = verdict is Verdict.GO and fuse.take_probe(wish.token, until=now + wish.lease)
            return Entry(verdict, wait, is_probe, wish.token, self)

    def leave(self, adapter_id: UUID, token: str, outcome: Outcome, seconds: float) -> Turn:
        with self._lock:
            limits.local[adapter_id].leave(token)
            if outcome is not Outcome.ABANDONED:
                count, micros = calls.fields(outcome, seconds)
                calls.local[adapter_id].update({count: 1, micros: round(seconds * 1_000_000)})
            return breaker.local[adapter_id].report(token, outcome, time.monotonic())

    def calls(self, adapter_id: UUID) -> list[calls.CallCount]:
        with self._lock:
            return calls.counts(calls.local[adapter_id])


_WAIT = f"{shared.LUA}{breaker.LUA} return math.ceil(breaker_wait(KEYS[1], now_micros()))"

_ENTER = f"""{shared.LUA}{breaker.LUA}{limits.LUA}
local now, token, lease = now_micros(), ARGV[1], tonumber(ARGV[5])
local wait = breaker_wait(KEYS[1], now)
if wait > 0 then return {{'{Verdict.OPEN}', math.ceil(wait), 0}} end
local verdict
verdict, wait = limits_enter(
  KEYS[2], KEYS[3], token, tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), lease, now)
local is_probe = 0
if verdict == '{Verdict.GO}' then is_probe = breaker_take_probe(KEYS[1], token, now + lease) end
return {{verdict, math.ceil(wait), is_probe}}
"""

_LEAVE = f"""{shared.LUA}{breaker.LUA}
redis.call('ZREM', KEYS[2], ARGV[1])
if ARGV[2] ~= '{Outcome.ABANDONED}' then
  redis.call('HINCRBY', KEYS[3], ARGV[3], 1)
  redis.call('HINCRBY', KEYS[3], ARGV[4], ARGV[5])
end
return breaker_report(KEYS[1], ARGV[1], ARGV[2], now_micros())
"""


class RedisGate:
    """Counts by Redis's clock, so the machines' own need not agree. Every method may raise `redis.RedisError`."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._wait = client.register_script(_WAIT)
        self._enter = client.register_script(_ENTER)
        self._leave = client.register_script(_LEAVE)

    def wait(self, adapter_id: UUID) -> float:
        return int(self._wait(keys=_keys(adapter_id, "breaker"))) / 1_000_000

    def enter(self, adapter_id: UUID, wish: Wish) -> Entry:
        micros = (math.ceil(seconds * 1_000_000) for seconds in (wish.gap, wish.patience, wish.lease))
        verdict, wait, is_probe = self._enter(
            keys=_keys(adapter_id, "breaker", "places", "slot"), args=[wish.token, wish.max_concurrency, *micros]
        )
        return Entry(Verdict(verdict), wait / 1_000_000, bool(is_probe), wish.token, self)

    def leave(self, adapter_id: UUID, token: str, outcome: Outcome, seconds: float) -> Turn:
        counters = calls.fields(outcome, seconds)
        turn: Turn = self._leave(
            keys=_keys(adapter_id, "breaker", "places", "calls"),
            args=[token, outcome.value, *counters, round(seconds * 1_000_000)],
        )
        return turn

    def calls(self, adapter_id: UUID) -> list[calls.CallCount]:
        raw: Any = self._client.hgetall(shared.key(adapter_id, "calls"))
        return calls.counts(raw)


def _keys(adapter_id: UUID, *names: str) -> list[str]:
    return [shared.key(adapter_id, name) for name in names]


_local_gate = LocalGate()
_redis_gate = lru_cache(maxsize=4)(RedisGate)

# The parent's lock may have been held by a thread that the child does not have.
os.register_at_fork(after_in_child=_local_gate.start_afresh)


def wait(adapter_id: UUID) -> float:
    """Seconds until the breaker would let a call through; 0 when it would now. Takes nothing."""
    return _ask(lambda gate: gate.wait(adapter_id))


def enter(adapter_id: UUID, wish: Wish) -> Entry:
    """Who is let in must `leave`."""
    return _ask(lambda gate: gate.enter(adapter_id, wish))


def leave(adapter_id: UUID, entry: Entry, outcome: Outcome, seconds: float = 0.0) -> bool:
    """Whether this outcome closed the breaker."""
    try:
        turn = entry.gate.leave(adapter_id, entry.token, outcome, seconds)
    except redis.RedisError as trouble:
        shared.failed(trouble)
        return False
    if turn:
        log.warning(f"breaker_{turn}", adapter_id=str(adapter_id))
    return turn == "closed"


def counts(adapter_id: UUID) -> list[calls.CallCount]:
    """Of all processes that share a Redis. Raises `redis.RedisError`: one process's own would look like a fall."""
    client = shared.client_of_all()
    return (_local_gate if client is None else _redis_gate(client)).calls(adapter_id)


def _ask(question: Callable[[Gate], T]) -> T:
    client = shared.client()
    if client is not None:
        try:
            return question(_redis_gate(client))
        except redis.RedisError as trouble:
            shared.failed(trouble)
    return question(_local_gate)
