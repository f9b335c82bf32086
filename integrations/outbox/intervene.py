"""What a person can do about an event that does not get through."""

from functools import partial

from django.db import transaction
from django.utils import timezone

from integrations.models import OutgoingEvent
from integrations.outbox import hint


def send_again(pk: int) -> bool:
    """Make it pending, whatever became of it before. It goes under the same id. False: there is no such row."""
    return _change(pk, delivered_at=None, parked_at=None, skipped_at=None, skipped_by="", skip_reason="")


def skip(pk: int, *, by: str, reason: str) -> bool:
    """Never send it, and let later events of its grant go. False when it has been delivered, or skipped, already."""
    return _change(pk, only_open=True, skipped_at=timezone.now(), skipped_by=by[:200], skip_reason=reason[:500])


def _change(pk: int, *, only_open: bool = False, **values: object) -> bool:
    events = OutgoingEvent.objects.filter(pk=pk)
    if only_open:
        events = events.filter(delivered_at__isnull=True, skipped_at__isnull=True)
    with transaction.atomic():
        sink = events.values_list("sink", flat=True).first()
        if sink is None or not events.update(**values):
            return False
        transaction.on_commit(partial(hint.wake, [sink]), robust=True)
    return True
