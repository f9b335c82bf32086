"""The states of a campaign and the changes that are allowed between them. Pure: no ORM, no clock, no settings."""

from enum import StrEnum


class Status(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    ISSUING = "issuing"
    PAUSED = "paused"
    ISSUED = "issued"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What has become of one recipient."""

    PENDING = "pending"
    GRANTED = "granted"
    SKIPPED = "skipped"
    FAILED = "failed"


EDITABLE = frozenset({Status.DRAFT, Status.SCHEDULED})
ISSUABLE = EDITABLE
BEGUN = frozenset({Status.ISSUING, Status.PAUSED})
"""Its terms are frozen, and it gives or may go on giving."""
ENDED = frozenset({Status.ISSUED, Status.CANCELLED})

ALLOWED: dict[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.SCHEDULED, Status.ISSUING, Status.CANCELLED}),
    Status.SCHEDULED: frozenset({Status.DRAFT, Status.ISSUING, Status.CANCELLED}),
    Status.ISSUING: frozenset({Status.PAUSED, Status.ISSUED, Status.CANCELLED}),
    Status.PAUSED: frozenset({Status.ISSUING, Status.CANCELLED}),
    Status.ISSUED: frozenset(),
    Status.CANCELLED: frozenset(),
}
