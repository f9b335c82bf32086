"""The calls of a wave, and what is written of them."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from bonuses.lifecycle import Cause
from bonuses.services.bulk.plan import Promise
from bonuses.services.bulk.write_answers import write_answers
from integrations.failpoints import failpoint
from integrations.platforms.answers import GrantAnswer, NotSent
from integrations.platforms.bulk import grant_many


@dataclass(slots=True)
class Called:
    not_sent: list[tuple[Promise, NotSent]] = field(default_factory=list)
    """Still claimed by the caller, to be reclaimed or released."""
    answered: int = 0
    wait: float = 0.0
    """Seconds for which a platform is to be left alone."""


def call(promises: Sequence[Promise], *, cause: Cause, may_go_on: Callable[[], bool]) -> Called:
    """Ask for all that is promised, adapter by adapter, and write down the answers."""
    called = Called()
    by_adapter: dict[UUID, list[Promise]] = defaultdict(list)
    for promise in promises:
        by_adapter[promise.adapter.pk].append(promise)
    for same in by_adapter.values():
        _call_one(same, called, cause, may_go_on)
    return called


def _call_one(promises: Sequence[Promise], called: Called, cause: Cause, may_go_on: Callable[[], bool]) -> None:
    adapter = promises[0].adapter
    calls = grant_many(
        adapter,
        [promise.order for promise in promises],
        start_before=time.monotonic() + _time_to_start(promises),
        may_go_on=may_go_on,
    )
    failpoint("fanout.called")
    told: list[tuple[Promise, GrantAnswer]] = []
    for promise, answer in zip(promises, calls.answers, strict=True):
        if isinstance(answer, NotSent):
            called.not_sent.append((promise, answer))
        else:
            told.append((promise, answer))
    write_answers(answers=told, cause=cause, breaker_closed=[adapter] if calls.breaker_closed else [])
    failpoint("fanout.answered")
    called.answered += len(told)
    called.wait = max(called.wait, calls.wait)


def _time_to_start(promises: Sequence[Promise]) -> float:
    """Seconds: a call that began later could outlive its claim, and another caller might be at it by then."""
    until = min(promise.claimed_until for promise in promises)
    longest = timedelta(milliseconds=promises[0].adapter.total_timeout_ms)
    return (until - longest - timezone.now()).total_seconds()
