"""From the record of an event to a stranger's eyes, through each sink; and what one sink's trouble is to the others."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from integrations import outbox, tasks
from integrations.models import OutgoingEvent, SinkState
from integrations.outbox import DeliveryReport, hint
from integrations.sinks.registry import SINKS
from integrations.tests.outbox_helpers import event, recorded
from integrations.tests.sink_worlds import WORLDS, SinkWorld

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

STATUSES = ("Pending", "Created", "Ongoing", "Completed")
NAUGHTY = 'Grüße "ваучер"\\ 奖金 🎰 \u2028'


@pytest.fixture(autouse=True)
def hints(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sent: list[str] = []
    monkeypatch.setattr(hint, "send", sent.append)
    return sent


def record_lives(count: int) -> None:
    grants = [uuid.uuid4() for _ in range(count)]
    for status in STATUSES:
        recorded(*(event(status, grant_id=grant, meta={"note": NAUGHTY}) for grant in grants))


def assert_all_arrived_in_order(sink: str, world: SinkWorld) -> None:
    """Exactly what was recorded, once."""
    rows = OutgoingEvent.objects.filter(sink=sink).order_by("id").values_list("kind", "event_id", "body", "grant_id")
    recorded_events = [(kind, str(event_id), body.encode()) for kind, event_id, body, _ in rows]
    grants = {str(event_id): grant_id for _, event_id, _, grant_id in rows}
    seen = [(one.kind, one.event_id, one.body) for one in world.read()]
    assert Counter(seen) == Counter(recorded_events)
    assert _by_grant(seen, grants) == _by_grant(recorded_events, grants)


def _by_grant(
    events: list[tuple[str, str, bytes]], grants: dict[str, uuid.UUID]
) -> dict[uuid.UUID, list[tuple[str, str, bytes]]]:
    found = defaultdict(list)
    for one in events:
        found[grants[one[1]]].append(one)
    return found


def pending(sink: str) -> int:
    return OutgoingEvent.objects.filter(sink=sink, delivered_at=None).count()


def forget_backoff() -> None:
    SinkState.objects.update(not_before=None)


def test_what_is_recorded_arrives_once_and_in_order(sink: str, world: SinkWorld, settings: Settings) -> None:
    settings.EVENT_SINKS = [sink]
    record_lives(20)
    assert outbox.deliver(sink) == DeliveryReport(sink, delivered=80, was_leased=True)
    assert_all_arrived_in_order(sink, world)
    assert pending(sink) == 0
    assert set(OutgoingEvent.objects.values_list("attempts", "last_error")) == {(1, "")}
    state = SinkState.objects.get()
    assert (state.owner, state.leased_until, state.failures, state.in_flight) == ("", None, 0, None)

    record_lives(1)
    assert outbox.deliver(sink).delivered == 4
    assert_all_arrived_in_order(sink, world)


def test_an_outage_delays_and_loses_nothing(sink: str, world: SinkWorld, settings: Settings) -> None:
    settings.EVENT_SINKS = [sink]
    record_lives(3)
    world.cut()
    report = outbox.deliver(sink)
    assert (report.delivered, report.was_leased, report.lost, report.halted) == (0, True, False, "")
    assert report.trouble
    assert report.retry_after == 0.5
    assert pending(sink) == 12
    world.resume()
    forget_backoff()
    assert outbox.deliver(sink).delivered == 12
    assert_all_arrived_in_order(sink, world)
    assert SinkState.objects.get().in_flight is None


@pytest.fixture
def worlds(request: pytest.FixtureRequest, tmp_path: Path, settings: Settings) -> Iterator[dict[str, SinkWorld]]:
    """All sinks at once."""
    made: dict[str, SinkWorld] = {}
    try:
        for name in sorted(SINKS):
            made[name] = WORLDS[name](request, tmp_path)
            for setting, value in made[name].settings.items():
                setattr(settings, setting, value)
        settings.EVENT_SINKS = list(made)
        yield made
    finally:
        for world in made.values():
            world.close()


def assert_only_the_others_are_through(away: str, worlds: dict[str, SinkWorld]) -> None:
    assert pending(away) == 12
    for name, world in worlds.items():
        if name != away:
            assert pending(name) == 0
            assert_all_arrived_in_order(name, world)


def test_a_sink_that_is_away_does_not_hold_up_the_others_tasks(
    sink: str, worlds: dict[str, SinkWorld], hints: list[str]
) -> None:
    record_lives(3)
    worlds[sink].cut()
    hints.clear()
    tasks.deliver_all()
    assert hints == sorted(worlds)
    for name in [sink, *hints]:
        tasks.deliver(name)
    assert_only_the_others_are_through(sink, worlds)
    assert SinkState.objects.get(sink=sink).failures >= 1

    worlds[sink].resume()
    forget_backoff()
    tasks.deliver(sink)
    assert_all_arrived_in_order(sink, worlds[sink])


def test_a_sink_that_is_away_does_not_hold_up_the_others_in_deliver_events(
    sink: str, worlds: dict[str, SinkWorld]
) -> None:
    record_lives(3)
    worlds[sink].cut()
    with pytest.raises(CommandError, match=f"Not everything could be sent: {sink}"):
        call_command("deliver_events")
    assert_only_the_others_are_through(sink, worlds)
