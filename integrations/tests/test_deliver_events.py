import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from integrations import outbox, tasks
from integrations.models import OutgoingEvent, SinkState
from integrations.outbox import DeliveryReport, hint
from integrations.sinks import registry
from integrations.sinks.base import Message, NeedsPerson, Outcome, Refused, Trouble
from integrations.tests.outbox_helpers import OTHER_GRANT, FakeSink, event, recorded, states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def file(settings: Settings, tmp_path: Path) -> Path:
    settings.EVENT_SINKS = ["file"]
    settings.EVENT_FILE = str(tmp_path / "events.jsonl")
    return tmp_path / "events.jsonl"


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sent: list[str] = []
    monkeypatch.setattr(hint, "send", sent.append)
    return sent


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("deliver_events", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_sends_all_that_is_pending(file: Path) -> None:
    recorded(event("Pending"), event("Created"))
    assert run() == "file: 2 delivered\n"
    assert [json.loads(line)["payload"]["status"] for line in file.read_text().splitlines()] == ["Pending", "Created"]
    assert set(states().values()) == {"delivered"}


def test_the_command_can_be_told_a_sink(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    fake = FakeSink()
    monkeypatch.setitem(registry.SINKS, "rest", lambda: fake)
    recorded(event("Pending"))
    OutgoingEvent.objects.update(sink="rest")
    assert run("--sink", "rest") == "rest: 1 delivered\n"
    assert not file.exists()


def test_the_command_tells_of_what_did_not_get_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(message: Message) -> Outcome:
        return Refused("400") if '"Created"' in message.body else Trouble("timed out")

    monkeypatch.setitem(registry.SINKS, "file", lambda: FakeSink(answer))
    recorded(event("Created"), event("Pending", grant_id=OTHER_GRANT))
    out = StringIO()
    with pytest.raises(CommandError, match=r"Not everything could be sent: file\."):
        call_command("deliver_events", stdout=out)
    assert out.getvalue() == "file: 0 delivered, 1 refused and parked; trouble: timed out\n"


def test_the_command_says_when_another_is_at_work() -> None:
    SinkState.objects.create(sink="file", leased_until=timezone.now() + timedelta(seconds=60))
    recorded(event("Created"))
    assert run() == "file: 0 delivered; another deliverer is at work, or it is being left alone after trouble\n"
    assert states() == {"1:Created": "pending"}


def test_the_task_delivers(file: Path, hints: list[str]) -> None:
    recorded(event("Created"))
    hints.clear()
    tasks.deliver("file")
    assert states() == {"1:Created": "delivered"}
    assert hints == []


def test_the_task_asks_to_be_called_again_when_its_time_was_up(
    monkeypatch: pytest.MonkeyPatch, hints: list[str]
) -> None:
    monkeypatch.setattr(outbox, "deliver", lambda sink: DeliveryReport(sink, delivered=5, more=True))
    tasks.deliver("file")
    assert hints == ["file"]


def test_the_tick_wakes_the_sinks_that_have_something_to_send(settings: Settings, hints: list[str]) -> None:
    settings.EVENT_SINKS = ["file", "rest"]
    recorded(event("Created"))
    OutgoingEvent.objects.filter(sink="rest").update(delivered_at=timezone.now())
    hints.clear()
    tasks.deliver_all()
    assert hints == ["file"]


@pytest.mark.parametrize("field", ["leased_until", "not_before"])
def test_the_tick_leaves_alone_what_is_at_work_or_in_trouble(field: str, hints: list[str]) -> None:
    recorded(event("Created"))
    hints.clear()
    state = SinkState.objects.create(sink="file", **{field: timezone.now() + timedelta(seconds=60)})
    tasks.deliver_all()
    assert hints == []
    setattr(state, field, timezone.now() - timedelta(seconds=60))
    state.save()
    tasks.deliver_all()
    assert hints == ["file"]


def test_the_tick_leaves_a_halted_sink_to_a_person(hints: list[str]) -> None:
    recorded(event("Created"))
    hints.clear()
    SinkState.objects.create(sink="file", halted_at=timezone.now())
    tasks.deliver_all()
    assert hints == []
    hint.clear("file")
    outbox.decide_flight("file", arrived=False, by="olga", reason="not seen")
    assert hints == ["file"]
    tasks.deliver_all()
    assert hints == ["file", "file"]


def test_the_command_names_a_halted_sink(file: Path) -> None:
    SinkState.objects.create(sink="file", halted_at=timezone.now(), halt_reason="The offsets are gone.")
    recorded(event("Created"))
    out = StringIO()
    with pytest.raises(CommandError, match=r"^file is halted for a person: The offsets are gone\.$"):
        call_command("deliver_events", stdout=out)
    assert out.getvalue() == "file: 0 delivered; halted for a person: The offsets are gone.\n"
    assert states() == {"1:Created": "pending"}
    assert not file.exists()


def test_the_command_names_a_sink_that_halts_now(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lost(FakeSink):
        def start(self, *args: object) -> tuple[()]:
            raise NeedsPerson("The offsets are gone.")

    monkeypatch.setitem(registry.SINKS, "file", Lost)
    recorded(event("Created"))
    with pytest.raises(CommandError, match=r"^file is halted for a person: The offsets are gone\.$"):
        run()
