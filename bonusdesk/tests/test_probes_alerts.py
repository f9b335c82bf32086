"""What `/readyz` says of sinks in trouble, beside whether the process can do its work."""

import threading
import uuid
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from bonusdesk.watching import alerts, readiness
from bonusdesk.watching.asked import Asked
from integrations.models import OutgoingEvent, SinkState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _sinks(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EVENT_SINKS = ["kafka", "rest"]
    settings.EVENT_ALERT_SECONDS = 300
    monkeypatch.setattr(alerts, "ASKED", Asked(alerts._find))
    monkeypatch.setattr(readiness, "CHECKS", {})
    monkeypatch.setattr(readiness, "LIMIT_SECONDS", 60.0)


def event(sink: str, age: float, *, grant_id: uuid.UUID | None = None, **fields: Any) -> None:
    OutgoingEvent.objects.create(
        sink=sink,
        event_id=uuid.uuid4(),
        grant_id=grant_id or uuid.uuid4(),
        key=f"0:{age}",
        created_at=timezone.now() - timedelta(seconds=age),
        **fields,
    )


def told(client: Client) -> Any:
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "ok")
    return response.json()["alerts"]


def test_all_is_well_while_events_are_young_or_done_with(client: Client) -> None:
    event("kafka", 200)
    event("kafka", 900, delivered_at=timezone.now())
    event("rest", 900, skipped_at=timezone.now())
    SinkState.objects.create(sink="kafka", failures=2)
    assert told(client) == {}


def test_an_event_that_waits_for_too_long(client: Client, settings: Settings) -> None:
    event("kafka", 900)
    ((sink, (line,)),) = told(client).items()
    assert sink == "kafka"
    assert line.startswith("oldest event waits 9")
    assert line.endswith(" s")
    settings.EVENT_ALERT_SECONDS = 1000
    assert told(client) == {}


def test_parked_events_and_not_what_waits_behind_them(client: Client) -> None:
    grant = uuid.uuid4()
    event("rest", 900, grant_id=grant, parked_at=timezone.now())
    event("rest", 800, grant_id=grant)
    event("rest", 700, parked_at=timezone.now())
    assert told(client) == {"rest": ["2 parked"]}


def test_a_halted_sink(client: Client) -> None:
    SinkState.objects.create(sink="kafka", halted_at=timezone.now(), halt_reason="The offsets are gone.")
    event("kafka", 1, parked_at=timezone.now())
    assert told(client) == {"kafka": ["halted: needs a person", "1 parked"]}


def test_sinks_that_are_not_enabled_are_not_told_of(client: Client, settings: Settings) -> None:
    event("kafka", 900)
    SinkState.objects.create(sink="kafka", halted_at=timezone.now())
    settings.EVENT_SINKS = ["rest"]
    assert told(client) == {}


def test_counts_end_somewhere(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("integrations.outbox.backlog"), "_first", lambda rows: (10_001, timezone.now()))
    event("rest", 1)
    assert told(client)["rest"] == ["more than 10000 parked"]


def test_the_status_does_not_depend_on_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def question() -> alerts.Alerts:
        raise OSError("no way to 10.1.2.3")

    monkeypatch.setattr(alerts, "ASKED", Asked(question))
    assert told(client) == {"events": ["could not be found out"]}


def test_what_hangs_is_not_waited_for(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def question() -> alerts.Alerts:
        answered.wait(60)
        return {}

    asked = Asked(question)
    monkeypatch.setattr(alerts, "ASKED", asked)
    monkeypatch.setattr(readiness, "LIMIT_SECONDS", 0.05)
    assert told(client) == {"events": ["could not be found out"]}
    answered.set()
    asked.ask().result(60)
    assert told(client) == {}
