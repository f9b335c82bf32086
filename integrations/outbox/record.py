from collections.abc import Sequence
from functools import partial

from django.conf import settings
from django.db import connection, transaction

from integrations.outbox import hint
from integrations.outbox.event import Event
from integrations.outbox.insert import insert


class OutsideTransaction(RuntimeError):
    """An event was recorded outside the transaction of the change it tells of: a mistake in our own code."""


def record(events: Sequence[Event]) -> None:
    """Store each event once for each enabled sink, in the caller's transaction; after its commit they are delivered.

    Raises `OutsideTransaction`, `PayloadInvalid`, and `IntegrityError` for an event that a grant already has.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction("Events are recorded in the transaction of the change they tell of.")
    sinks = tuple(dict.fromkeys(settings.EVENT_SINKS))
    if events and sinks:
        insert(events, sinks)
        transaction.on_commit(partial(hint.wake, sinks), robust=True)
