"""A person may want nothing sent to a sink for a while. What happens meanwhile waits, in order, and goes afterwards."""

from functools import partial

import structlog
from django.db import transaction
from django.utils import timezone

from integrations.models import SinkState
from integrations.outbox import hint

log = structlog.get_logger(__name__)


def pause_sink(sink: str, *, by: str, reason: str) -> bool:
    """No new round begins; one that is under way ends within seconds. False: somebody has paused it already."""
    running = SinkState.objects.filter(sink=sink, paused_at__isnull=True)
    if not running.update(paused_at=timezone.now(), paused_by=by[:200], pause_reason=reason[:500]):
        return False
    log.warning("outbox.paused", sink=sink, by=by, reason=reason)
    return True


@transaction.atomic
def resume_sink(sink: str, *, by: str) -> bool:
    """False: it is not paused."""
    paused = SinkState.objects.filter(sink=sink, paused_at__isnull=False)
    if not paused.update(paused_at=None, paused_by="", pause_reason=""):
        return False
    transaction.on_commit(partial(hint.wake, [sink]), robust=True)
    log.info("outbox.resumed", sink=sink, by=by)
    return True
