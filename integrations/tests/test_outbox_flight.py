"""The batch in flight is on record over a crash, and whoever delivers next is given it first."""

import importlib
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from integrations import outbox
from integrations.models import OutgoingEvent, SinkState
from integrations.outbox import DeliveryReport, hint, pick
from integrations.outbox import lease as leases
from integrations.sinks import registry
from integrations.sinks.base import DELIVERED, Flight, Journal, Message, NeedsPerson, Outcome, Refused, Trouble
from integrations.tests.outbox_helpers import OTHER_GRANT, FakeSink, event, name, recorded, states

pytestmark = pytest.mark.django_db(transaction=True)

deliver_module = importlib.import_module("integrations.outbox.deliver")


class Killed(BaseException):
    """What is left of the round is not played, as when the process dies."""


class NotingSink(FakeSink):
    """Notes each batch before it sends it. `on_start` says what arrived of the flight that it is given."""

    def __init__(self, answer: Callable[[Message], Outcome] = lambda message: DELIVERED, **options: Any) -> None:
        super().__init__(answer, **options)
        self.found: list[Flight | None] = []
        self.on_start: Callable[[Flight | None], Sequence[int]] = lambda flight: ()
        self.before_note: Callable[[], None] = lambda: None
        self.noted: list[Any] = []

    def start(self, epoch: int, journal: Journal) -> Sequence[int]:
        super().start(epoch, journal)
        self.journal = journal
        self.found.append(journal.read())
        return self.on_start(journal.read())

    def send(self, batch: Sequence[Message], *, deadline: float) -> list[Outcome]:
        self.before_note()
        self.journal.write(Flight(tuple(message.id for message in batch), {"offsets": {"0": 7}}))
        assert not connection.in_atomic_block
        self.noted.append(SinkState.objects.get(sink="fake").in_flight)
        return super().send(batch, deadline=deadline)


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> NotingSink:
    settings.EVENT_SINKS = ["fake"]
    monkeypatch.setattr(hint, "send", lambda sink: None)
    sink = NotingSink()
    monkeypatch.setitem(registry.SINKS, "fake", lambda: sink)
    return sink


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(deliver_module, "time", clock)
    return clock


def state() -> SinkState:
    return SinkState.objects.get(sink="fake")


def forget_backoff() -> None:
    SinkState.objects.update(not_before=timezone.now() - timedelta(seconds=60))


def expire_lease() -> None:
    SinkState.objects.update(leased_until=timezone.now() - timedelta(seconds=60))


def take_over() -> None:
    expire_lease()
    assert leases.acquire("fake") is not None


def everything() -> list[Any]:
    return [*SinkState.objects.values(), *OutgoingEvent.objects.order_by("id").values()]


def ids(**fields: Any) -> list[int]:
    return list(OutgoingEvent.objects.filter(**fields).order_by("id").values_list("id", flat=True))


def killed_while_sending(sink: NotingSink) -> None:
    def die(message: Message) -> Outcome:
        raise Killed

    sink.answer = die
    with pytest.raises(Killed):
        outbox.deliver("fake")
    sink.answer = lambda message: DELIVERED
    sink.batches.clear()
    sink.found.clear()
    expire_lease()


def test_a_batch_is_on_record_while_it_is_sent_and_forgotten_once_it_is_settled(sink: NotingSink) -> None:
    recorded(event("Pending"), event("Created"))
    sink.batch_size = 1
    outbox.deliver("fake")
    first, second = ids()
    assert sink.noted == [
        {"ids": [first], "mark": {"offsets": {"0": 7}}},
        {"ids": [second], "mark": {"offsets": {"0": 7}}},
    ]
    assert (state().in_flight, sink.found) == (None, [None])


def test_a_refusal_is_an_answer_so_the_batch_is_forgotten(sink: NotingSink) -> None:
    sink.answer = lambda message: Refused("no")
    recorded(event("Created"))
    outbox.deliver("fake")
    assert (states(), state().in_flight) == ({"1:Created": "parked"}, None)


def test_a_batch_with_any_trouble_in_it_stays_on_record_for_the_next_round(sink: NotingSink) -> None:
    sink.answer = lambda message: Trouble("timed out") if name(message) == "2:Created" else DELIVERED
    recorded(event("Created"), event("Created", grant_id=OTHER_GRANT))
    flight = Flight(tuple(ids()), {"offsets": {"0": 7}})
    outbox.deliver("fake")
    assert states() == {"1:Created": "delivered", "2:Created": "pending"}
    assert state().in_flight == {"ids": ids(), "mark": flight.mark}
    forget_backoff()
    sink.answer = lambda message: DELIVERED
    outbox.deliver("fake")
    assert sink.found == [None, flight]
    assert (state().in_flight, set(states().values())) == (None, {"delivered"})


