import uuid
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from integrations import outbox, retention
from integrations.models import Adapter, DeliveryOutcome, OutgoingEvent, SinkState, WebhookDelivery
from integrations.tests.outbox_helpers import GRANT, OTHER_GRANT, event

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(days=11)
LATELY = timezone.now() - timedelta(days=9)


@pytest.fixture(autouse=True)
def keep_ten_days(settings: Settings) -> None:
    settings.KEEP_EVENTS_DAYS = settings.KEEP_DELIVERIES_DAYS = 10
    settings.EVENT_SINKS = ["file", "rest"]


def mark(sink: str, **fields: object) -> None:
    OutgoingEvent.objects.filter(sink=sink, grant_id=GRANT).update(**fields)


@pytest.mark.parametrize(
    ("at_file", "at_rest", "left"),
    [
        ({"delivered_at": LONG_AGO}, {"delivered_at": LONG_AGO}, 0),
        ({"delivered_at": LONG_AGO}, {"skipped_at": LONG_AGO}, 0),
        ({"delivered_at": LONG_AGO}, {"delivered_at": LATELY}, 2),
        ({"delivered_at": LONG_AGO}, {}, 2),
        ({"delivered_at": LONG_AGO}, {"parked_at": LONG_AGO}, 2),
        ({}, {}, 2),
    ],
)
def test_an_event_goes_when_every_sink_has_done_with_it(
    at_file: dict[str, object], at_rest: dict[str, object], left: int
) -> None:
    outbox.record([event("Created"), event("Created", grant_id=OTHER_GRANT)])
    mark("file", **at_file)
    mark("rest", **at_rest)
    assert retention.prune().events == 2 - left
    assert OutgoingEvent.objects.filter(grant_id=GRANT).count() == left
    assert OutgoingEvent.objects.filter(grant_id=OTHER_GRANT).count() == 2


def test_goes_on_until_all_batches_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    outbox.record([event("Created", grant_id=uuid.uuid4()) for _ in range(4)])
    OutgoingEvent.objects.update(delivered_at=LONG_AGO)
    batches: list[int] = []
    retention.prune(on_batch=lambda pruned: batches.append(pruned.events))
    assert batches == [3, 6, 8]
    assert not OutgoingEvent.objects.exists()


def test_an_event_of_a_sink_that_is_no_longer_enabled_keeps_its_others(settings: Settings) -> None:
    outbox.record([event("Created")])
    mark("file", delivered_at=LONG_AGO)
    settings.EVENT_SINKS = ["file"]
    assert retention.prune().events == 0
    mark("rest", skipped_at=LONG_AGO)
    assert retention.prune().events == 2


def test_other_events_of_the_grant_keep_none(settings: Settings) -> None:
    outbox.record([event("Pending"), event("Created")])
    OutgoingEvent.objects.filter(status="Pending").update(delivered_at=LONG_AGO)
    assert retention.prune().events == 2
    assert set(OutgoingEvent.objects.values_list("status", flat=True)) == {"Created"}


def test_a_batch_in_flight_stays_until_it_is_cleared_up() -> None:
    outbox.record([event("Created"), event("Created", grant_id=OTHER_GRANT)])
    OutgoingEvent.objects.update(delivered_at=LONG_AGO)
    noted = OutgoingEvent.objects.get(sink="rest", grant_id=GRANT)
    state = SinkState.objects.create(sink="rest", in_flight={"ids": [noted.pk, 10**12], "mark": {}})
    SinkState.objects.create(sink="file")
    assert retention.prune().events == 3
    assert OutgoingEvent.objects.get() == noted
    state.in_flight = None
    state.save()
    assert retention.prune().events == 1


def test_one_that_is_sent_again_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    outbox.record([event("Created")])
    OutgoingEvent.objects.update(delivered_at=LONG_AGO)
    again = OutgoingEvent.objects.get(sink="rest")

    def meanwhile() -> set[int]:
        assert outbox.send_again(again.pk)
        return set()

    monkeypatch.setattr(retention, "_in_flight", meanwhile)
    assert retention.prune().events == 1
    assert OutgoingEvent.objects.get() == again


def test_each_row_is_looked_at_once_and_none_that_is_too_young(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    outbox.record([event("Created", grant_id=uuid.uuid4()) for _ in range(4)])
    OutgoingEvent.objects.filter(sink="file").update(delivered_at=LONG_AGO)
    ids = list(OutgoingEvent.objects.order_by("id").values_list("id", flat=True))
    OutgoingEvent.objects.filter(id__in=ids[4:]).update(created_at=LATELY)
    windows: list[list[int]] = []
    prune_events = retention._prune_events

    def watched(ids: list[int], before: datetime) -> int:
        windows.append(ids)
        return prune_events(ids, before)

    monkeypatch.setattr(retention, "_prune_events", watched)
    assert retention.prune().events == 0
    assert windows == [ids[:2], ids[2:4]]


def test_old_deliveries_go_and_those_that_still_wait_stay() -> None:
    adapter = Adapter.objects.create(slug="a", name="A", kind="simulator", base_url="http://127.0.0.1:1")

    def arrived(outcome: DeliveryOutcome, received_at: datetime) -> uuid.UUID:
        return WebhookDelivery.objects.create(adapter=adapter, body="{}", outcome=outcome, received_at=received_at).pk

    arrived(DeliveryOutcome.APPLIED, LONG_AGO)
    kept = {arrived(DeliveryOutcome.EARLY, LONG_AGO), arrived(DeliveryOutcome.APPLIED, LATELY)}
    pruned = retention.prune()
    assert set(WebhookDelivery.objects.values_list("pk", flat=True)) == kept
    assert (pruned.deliveries, pruned.events) == (1, 0)
