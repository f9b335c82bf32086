import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from integrations import outbox
from integrations.outbox import DeliveryReport
from integrations.sinks.registry import SINKS


class Command(BaseCommand):
    help = "Sends pending events to Fast Track. Ctrl-C stops between two batches."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sink", choices=sorted(SINKS), help="Only this one; otherwise all that are enabled.")
        parser.add_argument(
            "--forever", action="store_true", help="Wait for more, until stopped; each sink in a thread."
        )

    def handle(self, *args: Any, sink: str | None, forever: bool, **options: Any) -> None:
        sinks = [sink] if sink else list(dict.fromkeys(settings.EVENT_SINKS))
        with _stopped_by_signals() as stop:
            if forever:
                outbox.deliver_forever(sinks, stop=stop, tell=self._tell)
            else:
                self._run_once(sinks, stop)

    def _run_once(self, sinks: list[str], stop: threading.Event) -> None:
        reports = [self._drain(sink, stop) for sink in sinks]
        faults = [f"{report.sink} is halted for a person: {report.halted}" for report in reports if report.halted]
        if troubled := [report.sink for report in reports if report.trouble]:
            faults.insert(0, f"Not everything could be sent: {', '.join(troubled)}.")
        if faults:
            raise CommandError(" ".join(faults))

    def _drain(self, sink: str, stop: threading.Event) -> DeliveryReport:
        pending = sum(line.pending - line.parked for line in outbox.backlog() if line.sink == sink)
        with _progress(sink, pending, visible=self.stdout.isatty()) as bar:
            report = outbox.deliver(
                sink,
                seconds=float("inf"),
                should_stop=stop.is_set,
                on_batch=lambda so_far: bar.update(bar.task_ids[0], completed=so_far.delivered + so_far.parked),
            )
        if not report.was_leased:
            report.halted = outbox.why_halted(sink)
        self._tell(report)
        return report

    def _tell(self, report: DeliveryReport) -> None:
        line = f"{report.sink}: {report.delivered} delivered"
        if report.parked:
            line += f", {report.parked} refused and parked"
        if report.trouble:
            line += f"; trouble: {report.trouble}"
        elif report.halted:
            line += f"; halted for a person: {report.halted}"
        elif not report.was_leased:
            line += "; another deliverer is at work, or it is being left alone after trouble"
        self.stdout.write(line)


def _progress(sink: str, total: int, *, visible: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), disable=not visible, transient=True)
    bar.add_task(sink, total=total)
    return bar


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """Ctrl-C and a friendly kill take effect between two batches; a second Ctrl-C takes effect at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(number: int, frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
