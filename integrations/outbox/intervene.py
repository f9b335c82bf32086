"""What a person can do about events that do not get through."""

import uuid
from collections.abc import Collection
from functools import partial

import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from integrations.models import OutgoingEvent, SinkState
from integrations.outbox import hint
from integrations.outbox.pick import OPEN

log = structlog.get_logger(__name__)


class NothingToDecide(Exception):
    """The sink is not halted, or no longer over the batch that was looked at: somebody else has decided."""


def decide_flight(sink: str, *, arrived: bool, by: str, reason: str, epoch: int | None = None) -> int:
    """Say what became of the batch over which a sink is halted, and let it go on. Returns of how many events it was.

    It arrived: what of it is pending counts as delivered. It did not: that is sent again, under the same ids. `epoch`
    is that of the halt which the person looked at. Raises `NothingToDecide`, and then has changed nothing.
    """
    with transaction.atomic():
        halted = SinkState.objects.filter(sink=sink, halted_at__isnull=False)
        state = (halted if epoch is None else halted.filter(epoch=epoch)).first()
        # The next epoch, so that two people can't both decide, and who halted it can't write any more.
        mine = {} if state is None else {"epoch": state.epoch}
        if state is None or not halted.filter(**mine).update(
            halted_at=None, halt_reason="", in_flight=None, in_flight_since=None, epoch=F("epoch") + 1
        ):
            raise NothingToDecide(sink)
        count = _mark_decided(state, arrived=arrived, note=f"{by}: {reason}")
        transaction.on_commit(partial(hint.wake, [sink]), robust=True)
    log.warning("outbox.flight_decided", sink=sink, arrived=arrived, by=by, reason=reason, events=count)
    return count


def _mark_decided(state: SinkState, *, arrived: bool, note: str) -> int:
    """What the sink has refused stays parked: that answer is known. Each event's page says who decided, and why."""
    noted = state.in_flight["ids"] if state.in_flight else []
    events = OutgoingEvent.objects.filter(sink=state.sink, id__in=noted, parked_at__isnull=True, **OPEN)
    if not arrived:
        return events.update(last_error=f"It had not arrived, said {note}"[:1000])
    return events.update(delivered_at=Now(), last_error=f"It had arrived, said {note}"[:1000])


def send_again(pk: int) -> bool:
    """Make it pending, whatever became of it before. It goes under the same id. False: there is no such row."""
    return _change(pk, delivered_at=None, parked_at=None, skipped_at=None, skipped_by="", skip_reason="")


def skip(pk: int, *, by: str, reason: str) -> bool:
    """Never send it, and let later events of its grant go. False when it has been delivered, or skipped, already."""
    return _change(pk, only_open=True, **_skipped(by, reason))


def send_parked_again(sink: str, *, grant_id: uuid.UUID | None = None) -> int:
    """Everything parked, or that of one grant, goes again under its ids, before what waits behind it."""
    return _change_parked(sink, grant_id, parked_at=None)


def skip_parked(sink: str, *, grant_id: uuid.UUID, events: Collection[int], by: str, reason: str) -> int:
    """Never send those of these that are still parked, and let what waits behind them go."""
    return _change_parked(sink, grant_id, events, **_skipped(by, reason))


def _skipped(by: str, reason: str) -> dict[str, object]:
    return {"skipped_at": timezone.now(), "skipped_by": by[:200], "skip_reason": reason[:500]}


def _change(pk: int, *, only_open: bool = False, **values: object) -> bool:
    events = OutgoingEvent.objects.filter(pk=pk)
    if only_open:
        events = events.filter(**OPEN)
    with transaction.atomic():
        sink = events.values_list("sink", flat=True).first()
        return sink is not None and _write(sink, events, values) > 0


def _change_parked(
    sink: str, grant_id: uuid.UUID | None, among: Collection[int] | None = None, **values: object
) -> int:
    parked = OutgoingEvent.objects.filter(sink=sink, parked_at__isnull=False, **OPEN)
    if grant_id is not None:
        parked = parked.filter(grant_id=grant_id)
    if among is not None:
        parked = parked.filter(id__in=among)
    with transaction.atomic():
        return _write(sink, parked, values)


def _write(sink: str, events: QuerySet[OutgoingEvent], values: dict[str, object]) -> int:
    changed = events.update(**values)
    if changed:
        transaction.on_commit(partial(hint.wake, [sink]), robust=True)
    return changed
