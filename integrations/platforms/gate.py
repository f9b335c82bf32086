"""The gate before an adapter: breaker, pace and places asked in one step: a call costs two round trips to Redis.

With Redis all processes share one; without it, or while it is in trouble, each process has its own.
"""

import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

import redis
import structlog

from integrations.platforms import breaker, calls, gate_scripts, limits, shared
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


@dataclass(frozen=True, slots=True)
class Exit:
    """How a call has ended that `entry` let in."""

    entry: Entry
    outcome: Outcome
    seconds: float = 0.0


class Traded(NamedTuple):
    turns: list[Turn]
    """Of each who has left."""
    entries: list[Entry]


class Gate(Protocol):
    def wait(self, adapter_id: UUID) -> float: ...
    def enter(self, adapter_id: UUID, wish: Wish) -> Entry: ...
    def leave(self, adapter_id: UUID, token: str, outcome: Outcome, seconds: float) -> Turn: ...
    def trade(self, adapter_id: UUID, exits: Sequence[Exit], wish: Wish, count: int) -> Traded: ...
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
            return self._enter(adapter_id, wish)

    def trade(self, adapter_id: UUID, exits: Sequence[Exit], wish: Wish, count: int) -> Traded:
        with self._lock:
            turns = [self._leave(adapter_id, one.entry.token, one.outcome, one.seconds) for one in exits]
            return Traded(turns, list(_until_refused(self._enter(adapter_id, each) for each in _each(wish, count))))

    def _enter(self, adapter_id: UUID, wish: Wish) -> Entry:
        now = time.monotonic()
        fuse = breaker.local[adapter_id]
        if wait := fuse.wait(now):
            return Entry(Verdict.OPEN, wait, False, wish.token, self)
        verdict, wait = limits.local[adapter_id].enter(wish, now)
        is_probe = verdict is Verdict.GO and fuse.take_probe(wish.token, until=now + wish.lease)
        return Entry(verdict, wait, is_probe, wish.token, self)

    def leave(self, adapter_id: UUID, token: str, outcome: Outcome, seconds: float) -> Turn:
        with self._lock:
            return self._leave(adapter_id, token, outcome, seconds)

    def _leave(self, adapter_id: UUID, token: str, outcome: Outcome, seconds: float) -> Turn:
        limits.local[adapter_id].leave(token)
        if outcome is not Outcome.ABANDONED:
            count, micros = calls.fields(outcome, seconds)
            calls.local[adapter_id].update({count: 1, micros: round(seconds * 1_000_000)})
        return breaker.local[adapter_id].report(token, outcome, time.monotonic())

    def calls(self, adapter_id: UUID) -> list[calls.CallCount]:
        with self._lock:
            return calls.counts(calls.local[adapter_id])


def _each(wish: Wish, count: int) -> Iterable[Wish]:
    return (replace(wish, token=_token(wish, number)) for number in range(1, count + 1))


def _token(wish: Wish, number: int) -> str:
    return f"{wish.token}:{number}"


def _until_refused(entries: Iterable[Entry]) -> Iterable[Entry]:
    for entry in entries:
        yield entry
        if entry.verdict is not Verdict.GO:
            return


