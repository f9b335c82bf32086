"""Sinks that somebody should look at: told beside the checks of `/readyz`, and no reason to stop using a process."""

from concurrent.futures import Future

import structlog
from django.conf import settings
from django.utils import timezone

from bonusdesk.watching.asked import Asked
from integrations import outbox
from integrations.models import SinkState

Alerts = dict[str, list[str]]
"""What is wrong, by sink: those that are enabled and in trouble."""

UNKNOWN: Alerts = {"events": ["could not be found out"]}

log = structlog.get_logger(__name__)


def told(answer: Future[Alerts], patience: float) -> Alerts:
    """Waits no longer than `patience`, in seconds."""
    try:
        return answer.result(patience)
    except Exception as trouble:
        log.warning("alerts_unknown", error=repr(trouble))
        return UNKNOWN


def _find() -> Alerts:
    halted = set(SinkState.objects.filter(halted_at__isnull=False).values_list("sink", flat=True))
    found = {sink: _of(sink, is_halted=sink in halted) for sink in dict.fromkeys(settings.EVENT_SINKS)}
    return {sink: lines for sink, lines in found.items() if lines}


def _of(sink: str, *, is_halted: bool) -> list[str]:
    lines = ["halted: needs a person"] if is_halted else []
    seen = outbox.glance(sink)
    if seen.parked:
        most = outbox.COUNTED_AT_MOST
        lines.append(f"{seen.parked} parked" if seen.parked <= most else f"more than {most} parked")
    if seen.ready_since is not None:
        waits = int((timezone.now() - seen.ready_since).total_seconds())
        if waits >= settings.EVENT_ALERT_SECONDS:
            lines.append(f"oldest event waits {waits} s")
    return lines


ASKED = Asked(_find, keep=2, rest=20)