def test_what_is_found_to_have_arrived_after_a_crash_is_not_sent_again(sink: NotingSink) -> None:
    recorded(event("Pending"), event("Created"), event("Created", grant_id=OTHER_GRANT))
    killed_while_sending(sink)
    assert set(states().values()) == {"pending"}
    sink.on_start = lambda flight: flight.ids[:2] if flight else ()
    report = outbox.deliver("fake")
    assert report == DeliveryReport("fake", delivered=3, was_leased=True)
    assert sink.found == [Flight(tuple(ids()), {"offsets": {"0": 7}})]
    assert sink.sent == ["2:Created"]
    assert set(states().values()) == {"delivered"}
    assert set(OutgoingEvent.objects.values_list("attempts", flat=True)) == {1}
    assert state().in_flight is None
    assert state().last_delivered_at is not None


def test_what_is_found_not_to_have_arrived_is_sent_again(sink: NotingSink) -> None:
    recorded(event("Pending"), event("Created"))
    killed_while_sending(sink)
    outbox.deliver("fake")
    assert sink.sent == ["1:Pending", "1:Created"]
    assert (set(states().values()), state().in_flight) == ({"delivered"}, None)


def test_the_flight_is_settled_before_anything_is_sent(sink: NotingSink) -> None:
    recorded(event("Pending"), event("Created"))
    killed_while_sending(sink)
    sink.on_start = lambda flight: flight.ids[:1] if flight else ()
    seen: list[Any] = []
    sink.before_note = lambda: seen.append((states(), state().in_flight))
    outbox.deliver("fake")
    assert seen == [({"1:Pending": "delivered", "1:Created": "pending"}, None)]


def test_a_start_that_fails_is_trouble_and_leaves_the_flight_for_the_next(sink: NotingSink) -> None:
    recorded(event("Created"))
    killed_while_sending(sink)
    before = state().in_flight

    def fail(flight: Flight | None) -> Sequence[int]:
        raise ConnectionError("broker away")

    sink.on_start = fail
    report = outbox.deliver("fake")
    assert (report.delivered, report.trouble, report.retry_after) == (0, "ConnectionError('broker away')", 0.5)
    assert (state().in_flight, state().failures, states()) == (before, 1, {"1:Created": "pending"})
    assert sink.sent == []
    forget_backoff()
    sink.on_start = lambda flight: flight.ids if flight else ()
    assert outbox.deliver("fake").delivered == 1
    assert sink.sent == []


def test_who_has_lost_the_lease_notes_nothing_and_sends_nothing(sink: NotingSink) -> None:
    recorded(event("Created"))
    successor: list[Any] = []

    def lose_it() -> None:
        take_over()
        successor.extend(everything())

    sink.before_note = lose_it
    report = outbox.deliver("fake")
    assert report == DeliveryReport("fake", was_leased=True, lost=True)
    assert sink.sent == []
    assert everything() == successor
    assert state().epoch == 2


def test_who_has_lost_the_lease_can_not_say_what_arrived(sink: NotingSink) -> None:
    recorded(event("Created"))
    killed_while_sending(sink)
    successor: list[Any] = []

    def lose_it(flight: Flight | None) -> Sequence[int]:
        take_over()
        successor.extend(everything())
        return flight.ids if flight else ()

    sink.on_start = lose_it
    report = outbox.deliver("fake")
    assert (report.delivered, report.lost) == (0, True)
    assert everything() == successor
    assert (states(), state().in_flight is None) == ({"1:Created": "pending"}, False)


def test_who_has_lost_the_lease_does_not_clear_the_flight_of_the_one_after(sink: NotingSink) -> None:
    recorded(event("Created"))

    def lose_it(message: Message) -> Outcome:
        take_over()
        SinkState.objects.update(in_flight={"ids": [1], "mark": {"by": "the one after"}})
        return DELIVERED

    sink.answer = lose_it
    report = outbox.deliver("fake")
    assert (report.delivered, report.lost) == (0, True)
    assert (states(), state().in_flight) == ({"1:Created": "pending"}, {"ids": [1], "mark": {"by": "the one after"}})


def needs_person(flight: Flight | None) -> Sequence[int]:
    raise NeedsPerson("the broker has no such offsets")


