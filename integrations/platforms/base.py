"""What a casino platform can do for us, whatever its kind."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from integrations.models import Adapter

STATUSES = frozenset(
    {
        "pending",
        "credited",
        "active",
        "completed",
        "auto_completed",
        "forfeited",
        "expired",
        "lost",
        "cancelled",
        "reversed",
    }
)


@dataclass(frozen=True, slots=True)
class Wagering:
    multiplier: Decimal
    basis: str
    required_subunit: int
    max_bet_subunit: int | None
    game_contribution: dict[str, int | float]
    max_win_subunit: int | None


@dataclass(frozen=True, slots=True)
class GrantOrder:
    grant_id: UUID
    player_external_id: str
    type: str
    amount_subunit: int
    currency: str
    wagering: Wagering
    expires_at: datetime | None
    config: dict[str, Any]
    granted_by_kind: str
    granted_by_ref: str | None


@dataclass(frozen=True, slots=True)
class CancelOrder:
    grant_id: UUID
    platform_bonus_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class PlatformBonus:
    platform_bonus_id: str
    status: str
    """One of `STATUSES`; a grant answers `credited` or `pending`."""


class PlatformRefused(Exception):
    """The platform read the request and said no. That it answered may have closed the breaker."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.breaker_closed = False


class PlatformTrouble(Exception):
    """No usable answer. `sent` is False only when the platform certainly never saw the request."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.message = message
        self.sent = sent
        self.breaker_closed = False


class Platform(Protocol):
    """Every method raises `PlatformRefused` or `PlatformTrouble`, and returns within `seconds_left()`."""

    def __init__(self, adapter: Adapter) -> None: ...

    @staticmethod
    def may_call_plainly(host: str) -> bool:
        """Whether `host` may be called without TLS outside of DEBUG."""
        ...

    def grant(self, order: GrantOrder) -> PlatformBonus:
        """Credit once, however often it is asked: a platform that has this grant already is asked what became of it."""
        ...

    def cancel(self, order: CancelOrder) -> None: ...

    def status(self, *, grant_id: UUID, platform_bonus_id: str | None) -> PlatformBonus | None:
        """None: the platform has not seen it (yet)."""
        ...


_deadline: ContextVar[float | None] = ContextVar("platform_call_deadline", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Whatever calls are made in here end, together, within `seconds`, or earlier where an outer limit says so."""
    outer = _deadline.get()
    mine = time.monotonic() + seconds
    token = _deadline.set(mine if outer is None else min(outer, mine))
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left() -> float:
    """Of the innermost `within`; endless outside of one. May be negative."""
    deadline = _deadline.get()
    return float("inf") if deadline is None else deadline - time.monotonic()
