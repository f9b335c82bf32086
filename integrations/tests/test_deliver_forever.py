"""`deliver_events --forever`: a thread a sink, until it is told to stop."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django import Settings

from integrations import outbox
from integrations.models import OutgoingEvent, SinkState
from integrations.outbox import DeliveryReport, forever
from integrations.sinks import registry
from integrations.sinks.base import DELIVERED, Message, NeedsPerson, Outcome, Trouble
from integrations.tests.outbox_helpers import OTHER_GRANT, FakeSink, event, recorded, states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quick(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EVENT_SINKS = ["file", "rest"]
    monkeypatch.setattr(forever, "POLL_SECONDS", 0.01)


@contextmanager
def running(*sinks: str) -> Iterator[list[DeliveryReport]]:
    """What it tells of. All its threads have ended at the end."""
    stop, told = threading.Event(), list[DeliveryReport]()
    thread = threading.Thread(target=outbox.deliver_forever, args=(sinks,), kwargs={"stop": stop, "tell": told.append})
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    assert not [one.name for one in threading.enumerate() if one.name in sinks]


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def delivered(sink: str) -> bool:
    rows = OutgoingEvent.objects.filter(sink=sink)
    return rows.exists() and not rows.filter(delivered_at__isnull=True).exists()


def use(monkeypatch: pytest.MonkeyPatch, name: str, sink: FakeSink) -> FakeSink:
    monkeypatch.setitem(registry.SINKS, name, lambda: sink)
    return sink


def test_a_sink_that_hangs_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def hang(message: Message) -> Outcome:
        answered.wait(30)
        return DELIVERED

    use(monkeypatch, "file", FakeSink(hang))
    use(monkeypatch, "rest", FakeSink())
    recorded(event("Pending"))
    with running("file", "rest"):
        until(lambda: delivered("rest"))
        recorded(event("Created"))
        until(lambda: delivered("rest"))
        assert not OutgoingEvent.objects.filter(sink="file", delivered_at__isnull=False).exists()
        answered.set()
        until(lambda: delivered("file"))


def test_each_sink_keeps_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[int] = set()

    def note(message: Message) -> Outcome:
        threads.add(threading.get_ident())
        return DELIVERED

    use(monkeypatch, "file", FakeSink(note))
    with running("file"):
        for status in ("Pending", "Created", "Lost"):
            recorded(event(status))
            until(lambda: delivered("file"))
    assert len(threads) == 1


def test_it_asks_no_sink_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    polls = threading.Semaphore(0)
    monkeypatch.setattr(forever, "has_ready", lambda sink: polls.release())
    sink = use(monkeypatch, "file", FakeSink())
    with running("file"):
        for _ in range(3):
            assert polls.acquire(timeout=30)
    assert sink.epochs == []
    assert not SinkState.objects.exists()


def test_it_goes_on_when_the_database_comes_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    use(monkeypatch, "file", FakeSink())
    answers = [OperationalError("the database system is shutting down")] * 3
    has_ready = forever.has_ready

    def away(sink: str) -> bool:
        if answers:
            raise answers.pop()
        return has_ready(sink)

    monkeypatch.setattr(forever, "has_ready", away)
    recorded(event("Created"))
    with running("file"):
        until(lambda: delivered("file"))
    assert caplog.text.count("outbox.deliverer_troubled") == 1
    assert caplog.text.count("outbox.deliverer_recovered") == 1


@pytest.mark.postgres
def test_it_goes_on_after_its_connection_was_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    backends: list[int] = []

    def note(message: Message) -> Outcome:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backends.append(cursor.fetchone()[0])
        return DELIVERED

    use(monkeypatch, "file", FakeSink(note))
    with running("file"):
        recorded(event("Pending"))
        until(lambda: delivered("file"))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [backends[0]])
        recorded(event("Created"))
        until(lambda: delivered("file"))
    assert backends[0] != backends[1]


def test_what_stays_wrong_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.outbox.lease.BACKOFF_FIRST", 0.001)
    monkeypatch.setattr("integrations.outbox.lease.BACKOFF_MOST", 0.001)
    left = [Trouble("connection refused")] * 5
    sink = use(monkeypatch, "file", FakeSink(lambda message: left.pop() if left else DELIVERED))
    recorded(event("Created"))
    with running("file") as told:
        until(lambda: delivered("file"))
    assert len(sink.epochs) == 6
    assert [(report.trouble, report.delivered) for report in told] == [("connection refused", 0), ("", 1)]


def test_a_halted_sink_is_told_of_once_and_goes_on_when_it_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    sink = use(monkeypatch, "file", FakeSink())
    SinkState.objects.create(sink="file", halted_at=timezone.now(), halt_reason="The offsets are gone.")
    polls = threading.Semaphore(0)
    has_ready = forever.has_ready

    def counted(name: str) -> bool:
        polls.release()
        return has_ready(name)

    monkeypatch.setattr(forever, "has_ready", counted)
    recorded(event("Created"))
    with running("file") as told:
        for _ in range(4):
            assert polls.acquire(timeout=30)
        assert [report.halted for report in told] == ["The offsets are gone."]
        assert sink.epochs == []
        outbox.decide_flight("file", arrived=False, by="olga", reason="not seen")
        until(lambda: delivered("file"))
    assert len(told) == 2


def test_halted_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lost(FakeSink):
        def start(self, *args: Any) -> tuple[()]:
            raise NeedsPerson("The offsets are gone.")

    use(monkeypatch, "file", Lost())
    recorded(event("Created"), event("Created", grant_id=OTHER_GRANT))
    with running("file") as told:
        until(lambda: told)
    assert [report.halted for report in told] == ["The offsets are gone."]
    assert states() == {"1:Created": "pending", "2:Created": "pending"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process(number: signal.Signals, tmp_path: Path, database_url: str) -> None:
    recorded(event("Created"))
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "bonusdesk.settings",
        "DJANGO_DEBUG": "1",
        "DATABASE_URL": database_url,
        "EVENT_FILE": str(tmp_path / "events.jsonl"),
        "EVENT_SINKS": "file",
    }
    command = [sys.executable, str(Path(django_settings.BASE_DIR) / "manage.py"), "deliver_events", "--forever"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            until(lambda: delivered("file"))
            process.send_signal(number)
            out, _ = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, out) == (0, b"file: 1 delivered\n")
