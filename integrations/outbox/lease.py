"""One deliverer per sink at a time. Clocks are the database's, so that machines need not agree on the time.

Every lease has an epoch of its own, and every write says `WHERE epoch = mine`: who wakes up after another has taken
over can't write progress any more.
"""

import os
import socket
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import DateTimeField, ExpressionWrapper, F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from integrations.models import SinkState
from integrations.sinks.base import Flight

LEASE_SECONDS = 10.0
BACKOFF_FIRST, BACKOFF_MOST = 0.5, 5.0


class LeaseLost(Exception):
    """Another deliverer has taken over."""


@dataclass(frozen=True, slots=True)
class Lease:
    sink: str
    epoch: int
    failures: int
    """Rounds in a row, before this one, that met nothing but trouble."""
    flight: Flight | None = None
    """What an earlier deliverer noted of a batch whose outcome it did not live, or was not able, to tell."""


def acquire(sink: str) -> Lease | None:
    """None when another deliverer is at work, or the sink is to be left alone: for now, or until a person decides."""
    owner = f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
    if not _take(sink, owner):
        _, is_new = SinkState.objects.get_or_create(sink=sink)
        if not is_new or not _take(sink, owner):
            return None
    state = SinkState.objects.filter(sink=sink, owner=owner).first()
    if state is None:
        return None
    return Lease(sink=sink, epoch=state.epoch, failures=state.failures, flight=flight_of(state))


def flight_of(state: SinkState) -> Flight | None:
    noted = state.in_flight
    return Flight(ids=tuple(noted["ids"]), mark=noted["mark"]) if noted else None


def _take(sink: str, owner: str) -> bool:
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=Now())
    due = Q(not_before__isnull=True) | Q(not_before__lte=Now())
    wanted = {"halted_at__isnull": True, "paused_at__isnull": True}
    taken = SinkState.objects.filter(free, due, sink=sink, **wanted).update(
        owner=owner, leased_until=_from_now(LEASE_SECONDS), epoch=F("epoch") + 1
    )
    return taken == 1


def renew(lease: Lease, **progress: object) -> None:
    """Also locks the row until the caller's transaction ends, so that nobody takes over in between.

    Raises `LeaseLost`.
    """
    _write(lease, leased_until=_from_now(LEASE_SECONDS), **progress)


def release(lease: Lease) -> None:
    """The round met no trouble."""
    _write(lease, leased_until=None, owner="", failures=0, not_before=None)


def back_off(lease: Lease, *, failures: int, reason: str) -> float:
    """Release, and leave the sink alone for the returned number of seconds."""
    seconds: float = min(BACKOFF_FIRST * 2 ** min(failures - 1, 10), BACKOFF_MOST)
    _write(
        lease,
        leased_until=None,
        owner="",
        failures=failures,
        not_before=_from_now(seconds),
        last_error=reason[:1000],
        last_error_at=Now(),
    )
    return seconds


def halt(lease: Lease, reason: str) -> None:
    """Release; nobody delivers until a person has decided what became of the batch in flight."""
    _write(lease, leased_until=None, owner="", halted_at=Now(), halt_reason=reason[:1000])


def _write(lease: Lease, **values: object) -> None:
    if not SinkState.objects.filter(sink=lease.sink, epoch=lease.epoch).update(**values):
        raise LeaseLost(lease.sink)


def _from_now(seconds: float) -> Combinable:
    return ExpressionWrapper(Now() + timedelta(seconds=seconds), output_field=DateTimeField())
