"""What a person decides about events that do not get through."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from pytest_django import Settings

from integrations import outbox
from integrations.models import OutgoingEvent, SinkState
from integrations.outbox import NothingToDecide, hint
from integrations.outbox import lease as leases
from integrations.outbox.lease import LeaseLost
from integrations.sinks import registry
from integrations.tests.outbox_helpers import GRANT, OTHER_GRANT, FakeSink, event, recorded, states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sink(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FakeSink:
    settings.EVENT_SINKS = ["fake"]
    fake = FakeSink()
    monkeypatch.setitem(registry.SINKS, "fake", lambda: fake)
    return fake


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The sinks that a deliverer is asked for, after the commit."""
    asked: list[list[str]] = []
    monkeypatch.setattr(hint, "wake", lambda sinks: asked.append(list(sinks)))
    return asked


def ids() -> list[int]:
    return list(OutgoingEvent.objects.order_by("id").values_list("id", flat=True))


def halted(noted: list[int], **fields: Any) -> SinkState:
    values = {
        "sink": "fake",
        "epoch": 3,
        "in_flight": {"ids": noted, "mark": {"offsets": [1]}},
        "in_flight_since": timezone.now(),
        "halted_at": timezone.now(),
        "halt_reason": "The offsets are gone.",
    }
    return SinkState.objects.create(**values | fields)


def decide(*, arrived: bool, epoch: int | None = None) -> int:
    return outbox.decide_flight("fake", arrived=arrived, by="olga", reason="I looked", epoch=epoch)


def everything() -> tuple[Any, ...]:
    return (*OutgoingEvent.objects.order_by("id").values_list(), *SinkState.objects.values_list())


