"""A sink's page: how its deliveries go, and its pause."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from pytest_django import Settings

from integrations.models import OutgoingEvent, SinkState
from integrations.tests.admin_client import INLINE, messages_in, signed_in, text

pytestmark = pytest.mark.django_db

LIST = "/admin/integrations/sinkstate/"
PAGE, PAUSE, RESUME = (f"{LIST}kafka/{name}/" for name in ("change", "pause", "resume"))
MAY = ("integrations.view_sinkstate", "integrations.change_sinkstate")


@pytest.fixture(autouse=True)
def state(settings: Settings) -> SinkState:
    settings.EVENT_SINKS = ["kafka"]
    return SinkState.objects.create(sink="kafka")


def current() -> SinkState:
    return SinkState.objects.get(sink="kafka")


def delivered(*, after: float, sink: str = "kafka") -> None:
    now = timezone.now()
    OutgoingEvent.objects.create(
        sink=sink,
        event_id=uuid.uuid4(),
        key="0:Created",
        kind="BONUS",
        status="Created",
        grant_id=uuid.uuid4(),
        user_id="player-1",
        body="{}",
        created_at=now,
        delivered_at=now + timedelta(seconds=after),
    )


def test_pause_and_resume() -> None:
    client = signed_in(*MAY)
    page = client.get(PAUSE)
    assert "Nothing is sent to this sink until somebody resumes it." in text(page)
    assert INLINE.search(text(page)) is None
    assert current().paused_at is None

    answer = client.post(PAUSE, {"reason": "the CRM is moved"}, follow=True)
    assert messages_in(answer) == ["The sink is paused."]
    assert (current().paused_by, current().pause_reason) == ("olga", "the CRM is moved")
    assert "by olga: the CRM is moved" in text(client.get(LIST))
    assert RESUME in text(answer)
    assert PAUSE not in text(answer)

    assert "Paused by olga (the CRM is moved)." in text(client.get(RESUME))
    assert messages_in(client.post(RESUME, follow=True)) == ["The sink goes on."]
    assert (current().paused_at, current().paused_by, current().pause_reason) == (None, "", "")
    assert [entry.change_message for entry in LogEntry.objects.order_by("id")] == [
        "Paused: the CRM is moved",
        "Resumed.",
    ]


def test_who_comes_second_is_told_and_changes_nothing() -> None:
    client = signed_in(*MAY)
    assert messages_in(client.post(RESUME, follow=True)) == ["Nothing was changed: it was not paused."]
    assert messages_in(client.get(RESUME, follow=True)) == ["This sink is not paused."]
    client.post(PAUSE, {"reason": "first"})
    answer = client.post(PAUSE, {"reason": "second"}, follow=True)
    assert messages_in(answer)[-1] == "Nothing was changed: somebody has paused it already."
    assert current().pause_reason == "first"


def test_a_pause_needs_a_reason() -> None:
    answer = signed_in(*MAY).post(PAUSE, {"reason": ""})
    assert answer.context["form"].errors == {"reason": ["This field is required."]}
    assert current().paused_at is None


def test_who_may_only_look_may_not_pause() -> None:
    client = signed_in("integrations.view_sinkstate")
    for url in (PAUSE, RESUME):
        assert client.get(url).status_code == 403
        assert client.post(url, {"reason": "x"}).status_code == 403
        assert url not in text(client.get(PAGE))
    assert current().paused_at is None


def test_how_deliveries_go() -> None:
    client = signed_in(*MAY)
    assert "none delivered among the latest 1,000" in text(client.get(PAGE))
    assert '<div class="readonly">none yet</div>' in text(client.get(PAGE))
    SinkState.objects.update(delivered=970, refused=10, troubles=20)
    for seconds in (0.4, 0.5, 2.0, 600.0):
        delivered(after=seconds)
    delivered(after=7.0, sink="rest")
    page = text(client.get(PAGE))
    assert "97.0 % of 1,000" in page
    assert "half within 500 ms, 95 % within 10 min (of 4 among the latest 1,000)" in page
