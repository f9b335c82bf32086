"""Many grants of one adapter called at once, under the same limits and the same breaker as `Gateway`'s single calls."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from integrations.models import Adapter
from integrations.platforms import gate
from integrations.platforms.answers import GrantAnswer, NotSent
from integrations.platforms.base import GrantOrder, PlatformTrouble, seconds_left
from integrations.platforms.breaker import Outcome
from integrations.platforms.gate import Entry, Exit
from integrations.platforms.gateway import FIRST_PAUSE, LEASE_MARGIN, LONGEST_PAUSE, WAITING_SHARE
from integrations.platforms.limits import Verdict, Wish
from integrations.platforms.lines import RETRY_IN, Ended, Job, Line, line_for

MOST_AT_ONCE = 128
"""Of which the gate is asked in one round trip."""
LOOK_AHEAD = 0.05
"""Seconds: slots are booked no further, so that single calls need not queue behind a campaign."""
KEPT_FREE = 8
"""One place in so many is left to single calls, for whom somebody waits."""
ASK_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Calls:
    answers: list[GrantAnswer]
    """In the order of the orders."""
    breaker_closed: bool
    """One of these closed the breaker: what has waited for the platform is due now."""
    wait: float
    """Seconds before which it makes no sense to go on with this adapter; 0.0 when nothing stood in the way."""


def grant_many(
    adapter: Adapter,
    orders: Sequence[GrantOrder],
    *,
    start_before: float,
    may_go_on: Callable[[], bool],
) -> Calls:
    """Have each order credited once. No call begins after `start_before` (by `time.monotonic()`), each ends within the
    adapter's total time-out, and what has not been called is `NotSent`.

    `may_go_on` is asked in this thread, at most every `ASK_EVERY` seconds. No database transaction may be open.
    """
    try:
        line = line_for(adapter)
    except PlatformTrouble as trouble:
        return Calls([NotSent(trouble.message, retry_in=RETRY_IN)] * len(orders), breaker_closed=False, wait=RETRY_IN)
    run = _Run(adapter, orders, line, start_before, may_go_on)
    try:
        return run.to_the_end()
    finally:
        line.close()
        run.abandon()


class _Run:
    def __init__(
        self,
        adapter: Adapter,
        orders: Sequence[GrantOrder],
        line: Line,
        start_before: float,
        may_go_on: Callable[[], bool],
    ) -> None:
        self._adapter = adapter
        self._orders = orders
        self._line = line
        self._start_before = start_before
        self._may_go_on = may_go_on
        self._places = adapter.max_concurrency - adapter.max_concurrency // KEPT_FREE
        self._total = min(adapter.total_timeout_ms / 1000, seconds_left())
        self._waiting = deque(range(len(orders)))
        self._answers: dict[int, GrantAnswer] = {}
        self._under_way: dict[int, Entry] = {}
        self._refusal: NotSent | None = None
        self._wait = 0.0
        self._breaker_closed = False
        self._next_ask = 0.0
        self._pause = FIRST_PAUSE
        self._let_in_at = time.monotonic()
        self._allowed_until = 0.0

    def to_the_end(self) -> Calls:
        while self._waiting or self._under_way:
            if self._has_room() and self._may_ask():
                self._begin_some()
            if self._under_way:
                self._end_some()
            elif self._waiting:
                time.sleep(min(self._idle(), ASK_EVERY))
        answers = [self._answers[index] for index in range(len(self._orders))]
        return Calls(answers, self._breaker_closed, self._wait)

    def _has_room(self) -> bool:
        return self._room() > 0

    def _may_ask(self) -> bool:
        return bool(self._waiting) and time.monotonic() >= self._next_ask and not self._is_over()

    def abandon(self) -> None:
        """Give back the places of calls that were broken off."""
        if self._under_way:
            exits = [Exit(entry, Outcome.ABANDONED) for entry in self._under_way.values()]
            self._under_way = {}
            gate.leave_many(self._adapter.pk, exits)

    def _idle(self) -> float:
        return max(self._next_ask - time.monotonic(), 0.0)

    def _begin_some(self) -> None:
        self._let_in(gate.enter_many(self._adapter.pk, self._wish(), self._wanted()))

    def _wanted(self) -> int:
        return min(len(self._waiting), MOST_AT_ONCE, self._room())

    def _room(self) -> int:
        """No more than there are places: to be told that there is none costs as much as to be let in. And who has no
        way to call takes no place."""
        room, places = self._line.room, self._places - len(self._under_way)
        return places if room is None else min(room, places)

    def _let_in(self, asked: Sequence[Entry]) -> None:
        let_in = [entry for entry in asked if entry.verdict is Verdict.GO]
        if let_in:
            self._begin(let_in)
        if asked and asked[-1].verdict is not Verdict.GO:
            self._put_off(asked[-1])

    def _is_over(self) -> bool:
        now = time.monotonic()
        if now >= min(self._start_before, now + self._total):
            self._give_up(NotSent("no time left to begin", retry_in=0.0))
        elif now >= self._allowed_until:
            self._allowed_until = now + ASK_EVERY
            if not self._may_go_on():
                self._give_up(NotSent("told to stop", retry_in=0.0))
        return not self._waiting

    def _begin(self, let_in: Sequence[Entry]) -> None:
        now = self._let_in_at = time.monotonic()
        self._pause = FIRST_PAUSE
        jobs = []
        # The gate, or the look before it, may have taken longer than there was time to begin.
        end_by = min(now, self._start_before) + self._total
        for entry in let_in:
            index = self._waiting.popleft()
            self._under_way[index] = entry
            jobs.append(Job(index, self._orders[index], now + entry.wait, end_by))
        self._line.begin(jobs)

    def _put_off(self, entry: Entry) -> None:
        """There is more to call than the gate lets in."""
        now = time.monotonic()
        longest = self._total * WAITING_SHARE
        if entry.verdict is Verdict.OPEN:
            if any(mine.is_probe for mine in self._under_way.values()):
                self._next_ask = float("inf")
            else:
                self._give_up(NotSent("the breaker is open", entry.wait), wait=entry.wait)
        elif entry.verdict is Verdict.SLOW:
            if entry.wait > longest or now - self._let_in_at > longest:
                self._give_up(NotSent("too many requests are waiting", entry.wait), wait=entry.wait)
            else:
                self._next_ask = now + max(entry.wait - LOOK_AHEAD / 2, FIRST_PAUSE)
        elif not self._under_way and now - self._let_in_at > longest:
            self._give_up(NotSent("every place is taken", self._total), wait=self._total)
        else:
            self._next_ask = now + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _end_some(self) -> None:
        # A call ends in time; that none has is our own failure, and nothing to wait for without end.
        longest = self._total + LOOK_AHEAD + LEASE_MARGIN
        timeout = min(self._idle(), longest) if self._waiting and self._has_room() else longest
        ended = self._line.ended(timeout)
        if not ended:
            if timeout == longest:
                raise TimeoutError("calls do not end")
            return
        for one in ended:
            self._answers[one.index] = self._answer(one)
        if self._next_ask == float("inf") or self._pause > FIRST_PAUSE:
            self._next_ask, self._pause = 0.0, FIRST_PAUSE
        is_asking = self._may_ask()
        exits = [Exit(self._under_way.pop(one.index), one.outcome, one.seconds) for one in ended]
        turns, asked = gate.trade(self._adapter.pk, exits, self._wish(), self._wanted() if is_asking else 0)
        self._breaker_closed |= "closed" in turns
        self._let_in(asked)
        if turns and turns[-1] == "opened" and not self._wait:
            wait = gate.wait(self._adapter.pk)
            self._give_up(NotSent("the breaker is open", wait), wait=wait)

    def _answer(self, ended: Ended) -> GrantAnswer:
        return self._refusal if self._refusal and isinstance(ended.answer, NotSent) else ended.answer

    def _give_up(self, refusal: NotSent, *, wait: float = 0.0) -> None:
        self._refusal, self._wait = refusal, wait
        self._line.withdraw()
        for index in self._waiting:
            self._answers[index] = refusal
        self._waiting.clear()

    def _wish(self) -> Wish:
        return Wish(
            token=uuid4().hex,
            max_concurrency=self._places,
            max_requests_per_second=self._adapter.max_requests_per_second,
            patience=LOOK_AHEAD,
            lease=self._total + LEASE_MARGIN,
        )