def test_a_batch_that_arrived_is_not_sent_again(
    sink: FakeSink, woken: list[list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    recorded(event("Pending"), event("Created"), event("Pending", grant_id=OTHER_GRANT))
    woken.clear()
    halted(ids()[:2])
    assert decide(arrived=True) == 2
    assert states() == {"1:Pending": "delivered", "1:Created": "delivered", "2:Pending": "pending"}
    state = SinkState.objects.get()
    assert (state.in_flight, state.in_flight_since, state.halted_at, state.halt_reason) == (None, None, None, "")
    assert woken == [["fake"]]
    notes = OutgoingEvent.objects.order_by("id").values_list("last_error", flat=True)
    assert list(notes) == ["It had arrived, said olga: I looked"] * 2 + [""]
    assert "outbox.flight_decided" in caplog.text
    outbox.deliver("fake")
    assert sink.sent == ["2:Pending"]


def test_a_batch_that_did_not_arrive_goes_again_under_its_ids(sink: FakeSink, woken: list[list[str]]) -> None:
    recorded(event("Pending"), event("Created"))
    halted(ids())
    before = list(OutgoingEvent.objects.order_by("id").values_list("event_id", "body"))
    assert decide(arrived=False) == 2
    assert states() == {"1:Pending": "pending", "1:Created": "pending"}
    assert set(OutgoingEvent.objects.values_list("last_error", flat=True)) == {
        "It had not arrived, said olga: I looked"
    }
    outbox.deliver("fake")
    assert sink.sent == ["1:Pending", "1:Created"]
    assert list(OutgoingEvent.objects.order_by("id").values_list("event_id", "body")) == before


def test_only_what_is_pending_of_the_batch_is_touched() -> None:
    recorded(event("Pending"), event("Created"), event("Lost"), event("Pending", grant_id=OTHER_GRANT))
    delivered, skipped, parked, pending = ids()
    now = timezone.now() - timedelta(hours=1)
    OutgoingEvent.objects.filter(id=delivered).update(delivered_at=now)
    OutgoingEvent.objects.filter(id=skipped).update(skipped_at=now)
    OutgoingEvent.objects.filter(id=parked).update(parked_at=now, last_error="400")
    kept = list(OutgoingEvent.objects.filter(id__in=[delivered, skipped, parked]).order_by("id").values())
    halted([delivered, skipped, parked, pending, 10**12])
    assert decide(arrived=True) == 1
    assert list(OutgoingEvent.objects.filter(id__in=[delivered, skipped, parked]).order_by("id").values()) == kept
    assert states()["2:Pending"] == "delivered"


def test_rows_of_another_sink_are_not_touched() -> None:
    recorded(event("Pending"))
    OutgoingEvent.objects.update(sink="other")
    halted(ids())
    assert decide(arrived=True) == 0
    assert states() == {"1:Pending": "pending"}


def test_a_halt_without_a_batch_can_be_ended() -> None:
    halted([], in_flight=None)
    assert decide(arrived=False) == 0
    assert SinkState.objects.get().halted_at is None


@pytest.mark.parametrize("fields", [{"halted_at": None}, {"sink": "other"}])
def test_nothing_is_decided_that_is_not_halted(fields: dict[str, Any]) -> None:
    recorded(event("Pending"))
    halted(ids(), **fields)
    before = everything()
    with pytest.raises(NothingToDecide):
        decide(arrived=True)
    assert everything() == before


def test_a_decision_about_an_earlier_halt_counts_for_nothing() -> None:
    recorded(event("Pending"))
    halted(ids(), epoch=9)
    before = everything()
    with pytest.raises(NothingToDecide):
        decide(arrived=True, epoch=7)
    assert everything() == before
    assert decide(arrived=True, epoch=9) == 1


def test_who_held_the_lease_can_write_no_more() -> None:
    recorded(event("Pending"))
    lease = leases.acquire("fake")
    assert lease is not None
    leases.halt(lease, "The offsets are gone.")
    decide(arrived=False)
    before = everything()
    with pytest.raises(LeaseLost):
        leases.halt(lease, "again")
    assert everything() == before


@pytest.mark.postgres
def test_of_two_people_one_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second has read the halted row when the first one commits. On SQLite it would wait before it reads."""
    recorded(event("Pending"))
    halted(ids())
    first = QuerySet.first
    others = [threading.Thread(target=_decide_elsewhere)]

    def interrupted(rows: QuerySet[SinkState]) -> SinkState | None:
        found = first(rows)
        if others:
            thread = others.pop()
            thread.start()
            thread.join(60)
        return found

    monkeypatch.setattr(QuerySet, "first", interrupted)
    with pytest.raises(NothingToDecide):
        decide(arrived=False)
    assert states() == {"1:Pending": "delivered"}
    assert OutgoingEvent.objects.get().last_error == "It had arrived, said olga: I looked"


def _decide_elsewhere() -> None:
    try:
        decide(arrived=True)
    finally:
        connection.close()


def test_sends_again_all_that_is_parked_of_a_grant_in_its_order(sink: FakeSink, woken: list[list[str]]) -> None:
    recorded(event("Pending"), event("Created"), event("Lost"), event("Pending", grant_id=OTHER_GRANT))
    OutgoingEvent.objects.exclude(status="Created").update(parked_at=timezone.now())
    woken.clear()
    assert outbox.send_parked_again("fake", grant_id=GRANT) == 2
    assert woken == [["fake"]]
    assert states()["2:Pending"] == "parked"
    outbox.deliver("fake")
    assert sink.sent == ["1:Pending", "1:Created", "1:Lost"]


def test_sends_again_all_that_is_parked_at_a_sink(settings: Settings) -> None:
    settings.EVENT_SINKS = ["fake", "other"]
    recorded(event("Pending"), event("Pending", grant_id=OTHER_GRANT))
    OutgoingEvent.objects.update(parked_at=timezone.now())
    assert outbox.send_parked_again("fake") == 2
    assert set(OutgoingEvent.objects.filter(parked_at__isnull=False).values_list("sink", flat=True)) == {"other"}


def test_skips_what_is_parked_of_a_grant_and_no_more(sink: FakeSink, woken: list[list[str]]) -> None:
    recorded(event("Pending"), event("Created"), event("Pending", grant_id=OTHER_GRANT))
    OutgoingEvent.objects.filter(status="Pending").update(parked_at=timezone.now())
    woken.clear()
    shown = [OutgoingEvent.objects.get(status="Pending", grant_id=GRANT).pk]
    assert outbox.skip_parked("fake", grant_id=GRANT, events=shown, by="olga", reason="agreed") == 1
    assert states() == {"1:Pending": "skipped", "1:Created": "pending", "2:Pending": "parked"}
    assert OutgoingEvent.objects.filter(skipped_by="olga", skip_reason="agreed").count() == 1
    assert woken == [["fake"]]
    outbox.deliver("fake")
    assert sink.sent == ["1:Created"]


@pytest.mark.parametrize("done", ["delivered_at", "skipped_at"])
def test_what_is_done_with_is_not_parked_any_more(done: str, woken: list[list[str]]) -> None:
    recorded(event("Pending"))
    OutgoingEvent.objects.update(parked_at=timezone.now(), **{done: timezone.now()})
    woken.clear()
    before = everything()
    assert outbox.send_parked_again("fake") == 0
    assert outbox.skip_parked("fake", grant_id=GRANT, events=ids(), by="olga", reason="agreed") == 0
    assert everything() == before
    assert woken == []


def test_nothing_is_woken_when_the_transaction_is_undone(woken: list[list[str]]) -> None:
    recorded(event("Pending"))
    halted(ids())
    woken.clear()
    before = everything()
    with transaction.atomic():
        decide(arrived=True)
        transaction.set_rollback(True)
    assert everything() == before
    assert woken == []
