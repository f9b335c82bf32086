"""The states of a grant and the changes that are allowed between them. Pure: no ORM, no clock, no settings."""

import uuid
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    QUEUED = "queued"
    PENDING = "pending"
    ACTIVE = "active"
    COMPLETED = "completed"
    AUTO_COMPLETED = "auto_completed"
    FORFEITED = "forfeited"
    EXPIRED = "expired"
    LOST = "lost"
    CANCELLED = "cancelled"
    REVERSED = "reversed"
    FAILED = "failed"


class CauseKind(StrEnum):
    API = "api"
    ADMIN = "admin"
    WEBHOOK = "webhook"
    CAMPAIGN = "campaign"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Cause:
    """Who or what changes a grant, as the audit trail will say."""

    kind: CauseKind
    actor: str = ""
    webhook_id: uuid.UUID | None = None


SYSTEM = Cause(CauseKind.SYSTEM)

LIVE = frozenset({Status.QUEUED, Status.PENDING, Status.ACTIVE, Status.REVERSED})
ON_ACCOUNT = frozenset({Status.ACTIVE, Status.REVERSED})
"""The funds or spins are on the player's account and can be wagered."""
ENDED = frozenset(Status) - LIVE
ENDINGS = frozenset(
    {
        Status.COMPLETED,
        Status.AUTO_COMPLETED,
        Status.FORFEITED,
        Status.EXPIRED,
        Status.LOST,
        Status.CANCELLED,
    }
)
"""The ways in which a bonus that the player had can end."""

ALLOWED: dict[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.PENDING, Status.ACTIVE, Status.FAILED, Status.CANCELLED}),
    Status.PENDING: frozenset({Status.ACTIVE, Status.EXPIRED, Status.FORFEITED, Status.CANCELLED}),
    Status.ACTIVE: ENDINGS,
    Status.REVERSED: ENDINGS,
    **{ended: frozenset({Status.REVERSED}) for ended in ENDINGS},
    Status.FAILED: frozenset(),
}


class TransitionRefused(Exception):
    """The state table does not allow this change."""

    code = "TRANSITION_REFUSED"

    def __init__(self, from_status: Status, to_status: Status) -> None:
        self.message = f"A {from_status} grant can't become {to_status}."
        self.details = {"from": from_status.value, "to": to_status.value}
        super().__init__(self.message)


def check(from_status: Status, to_status: Status, *, was_credited: bool) -> None:
    """Raise `TransitionRefused` unless the table allows the change; only what was once credited can be reversed."""
    allowed = to_status in ALLOWED[from_status]
    if not allowed or (to_status is Status.REVERSED and not was_credited):
        raise TransitionRefused(from_status, to_status)


def path(from_status: Status, to_status: Status) -> tuple[Status, ...]:
    """The changes that lead from one state to another when the platform skipped ahead, the target included.

    Empty when the target lies behind or cannot be reached: such an event comes too late, or is drift.
    Never leads out of an ended state; a reversal is its own event.
    """
    if from_status not in LIVE or from_status is to_status:
        return ()
    if to_status in ALLOWED[from_status]:
        return (to_status,)
    for implied in (Status.PENDING, Status.ACTIVE):
        if implied in ALLOWED[from_status] and to_status in ALLOWED[implied]:
            return (implied, to_status)
    return ()
