"""Wakes a deliverer after a commit. A hint may be lost: the schedule finds what is pending without it."""

import time
from collections.abc import Iterable

import structlog
from celery import current_app
from django.core.cache import cache

from integrations.queues import Queue

log = structlog.get_logger(__name__)

DEBOUNCE_SECONDS = 1
"""At most one hint in this time while a deliverer is at work, or where processes share no cache."""
QUIET_SECONDS = 5.0
EXPIRES_SECONDS = 10


class _Quiet:
    """After trouble with cache or broker no hint is tried for a while: not every request is to wait for them anew."""

    until = 0.0


def wake(sinks: Iterable[str]) -> None:
    """Never raises, and costs a caller next to nothing while cache or broker are away."""
    if time.monotonic() < _Quiet.until:
        return
    try:
        for sink in sinks:
            if cache.add(_key(sink), 1, timeout=DEBOUNCE_SECONDS):
                send(sink)
    except Exception as error:
        _Quiet.until = time.monotonic() + QUIET_SECONDS
        log.warning("outbox.hint_failed", error=repr(error))


def send(sink: str) -> None:
    """Ask for a delivery, whatever was asked before. Raises what the broker's client raises."""
    current_app.send_task(
        "integrations.tasks.deliver", args=[sink], queue=Queue.DELIVER.value, expires=EXPIRES_SECONDS, retry=False
    )


def clear(sink: str) -> None:
    """The next event is to send a hint again."""
    try:
        cache.delete(_key(sink))
    except Exception as error:
        log.warning("outbox.hint_not_cleared", error=repr(error))


def _key(sink: str) -> str:
    return f"outbox-hint:{sink}"
