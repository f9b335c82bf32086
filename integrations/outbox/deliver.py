"""Sends what is pending for one sink. No transaction is open and no row is locked while a sink sends."""

import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from integrations.failpoints import failpoint
from integrations.outbox import hint, pick, settle
from integrations.outbox import lease as leases
from integrations.outbox.journal import LeasedJournal
from integrations.outbox.lease import Lease, LeaseLost
from integrations.sinks.base import (
    Delivered,
    Message,
    NeedsPerson,
    Outcome,
    Refused,
    Sink,
    SinkTrouble,
    Trouble,
    Untried,
)
from integrations.sinks.registry import sink_for

log = structlog.get_logger(__name__)

SEND_SECONDS = 5.0
"""A sink starts nothing new after this; what is under way then ends well within the lease."""
RENEW_AFTER_SECONDS = 0.5
"""Settling a batch renews the lease, so the next batch need not unless something took long in between."""
MOST_TROUBLED_GRANTS = 50
"""A round goes on past this many grants that met trouble, so that a few can't hold up the others; then it ends."""


@dataclass(slots=True)
class DeliveryReport:
    sink: str
    delivered: int = 0
    parked: int = 0
    trouble: str = ""
    """Why a round ended early; empty when it did not."""
    retry_after: float = 0.0
    """Seconds for which the sink is left alone after trouble."""
    more: bool = False
    """Time was up before everything was sent."""
    was_leased: bool = False
    """False: another deliverer is at work, or the sink is being left alone."""
    lost: bool = False
    """Another deliverer has taken over."""
    halted: str = ""
    """Why nothing more is sent until a person has decided; empty when it is."""


@dataclass(slots=True)
class _Round:
    lease: Lease
    renewed_at: float
    troubled: set[uuid.UUID] = field(default_factory=set)
    got_anything_done: bool = False
    trouble: str = ""


def deliver(
    sink: str,
    *,
    seconds: float = 10.0,
    should_stop: Callable[[], bool] = lambda: False,
    on_batch: Callable[[DeliveryReport], None] = lambda report: None,
) -> DeliveryReport:
    """Send until nothing is pending, there is trouble, the time is up, or `should_stop` says so between batches."""
    report = DeliveryReport(sink)
    until = time.monotonic() + seconds

    def is_over() -> bool:
        return time.monotonic() >= until or should_stop()

    while (lease := leases.acquire(sink)) is not None:
        report.was_leased = True
        try:
            _play(_Round(lease, time.monotonic()), report, is_over, on_batch)
        except LeaseLost:
            report.lost = True
            log.warning("outbox.lease_lost", sink=sink, epoch=lease.epoch)
            break
        # A hint that came while the lease was ours found it taken and went away, so look once more.
        hint.clear(sink)
        if report.trouble or report.halted or not pick.has_ready(sink):
            break
        if is_over():
            report.more = True
            break
    return report


def _play(
    state: _Round, report: DeliveryReport, is_over: Callable[[], bool], on_batch: Callable[[DeliveryReport], None]
) -> None:
    """One round under one lease, which is given back at its end. Raises `LeaseLost`."""
    try:
        target = sink_for(report.sink)
        _start(target, state, report)
        while not is_over() and _send_batch(target, state, report):
            on_batch(report)
    except LeaseLost:
        raise
    except NeedsPerson as reason:
        log.warning("outbox.halted", sink=report.sink, reason=str(reason))
        leases.halt(state.lease, str(reason))
        report.halted = str(reason)
        return
    except SinkTrouble as trouble:
        state.trouble = str(trouble)
    except Exception as error:
        log.exception("outbox.round_failed", sink=report.sink)
        state.trouble = repr(error)
    if state.trouble:
        failures = 1 if state.got_anything_done else state.lease.failures + 1
        report.trouble = state.trouble
        report.retry_after = leases.back_off(state.lease, failures=failures, reason=state.trouble)
    else:
        leases.release(state.lease)


def _start(target: Sink, state: _Round, report: DeliveryReport) -> None:
    arrived = target.start(state.lease.epoch, LeasedJournal(state.lease))
    if state.lease.flight is not None:
        settle.settle_flight(state.lease, arrived)
    report.delivered += len(arrived)


def _send_batch(target: Sink, state: _Round, report: DeliveryReport) -> bool:
    """False when the round is over."""
    batch = pick.pick(report.sink, target.batch_size, but_not_grants=state.troubled)
    if not batch:
        return False
    if time.monotonic() - state.renewed_at > RENEW_AFTER_SECONDS:
        leases.renew(state.lease)
    deadline = time.monotonic() + SEND_SECONDS
    failpoint("outbox.before_send")
    outcomes = _send(target, batch, deadline)
    failpoint("outbox.after_send")
    results = list(zip(batch, outcomes, strict=True))
    settle.settle(state.lease, results)
    state.renewed_at = time.monotonic()
    failpoint("outbox.after_settle")
    return _count(results, state, report)


def _send(target: Sink, batch: list[Message], deadline: float) -> list[Outcome]:
    """What a sink should have caught itself is trouble with the whole batch: nothing of it is known to have arrived."""
    try:
        outcomes = target.send(batch, deadline=deadline)
    except LeaseLost:
        raise
    except Exception as error:
        log.exception("outbox.sink_failed", sink=type(target).__name__)
        return [Trouble(repr(error))] * len(batch)
    if len(outcomes) != len(batch):
        return [Trouble(f"The sink told of {len(outcomes)} of {len(batch)} events.")] * len(batch)
    return outcomes


def _count(results: list[settle.Result], state: _Round, report: DeliveryReport) -> bool:
    kinds = Counter(type(outcome) for _, outcome in results)
    delivered, parked = kinds[Delivered], kinds[Refused]
    report.delivered += delivered
    report.parked += parked
    state.got_anything_done = state.got_anything_done or delivered + parked > 0
    for message, outcome in results if kinds[Trouble] else ():
        if isinstance(outcome, Trouble):
            state.troubled.add(message.grant_id)
            state.trouble = outcome.reason
    if kinds[Untried] == len(results):
        state.trouble = "The time was up before anything was sent."
        return False
    if not state.troubled:
        return True
    return delivered + parked > 0 and len(state.troubled) <= MOST_TROUBLED_GRANTS
