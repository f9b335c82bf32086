import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from integrations import outbox
from integrations.models import OutgoingEvent, SinkState
from integrations.outbox import lease as leases
from integrations.outbox.lease import LeaseLost
from integrations.sinks import registry
from integrations.sinks.base import DELIVERED, Message, Outcome, Refused
from integrations.tests.outbox_helpers import FakeSink, event, recorded, states

pytestmark = pytest.mark.django_db(transaction=True)


def expire_lease() -> None:
    SinkState.objects.update(leased_until=timezone.now() - timedelta(seconds=60))


def test_the_first_lease_makes_the_row() -> None:
    lease = leases.acquire("fake")
    assert lease is not None
    assert (lease.epoch, lease.failures) == (1, 0)
    state = SinkState.objects.get()
    assert state.owner
    assert state.leased_until is not None
    assert timedelta(seconds=5) < state.leased_until - timezone.now() <= timedelta(seconds=11)


def test_a_lease_that_is_taken_is_not_given_again() -> None:
    leases.acquire("fake")
    before = SinkState.objects.values().get()
    assert leases.acquire("fake") is None
    assert SinkState.objects.values().get() == before
    assert leases.acquire("other") is not None


def test_taking_over_raises_the_epoch_and_fences_the_one_before() -> None:
    first = leases.acquire("fake")
    expire_lease()
    second = leases.acquire("fake")
    assert first is not None
    assert second is not None
    assert (first.epoch, second.epoch) == (1, 2)
    before = SinkState.objects.values().get()
    with pytest.raises(LeaseLost):
        leases.renew(first)
    with pytest.raises(LeaseLost):
        leases.release(first)
    with pytest.raises(LeaseLost):
        leases.back_off(first, failures=1, reason="late")
    assert SinkState.objects.values().get() == before
    leases.renew(second)


def test_a_lease_given_back_can_be_had_at_once() -> None:
    lease = leases.acquire("fake")
    assert lease is not None
    leases.release(lease)
    again = leases.acquire("fake")
    assert again is not None
    assert again.epoch == 2


@pytest.mark.parametrize(("failures", "seconds"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 5.0), (5000, 5.0)])
def test_backs_off_from_half_a_second_doubling_to_five(failures: int, seconds: float) -> None:
    lease = leases.acquire("fake")
    assert lease is not None
    assert leases.back_off(lease, failures=failures, reason="down") == seconds
    state = SinkState.objects.get()
    assert (state.failures, state.last_error, state.leased_until) == (failures, "down", None)
    assert state.not_before is not None
    assert state.last_error_at is not None
    assert abs((state.not_before - state.last_error_at).total_seconds() - seconds) < 0.1
    assert leases.acquire("fake") is None


def test_two_deliverers_at_once_send_each_event_once(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(*(event("Ongoing", key=f"0:Ongoing:{n}") for n in range(5)))
    OutgoingEvent.objects.update(sink="fake")
    sending, second_is_done = threading.Event(), threading.Event()

    def answer(message: Message) -> Outcome:
        sending.set()
        assert second_is_done.wait(30)
        return DELIVERED

    sink = FakeSink(answer)
    monkeypatch.setitem(registry.SINKS, "fake", lambda: sink)
    reports: dict[str, outbox.DeliveryReport] = {}

    def first() -> None:
        try:
            reports["first"] = outbox.deliver("fake")
        finally:
            connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert sending.wait(30)
    reports["second"] = outbox.deliver("fake")
    second_is_done.set()
    thread.join(30)
    assert (reports["first"].delivered, reports["second"].delivered) == (5, 0)
    assert not reports["second"].was_leased
    assert len(sink.sent) == 5
    assert set(OutgoingEvent.objects.values_list("attempts", flat=True)) == {1}


def test_many_deliverers_racing_for_the_first_lease_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    barrier, got = threading.Barrier(6), []

    def race() -> None:
        try:
            barrier.wait(30)
            if (lease := leases.acquire("fake")) is not None:
                got.append(lease.epoch)
        finally:
            connection.close()

    threads = [threading.Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert got == [1]


@pytest.mark.parametrize("late_answer", [DELIVERED, Refused("late")])
def test_who_wakes_up_after_a_take_over_writes_nothing(monkeypatch: pytest.MonkeyPatch, late_answer: Outcome) -> None:
    recorded(event("Created"), event("Completed"))
    OutgoingEvent.objects.update(sink="fake")

    def taken_over(message: Message) -> Outcome:
        expire_lease()
        assert leases.acquire("fake") is not None
        return late_answer

    sink = FakeSink(taken_over, batch_size=1)
    monkeypatch.setitem(registry.SINKS, "fake", lambda: sink)
    events_before = list(OutgoingEvent.objects.order_by("id").values())
    report = outbox.deliver("fake")
    assert report.lost
    assert (report.delivered, report.parked) == (0, 0)
    assert list(OutgoingEvent.objects.order_by("id").values()) == events_before
    state = SinkState.objects.get()
    assert (state.epoch, state.failures, state.last_delivered_at) == (2, 0, None)
    assert state.leased_until is not None
    assert state.leased_until > timezone.now()


def test_the_one_that_took_over_finishes_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(event("Created"), event("Completed"))
    OutgoingEvent.objects.update(sink="fake")
    second = FakeSink()

    def overtaken(message: Message) -> Outcome:
        expire_lease()
        monkeypatch.setitem(registry.SINKS, "fake", lambda: second)
        assert outbox.deliver("fake").delivered == 2
        return Refused("the first would park it")

    first = FakeSink(overtaken, batch_size=1)
    monkeypatch.setitem(registry.SINKS, "fake", lambda: first)
    assert outbox.deliver("fake").lost
    assert states() == {"1:Created": "delivered", "1:Completed": "delivered"}
    assert second.epochs == [2]
    assert set(OutgoingEvent.objects.values_list("attempts", "last_error")) == {(1, "")}
