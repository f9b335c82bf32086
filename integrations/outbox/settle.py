"""Writes what became of a batch: in sets, in one transaction, and only while the lease is ours."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.db.models import Exists, F, QuerySet
from django.db.models.functions import Now

from integrations.models import OutgoingEvent, SinkState
from integrations.outbox import lease as leases
from integrations.outbox.lease import Lease
from integrations.rows import among
from integrations.sinks.base import Delivered, Message, Outcome, Refused, Trouble

Result = tuple[Message, Outcome]


def settle(lease: Lease, results: Sequence[Result]) -> None:
    """Raises `LeaseLost`, and then has written nothing."""
    kinds = Counter(type(outcome) for _, outcome in results)
    delivered = [message.id for message, outcome in results if isinstance(outcome, Delivered)]
    with transaction.atomic():
        leases.renew(lease, **_progress(delivered, is_clear=not kinds[Trouble]), **_counted(kinds))
        _mark_delivered(lease, delivered)
        if len(delivered) == len(results):
            return
        for reason, ids in _by_reason(results, Refused).items():
            parked = _ours(lease, ids).filter(delivered_at__isnull=True, skipped_at__isnull=True)
            parked.update(parked_at=Now(), attempts=F("attempts") + 1, last_error=reason)
        for reason, ids in _by_reason(results, Trouble).items():
            _ours(lease, ids).update(attempts=F("attempts") + 1, last_error=reason)


def settle_flight(lease: Lease, arrived: Sequence[int]) -> None:
    """What a sink has found out about the batch of a deliverer that died. Raises `LeaseLost`."""
    with transaction.atomic():
        leases.renew(lease, **_progress(arrived, is_clear=True), delivered=F("delivered") + len(arrived))
        _mark_delivered(lease, arrived)


def _progress(delivered: Sequence[int], *, is_clear: bool) -> dict[str, object]:
    """While the outcome of anything is open the batch in flight stays noted."""
    moved: dict[str, object] = {"last_delivered_at": Now()} if delivered else {}
    return moved | {"in_flight": None} if is_clear else moved


def _counted(kinds: Mapping[type[Outcome], int]) -> dict[str, object]:
    """For the metrics: on the row that is written anyway, and so the same for all processes."""
    counted = {"delivered": kinds[Delivered], "refused": kinds[Refused], "troubles": kinds[Trouble]}
    return {name: F(name) + count for name, count in counted.items() if count}


def _mark_delivered(lease: Lease, ids: Sequence[int]) -> None:
    if ids:
        _ours(lease, ids).update(delivered_at=Now(), parked_at=None, attempts=F("attempts") + 1)


def _ours(lease: Lease, ids: Iterable[int]) -> QuerySet[OutgoingEvent]:
    is_mine = Exists(SinkState.objects.filter(sink=lease.sink, epoch=lease.epoch))
    return OutgoingEvent.objects.filter(is_mine, among(OutgoingEvent, ids))


def _by_reason(results: Iterable[Result], kind: type[Refused] | type[Trouble]) -> dict[str, list[int]]:
    ids: defaultdict[str, list[int]] = defaultdict(list)
    for message, outcome in results:
        if isinstance(outcome, (Refused, Trouble)) and type(outcome) is kind:
            ids[outcome.reason[:1000]].append(message.id)
    return ids
