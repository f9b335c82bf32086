"""The transactional outbox: `record` in the transaction of a change, `deliver` after it, however often it takes.

Exactly one event is created for a change; each sink gets it at least once, under a stable id, in order per grant.
"""

from integrations.outbox.backlog import Backlog, backlog
from integrations.outbox.deliver import DeliveryReport, deliver
from integrations.outbox.event import Event
from integrations.outbox.intervene import send_again, skip
from integrations.outbox.record import OutsideTransaction, record

__all__ = [
    "Backlog",
    "DeliveryReport",
    "Event",
    "OutsideTransaction",
    "backlog",
    "deliver",
    "record",
    "send_again",
    "skip",
]