class RedisGate:
    """Counts by Redis's clock, so the machines' own need not agree. Every method may raise `redis.RedisError`."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._wait = client.register_script(gate_scripts.WAIT)
        self._enter = client.register_script(gate_scripts.ENTER)
        self._leave = client.register_script(gate_scripts.LEAVE)
        self._trade = client.register_script(gate_scripts.TRADE)

    def wait(self, adapter_id: UUID) -> float:
        return int(self._wait(keys=_keys(adapter_id, "breaker"))) / 1_000_000

    def enter(self, adapter_id: UUID, wish: Wish) -> Entry:
        found = self._enter(keys=_keys(adapter_id, "breaker", "places", "slot"), args=_asked(wish))
        return self._entry(wish.token, found)

    def _entry(self, token: str, found: tuple[str, int, int]) -> Entry:
        verdict, wait, is_probe = found
        return Entry(Verdict(verdict), wait / 1_000_000, bool(is_probe), token, self)

    def leave(self, adapter_id: UUID, token: str, outcome: Outcome, seconds: float) -> Turn:
        counters = calls.fields(outcome, seconds)
        turn: Turn = self._leave(
            keys=_keys(adapter_id, "breaker", "places", "calls"),
            args=[token, outcome.value, *counters, round(seconds * 1_000_000)],
        )
        return turn

    def trade(self, adapter_id: UUID, exits: Sequence[Exit], wish: Wish, count: int) -> Traded:
        names = [text for one in exits for text in (one.entry.token, one.outcome.value)]
        counted = calls.added_up((one.outcome, one.seconds) for one in exits)
        counters = [text for counter in counted.items() for text in counter]
        turns, found = self._trade(
            keys=_keys(adapter_id, "breaker", "places", "slot", "calls"),
            args=[*_asked(wish), count, len(exits), *names, *counters],
        )
        return Traded(turns, [self._entry(_token(wish, number), entry) for number, entry in enumerate(found, 1)])

    def calls(self, adapter_id: UUID) -> list[calls.CallCount]:
        raw: Any = self._client.hgetall(shared.key(adapter_id, "calls"))
        return calls.counts(raw)


def _asked(wish: Wish) -> list[str | int]:
    micros = (math.ceil(seconds * 1_000_000) for seconds in (wish.gap, wish.patience, wish.lease))
    return [wish.token, wish.max_concurrency, *micros]


def _keys(adapter_id: UUID, *names: str) -> list[str]:
    return [shared.key(adapter_id, name) for name in names]


NOBODY = Wish(token="", max_concurrency=1, max_requests_per_second=1, patience=0.0, lease=0.0)
"""For a trade in which nobody wants in."""

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
    _tell(adapter_id, turn)
    return turn == "closed"


def enter_many(adapter_id: UUID, wish: Wish, count: int) -> list[Entry]:
    """As `enter` up to `count` times in a row, in one round trip. Ends with the first who is not let in."""
    return _ask(lambda gate: gate.trade(adapter_id, (), wish, count)).entries


def leave_many(adapter_id: UUID, exits: Iterable[Exit]) -> list[Turn]:
    """As `leave` of each, in this order and in one round trip. How the breaker turned, if it did: the last is last."""
    turns: list[Turn] = []
    # Redis may have gone or come while they were on their way.
    for gate, some in groupby(exits, key=lambda one: one.entry.gate):
        try:
            turns += gate.trade(adapter_id, list(some), NOBODY, 0).turns
        except redis.RedisError as trouble:
            shared.failed(trouble)
    return _told(adapter_id, turns)


def trade(adapter_id: UUID, exits: Sequence[Exit], wish: Wish, count: int) -> Traded:
    """`leave_many`, then `enter_many`, in one round trip. Of the turns, those that are none are left out."""
    gate = exits[-1].entry.gate
    if gate is _current() and all(one.entry.gate is gate for one in exits):
        try:
            turns, entries = gate.trade(adapter_id, exits, wish, count)
        except redis.RedisError as trouble:
            shared.failed(trouble)
            return Traded([], enter_many(adapter_id, wish, count))
        return Traded(_told(adapter_id, turns), entries)
    return Traded(leave_many(adapter_id, exits), enter_many(adapter_id, wish, count))


def _told(adapter_id: UUID, turns: Sequence[Turn]) -> list[Turn]:
    for turn in turns:
        _tell(adapter_id, turn)
    return [turn for turn in turns if turn]


def _tell(adapter_id: UUID, turn: Turn) -> None:
    if turn:
        log.warning(f"breaker_{turn}", adapter_id=str(adapter_id))


def counts(adapter_id: UUID) -> list[calls.CallCount]:
    """Of all processes that share a Redis. Raises `redis.RedisError`: one process's own would look like a fall."""
    client = shared.client_of_all()
    return (_local_gate if client is None else _redis_gate(client)).calls(adapter_id)


def _current() -> Gate:
    client = shared.client()
    return _local_gate if client is None else _redis_gate(client)


def _ask(question: Callable[[Gate], T]) -> T:
    try:
        return question(_current())
    except redis.RedisError as trouble:
        shared.failed(trouble)
    return question(_local_gate)
