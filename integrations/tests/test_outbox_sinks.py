"""All sinks in one statement say what each says when it is asked alone; and a sink that a person has paused."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from integrations import outbox
from integrations.models import OutgoingEvent, SinkState
from integrations.outbox import lease
from integrations.tasks import deliver_all

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _enabled(settings: Settings) -> None:
    settings.EVENT_SINKS = ["kafka", "file", "rest"]


def event(sink: str, *, grant_id: uuid.UUID | None = None, minutes_ago: int = 0, **fields: object) -> OutgoingEvent:
    return OutgoingEvent.objects.create(
        sink=sink,
        event_id=uuid.uuid4(),
        key=f"0:{uuid.uuid4()}",
        kind="BONUS",
        status="Created",
        grant_id=grant_id or uuid.uuid4(),
        user_id="player-1",
        body="{}",
        created_at=timezone.now() - timedelta(minutes=minutes_ago),
        **fields,
    )


def in_trouble() -> None:
    now, held = timezone.now(), uuid.uuid4()
    event("kafka", grant_id=held, minutes_ago=9, parked_at=now)
    event("kafka", grant_id=held, minutes_ago=8)
    event("kafka", minutes_ago=5)
    event("kafka", minutes_ago=20, delivered_at=now)
    event("rest", minutes_ago=7, parked_at=now)
    event("rest", minutes_ago=30, skipped_at=now)
    event("rabbitmq", minutes_ago=3)


def test_each_is_as_it_is_alone(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    in_trouble()
    SinkState.objects.bulk_create([SinkState(sink=sink) for sink in ("file", "kafka", "rabbitmq", "rest")])
    with django_assert_num_queries(1):
        found = {state.sink: outbox.glance_of(state) for state in outbox.sinks()}
    assert found == {sink: outbox.glance(sink) for sink in ("file", "kafka", "rabbitmq", "rest")}
    assert (found["kafka"].pending, found["kafka"].parked, found["rest"].ready_since) == (3, 1, None)
    assert found["kafka"].ready_since == OutgoingEvent.objects.order_by("id")[2].created_at
    assert found["file"] == outbox.Glance()


def test_counts_end_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(outbox.glance.__globals__, "COUNTED_AT_MOST", 1)
    in_trouble()
    kafka = next(state for state in outbox.sinks() if state.sink == "kafka")
    assert (outbox.glance_of(kafka).pending, outbox.glance_of(kafka).parked) == (2, 1)


def test_one_that_is_enabled_is_there_before_its_first_delivery() -> None:
    assert [state.sink for state in outbox.sinks()] == ["file", "kafka", "rest"]
    assert SinkState.objects.count() == 3


def test_nothing_is_delivered_to_one_that_is_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    outbox.sinks()
    event("kafka")
    sent: list[str] = []
    monkeypatch.setattr("integrations.outbox.hint.send", sent.append)

    assert outbox.pause_sink("kafka", by="olga", reason="maintenance")
    assert lease.acquire("kafka") is None
    deliver_all()
    assert sent == []

    assert outbox.resume_sink("kafka", by="olga")
    deliver_all()
    assert sent == ["kafka"]
    assert lease.acquire("kafka") is not None


def test_who_comes_second_changes_nothing() -> None:
    outbox.sinks()
    assert outbox.pause_sink("kafka", by="olga", reason="maintenance")
    assert not outbox.pause_sink("kafka", by="boris", reason="something else")
    state = SinkState.objects.get(sink="kafka")
    assert (state.paused_by, state.pause_reason) == ("olga", "maintenance")
    assert outbox.resume_sink("kafka", by="boris")
    assert not outbox.resume_sink("kafka", by="olga")
    assert not outbox.pause_sink("unknown", by="olga", reason="x")


def test_a_round_under_way_ends_by_itself_and_no_other_begins() -> None:
    outbox.sinks()
    held = lease.acquire("kafka")
    assert held is not None
    assert outbox.pause_sink("kafka", by="olga", reason="maintenance")
    lease.renew(held)
    lease.release(held)
    assert lease.acquire("kafka") is None
