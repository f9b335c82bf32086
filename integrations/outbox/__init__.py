"""The transactional outbox: `record` in the transaction of a change, `deliver` after it, however often it takes.

Exactly one event is created for a change; each sink gets it at least once, under a stable id, in order per grant.
"""

from integrations.outbox.backlog import (
    COUNTED_AT_MOST,
    Backlog,
    Glance,
    backlog,
    glance,
    glance_of,
    sinks,
    with_glances,
)
from integrations.outbox.deliver import DeliveryReport, deliver
from integrations.outbox.event import Event
from integrations.outbox.forever import deliver_forever, why_halted
from integrations.outbox.intervene import (
    NothingToDecide,
    decide_flight,
    send_again,
    send_parked_again,
    skip,
    skip_parked,
)
from integrations.outbox.pause import pause_sink, resume_sink
from integrations.outbox.pick import oldest_ready_at
from integrations.outbox.record import OutsideTransaction, record

__all__ = [
    "COUNTED_AT_MOST",
    "Backlog",
    "DeliveryReport",
    "Event",
    "Glance",
    "NothingToDecide",
    "OutsideTransaction",
    "backlog",
    "decide_flight",
    "deliver",
    "deliver_forever",
    "glance",
    "glance_of",
    "oldest_ready_at",
    "pause_sink",
    "record",
    "resume_sink",
    "send_again",
    "send_parked_again",
    "sinks",
    "skip",
    "skip_parked",
    "why_halted",
    "with_glances",
]
