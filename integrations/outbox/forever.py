"""A process of its own that delivers: one thread a sink, so that one that is down or slow holds up no other.

Each thread lives as long as the process, because a sink may keep its connection for the thread that made it.
"""

import threading
from collections.abc import Callable, Sequence

import structlog
from django.db import connections

from integrations.models import SinkState
from integrations.outbox.deliver import DeliveryReport, deliver
from integrations.outbox.pick import has_ready

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.1
"""So late at most is an event noticed. An idle look is one cheap SELECT."""

Tell = Callable[[DeliveryReport], None]


def deliver_forever(sinks: Sequence[str], *, stop: threading.Event, tell: Tell) -> None:
    """Until `stop` is set, and then the batches in hand are ended. `tell` is called in the threads."""
    # Daemons, so that a second Ctrl-C need not wait for them.
    threads = [
        threading.Thread(target=_keep_delivering, args=(sink, stop, tell), name=sink, daemon=True) for sink in sinks
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def why_halted(sink: str) -> str:
    """What a person is needed for; empty when nobody is."""
    reasons = SinkState.objects.filter(sink=sink, halted_at__isnull=False).values_list("halt_reason", flat=True)
    return reasons.first() or ""


def _keep_delivering(sink: str, stop: threading.Event, tell: Tell) -> None:
    trouble = ""
    teller = _Teller(tell)
    while not stop.is_set():
        try:
            is_more = _deliver_once(sink, stop, teller)
        except Exception as error:
            # The database's, as a rule: it is away, or has been restarted. Said once, and tried until it is back.
            if not trouble:
                log.exception("outbox.deliverer_troubled", sink=sink)
            trouble, is_more = repr(error), False
            connections.close_all()
        else:
            if trouble:
                log.info("outbox.deliverer_recovered", sink=sink, after=trouble)
            trouble = ""
        if not is_more:
            stop.wait(POLL_SECONDS)
    connections.close_all()


def _deliver_once(sink: str, stop: threading.Event, teller: "_Teller") -> bool:
    """True when there is more to do at once. Nothing is written, and no sink is asked, while nothing is pending."""
    if not has_ready(sink):
        return False
    report = deliver(sink, should_stop=stop.is_set)
    if not report.was_leased:
        report.halted = why_halted(sink)
    teller.tell(report)
    return report.more


class _Teller:
    """A sink that stays down, or halted, is told of once."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._told = ("", "")

    def tell(self, report: DeliveryReport) -> None:
        if not report.was_leased and not report.halted:
            return
        state = (report.trouble, report.halted)
        if report.delivered or report.parked or (state != self._told and any(state)):
            self._tell(report)
        self._told = state
