"""Calls to one adapter, under its limits and its breaker. Everybody calls a platform through here."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID, uuid4

from integrations.models import Adapter
from integrations.platforms import gate
from integrations.platforms.base import (
    CancelOrder,
    GrantOrder,
    Platform,
    PlatformBonus,
    PlatformRefused,
    PlatformTrouble,
    within,
)
from integrations.platforms.breaker import Outcome
from integrations.platforms.gate import Entry
from integrations.platforms.limits import Verdict, Wish
from integrations.platforms.registry import platform_for

T = TypeVar("T")

WAITING_SHARE = 0.5
"""Of a call's total time that may go by before it begins: a call that hardly has time left would only time out."""
LEASE_MARGIN = 1.0
FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.05


class PlatformUnavailable(PlatformTrouble):
    """The call was not made: the breaker is open or the limits leave no room. No trouble of the platform's."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message, sent=False)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    value: T
    breaker_closed: bool
    """This answer closed the breaker: what has waited for the platform is due now."""


class Gateway:
    """Raises what `Platform` raises, and `PlatformUnavailable`. Waiting included, a call ends within the adapter's
    total time-out."""

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter

    def available(self) -> float:
        """0.0 when the breaker would let a call through, else the seconds until it may."""
        return gate.wait(self.adapter.pk)

    def grant(self, order: GrantOrder) -> Answer[PlatformBonus]:
        return self._call(lambda platform: platform.grant(order))

    def cancel(self, order: CancelOrder) -> Answer[None]:
        return self._call(lambda platform: platform.cancel(order))

    def status(self, *, grant_id: UUID, platform_bonus_id: str | None) -> Answer[PlatformBonus | None]:
        return self._call(lambda platform: platform.status(grant_id=grant_id, platform_bonus_id=platform_bonus_id))

    def _call(self, call: Callable[[Platform], T]) -> Answer[T]:
        platform = platform_for(self.adapter)
        total = self.adapter.total_timeout_ms / 1000
        with within(total):
            entry = self._enter(total)
            began = time.monotonic()
            try:
                value = call(platform)
            except PlatformRefused as refused:
                refused.breaker_closed = self._leave(entry, Outcome.REFUSED, began)
                raise
            except Exception:
                self._leave(entry, Outcome.TROUBLE, began)
                raise
            except BaseException:
                self._leave(entry, Outcome.ABANDONED, began)
                raise
            return Answer(value, self._leave(entry, Outcome.OK, began))

    def _leave(self, entry: Entry, outcome: Outcome, began: float) -> bool:
        return gate.leave(self.adapter.pk, entry, outcome, time.monotonic() - began)

    def _enter(self, total: float) -> Entry:
        entry = self._admitted(total)
        if entry.wait:
            try:
                time.sleep(entry.wait)
                # Others may have found the platform in trouble meanwhile.
                wait = 0.0 if entry.is_probe else self.available()
            except BaseException:
                gate.leave(self.adapter.pk, entry, Outcome.ABANDONED)
                raise
            if wait:
                gate.leave(self.adapter.pk, entry, Outcome.ABANDONED)
                raise PlatformUnavailable("the breaker is open", retry_after=wait)
        return entry

    def _admitted(self, total: float) -> Entry:
        """Ask until let in, or until there is no point."""
        give_up = time.monotonic() + total * WAITING_SHARE
        pause = FIRST_PAUSE
        while True:
            patience = max(give_up - time.monotonic(), 0.0)
            entry = gate.enter(self.adapter.pk, self._wish(patience, total + LEASE_MARGIN))
            if entry.verdict is Verdict.GO:
                return entry
            if entry.verdict is Verdict.OPEN:
                raise PlatformUnavailable("the breaker is open", retry_after=entry.wait)
            if entry.verdict is Verdict.SLOW:
                raise PlatformUnavailable("too many requests are waiting", retry_after=entry.wait)
            if not patience:
                raise PlatformUnavailable("every place is taken", retry_after=total)
            time.sleep(min(pause * random.uniform(0.5, 1), patience))  # noqa: S311  only to spread the askers
            pause = min(pause * 2, LONGEST_PAUSE)

    def _wish(self, patience: float, lease: float) -> Wish:
        return Wish(
            token=uuid4().hex,
            max_concurrency=self.adapter.max_concurrency,
            max_requests_per_second=self.adapter.max_requests_per_second,
            patience=patience,
            lease=lease,
        )