def test_a_flight_that_can_not_be_accounted_for_halts_the_sink(sink: NotingSink) -> None:
    recorded(event("Created"))
    killed_while_sending(sink)
    flight = state().in_flight
    sink.on_start = needs_person
    report = outbox.deliver("fake")
    assert (report.delivered, report.halted, report.trouble, report.more) == (
        0,
        "the broker has no such offsets",
        "",
        False,
    )
    halted = state()
    assert (halted.halt_reason, halted.in_flight, halted.owner, halted.leased_until, halted.not_before) == (
        "the broker has no such offsets",
        flight,
        "",
        None,
        None,
    )
    assert halted.halted_at is not None
    assert states() == {"1:Created": "pending"}

    before = everything()
    sink.on_start = lambda flight: flight.ids if flight else ()
    assert leases.acquire("fake") is None
    assert outbox.deliver("fake") == DeliveryReport("fake")
    assert everything() == before
    assert sink.sent == []


def test_a_halted_sink_does_not_hold_up_the_others(
    sink: NotingSink, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.EVENT_SINKS = ["fake", "other"]
    other = FakeSink()
    monkeypatch.setitem(registry.SINKS, "other", lambda: other)
    recorded(event("Created"))
    sink.on_start = needs_person
    assert outbox.deliver("fake").halted
    assert outbox.deliver("other").delivered == 1
    assert other.sent == ["1:Created"]


def test_who_has_lost_the_lease_halts_nobody(sink: NotingSink) -> None:
    recorded(event("Created"))

    def lose_it(flight: Flight | None) -> Sequence[int]:
        take_over()
        raise NeedsPerson("too late to ask")

    sink.on_start = lose_it
    assert outbox.deliver("fake").lost
    assert (state().halted_at, state().halt_reason) == (None, "")


def writes_to_the_state(sink: NotingSink, between_batches: Callable[[DeliveryReport], None]) -> int:
    recorded(*(event("Created", grant_id=uuid.uuid4()) for _ in range(3)))
    sink.batch_size = 1
    with CaptureQueriesContext(connection) as queries:
        outbox.deliver("fake", on_batch=between_batches)
    return sum('UPDATE "integrations_sinkstate"' in query["sql"] for query in queries)


def test_settling_a_batch_renews_the_lease_for_the_next(sink: NotingSink, clock: Clock) -> None:
    outbox.deliver("fake")

    def wait(seconds: float) -> Callable[[DeliveryReport], None]:
        def wait(report: DeliveryReport) -> None:
            clock.now += seconds

        return wait

    at_once = writes_to_the_state(sink, wait(0.4))
    # Once before each batch but the first.
    assert writes_to_the_state(sink, wait(0.6)) == at_once + 2


@pytest.mark.parametrize(("seconds", "sent"), [(0.6, ["1:Pending"]), (0.4, ["1:Pending", "1:Created"])])
def test_after_more_than_a_moment_nothing_is_sent_under_a_lease_that_was_lost(
    sink: NotingSink, clock: Clock, seconds: float, sent: list[str]
) -> None:
    recorded(event("Pending"), event("Created"))

    def pause(report: DeliveryReport) -> None:
        take_over()
        clock.now += seconds

    plain = FakeSink(batch_size=1)
    registry.SINKS["fake"] = lambda: plain
    assert outbox.deliver("fake", on_batch=pause).lost
    assert plain.sent == sent
    assert states() == {"1:Pending": "delivered", "1:Created": "pending"}


def test_time_for_sending_begins_when_the_batch_has_been_found(
    sink: NotingSink, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(event("Created"))
    find, left = pick.pick, []

    def slowly(*args: Any, **options: Any) -> list[Message]:
        clock.now += 60
        return find(*args, **options)

    class Timed(FakeSink):
        def send(self, batch: Sequence[Message], *, deadline: float) -> list[Outcome]:
            left.append(deadline - clock.now)
            return super().send(batch, deadline=deadline)

    monkeypatch.setattr(pick, "pick", slowly)
    registry.SINKS["fake"] = Timed
    outbox.deliver("fake")
    assert left == [pytest.approx(5.0)]


def test_a_start_that_took_long_is_followed_by_a_look_at_the_lease(sink: NotingSink, clock: Clock) -> None:
    recorded(event("Created"))
    plain = FakeSink()

    def start(epoch: int, journal: Journal) -> Sequence[int]:
        take_over()
        clock.now += 1.1
        return ()

    plain.start = start
    registry.SINKS["fake"] = lambda: plain
    assert outbox.deliver("fake").lost
    assert plain.sent == []
