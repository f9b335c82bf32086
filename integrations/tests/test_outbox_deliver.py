import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from integrations import outbox
from integrations.models import OutgoingEvent, SinkState
from integrations.outbox import DeliveryReport, hint, pick
from integrations.sinks import registry
from integrations.sinks.base import DELIVERED, UNTRIED, Message, Outcome, Refused, Trouble
from integrations.tests.outbox_helpers import GRANT, OTHER_GRANT, FakeSink, event, name, recorded, states

pytestmark = pytest.mark.django_db(transaction=True)

Use = Callable[[FakeSink], FakeSink]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Use:
    """Deliver to this one from now on."""
    settings.EVENT_SINKS = ["fake"]
    monkeypatch.setattr(hint, "send", lambda sink: None)

    def use(sink: FakeSink) -> FakeSink:
        monkeypatch.setitem(registry.SINKS, "fake", lambda: sink)
        return sink

    return use


def answering(**answers: Outcome) -> Callable[[Message], Outcome]:
    """By status; what is not named is delivered."""
    return lambda message: answers.get(name(message).partition(":")[2], DELIVERED)


def forget_backoff() -> None:
    SinkState.objects.update(not_before=timezone.now() - timedelta(seconds=60))


def test_sends_in_batches_in_order_and_marks_each_event(use: Use) -> None:
    sink = use(FakeSink(batch_size=2))
    recorded(event("Pending"), event("Pending", grant_id=OTHER_GRANT), event("Created"))
    report = outbox.deliver("fake")
    assert report == DeliveryReport("fake", delivered=3, was_leased=True)
    assert sink.batches == [["1:Pending", "2:Pending"], ["1:Created"]]
    assert set(states().values()) == {"delivered"}
    assert set(OutgoingEvent.objects.values_list("attempts", flat=True)) == {1}
    state = SinkState.objects.get()
    assert (state.owner, state.leased_until, state.failures) == ("", None, 0)
    assert state.last_delivered_at is not None


def test_sends_nothing_twice(use: Use) -> None:
    sink = use(FakeSink())
    recorded(event("Created"))
    outbox.deliver("fake")
    assert outbox.deliver("fake").delivered == 0
    assert sink.sent == ["1:Created"]


def test_gives_a_sink_its_own_events_only(use: Use) -> None:
    sink = use(FakeSink())
    recorded(event("Created"))
    OutgoingEvent.objects.update(sink="another")
    assert outbox.deliver("fake").delivered == 0
    assert sink.sent == []


def test_nothing_is_open_while_a_sink_sends(use: Use) -> None:
    seen: list[bool] = []

    def look(message: Message) -> Outcome:
        seen.append(connection.in_atomic_block)
        return DELIVERED

    use(FakeSink(look))
    recorded(event("Created"))
    outbox.deliver("fake")
    assert seen == [False]


def test_a_refused_event_is_parked_and_holds_later_ones_of_its_grant_only(use: Use) -> None:
    sink = use(FakeSink(answering(Created=Refused("400 no such player")), batch_size=4))
    recorded(
        event("Pending"),
        event("Created"),
        event("Completed"),
        event("Pending", grant_id=OTHER_GRANT),
        event("Completed", grant_id=OTHER_GRANT),
    )
    report = outbox.deliver("fake")
    assert (report.delivered, report.parked, report.trouble) == (3, 1, "")
    assert states() == {
        "1:Pending": "delivered",
        "1:Created": "parked",
        "1:Completed": "pending",
        "2:Pending": "delivered",
        "2:Completed": "delivered",
    }
    assert sink.sent == ["1:Pending", "1:Created", "2:Pending", "2:Completed"]
    row = OutgoingEvent.objects.get(status="Created")
    assert (row.attempts, row.last_error) == (1, "400 no such player")
    assert SinkState.objects.get().failures == 0

    recorded(event("Reversed"))
    assert outbox.deliver("fake").delivered == 0
    assert states()["1:Reversed"] == "pending"


def test_trouble_drops_nothing_and_takes_one_step_of_backoff_a_round(use: Use) -> None:
    use(FakeSink(lambda message: Trouble("timed out")))
    recorded(*(event("Created", grant_id=uuid.uuid4()) for _ in range(5)))
    steps = []
    for _ in range(6):
        forget_backoff()
        report = outbox.deliver("fake")
        assert (report.delivered, report.trouble) == (0, "timed out")
        steps.append((SinkState.objects.get().failures, report.retry_after))
    assert steps == [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 5.0), (6, 5.0)]
    assert set(OutgoingEvent.objects.values_list("attempts", "last_error", "parked_at")) == {(6, "timed out", None)}
    assert outbox.deliver("fake") == DeliveryReport("fake"), "left alone until its time"

    forget_backoff()
    use(FakeSink())
    assert outbox.deliver("fake").delivered == 5
    state = SinkState.objects.get()
    assert (state.failures, state.not_before) == (0, None)


def test_one_grant_in_trouble_does_not_hold_up_the_others(use: Use) -> None:
    stuck = uuid.uuid4()
    sink = use(FakeSink(lambda message: Trouble("500") if message.grant_id == stuck else DELIVERED, batch_size=2))
    recorded(event("Pending", grant_id=stuck), event("Created", grant_id=stuck))
    recorded(*(event("Created", grant_id=uuid.uuid4()) for _ in range(5)))
    report = outbox.deliver("fake")
    assert (report.delivered, report.trouble, report.retry_after) == (0, "500", 0.5)
    forget_backoff()
    OutgoingEvent.objects.filter(grant_id=stuck, status="Created").delete()
    report = outbox.deliver("fake")
    assert (report.delivered, report.trouble, report.retry_after) == (5, "500", 0.5)
    assert OutgoingEvent.objects.filter(delivered_at__isnull=True).get().grant_id == stuck
    assert len(sink.sent) == 7


def test_order_within_a_grant_survives_trouble(use: Use) -> None:
    sink = use(FakeSink(answering(Created=Trouble("500"))))
    recorded(event("Pending"), event("Created"), event("Completed"))
    outbox.deliver("fake")
    assert states() == {"1:Pending": "delivered", "1:Created": "pending", "1:Completed": "pending"}
    assert OutgoingEvent.objects.get(status="Completed").attempts == 0
    forget_backoff()
    sink.answer = lambda message: DELIVERED
    outbox.deliver("fake")
    assert sink.sent == ["1:Pending", "1:Created", "1:Created", "1:Completed"]


def test_an_exception_of_a_sink_is_trouble_with_the_batch(use: Use) -> None:
    def explode(message: Message) -> Outcome:
        raise ZeroDivisionError("oops")

    use(FakeSink(explode))
    recorded(event("Created"))
    report = outbox.deliver("fake")
    assert report.trouble == "ZeroDivisionError('oops')"
    assert states() == {"1:Created": "pending"}
    assert SinkState.objects.get().failures == 1


def test_a_sink_that_answers_too_little_is_trouble(use: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = use(FakeSink())
    monkeypatch.setattr(sink, "send", lambda batch, deadline: [DELIVERED])
    recorded(event("Pending"), event("Created"))
    assert outbox.deliver("fake").trouble == "The sink told of 1 of 2 events."
    assert set(states().values()) == {"pending"}


def test_a_sink_that_can_not_be_made_is_trouble(settings: Settings) -> None:
    settings.EVENT_SINKS = ["nowhere"]
    recorded(event("Created"))
    report = outbox.deliver("nowhere")
    assert "EVENT_SINKS names 'nowhere'" in report.trouble
    assert SinkState.objects.get().failures == 1
    assert set(states().values()) == {"pending"}


def test_an_event_that_was_not_tried_stays_as_it_was(use: Use) -> None:
    answers: Iterator[Outcome] = iter([UNTRIED, DELIVERED, DELIVERED])
    sink = use(FakeSink(lambda message: next(answers)))
    recorded(event("Created"))
    recorded(event("Created", grant_id=OTHER_GRANT))
    report = outbox.deliver("fake")
    assert (report.delivered, report.trouble) == (2, "")
    assert set(OutgoingEvent.objects.values_list("attempts", flat=True)) == {1}
    assert len(sink.batches) == 2


def test_a_batch_of_which_nothing_could_be_tried_ends_the_round(use: Use) -> None:
    sink = use(FakeSink(lambda message: UNTRIED))
    recorded(event("Created"))
    report = outbox.deliver("fake")
    assert (report.delivered, report.trouble) == (0, "The time was up before anything was sent.")
    assert report.retry_after > 0
    assert OutgoingEvent.objects.get().attempts == 0
    assert len(sink.batches) == 1


def test_an_event_that_commits_late_under_a_lower_id_goes_too(use: Use) -> None:
    sink = use(FakeSink())
    recorded(event("Created"))
    outbox.deliver("fake")
    late_id = OutgoingEvent.objects.get().pk - 1
    recorded(event("Created", grant_id=OTHER_GRANT))
    OutgoingEvent.objects.filter(grant_id=OTHER_GRANT).update(id=late_id)
    outbox.deliver("fake")
    assert sink.sent == ["1:Created", "2:Created"]


def test_yields_when_its_time_is_up_and_says_that_there_is_more(use: Use) -> None:
    use(FakeSink(batch_size=1))
    recorded(event("Pending"), event("Created"))
    batches: list[int] = []
    report = outbox.deliver("fake", should_stop=lambda: bool(batches), on_batch=lambda r: batches.append(r.delivered))
    assert (report.delivered, report.more) == (1, True)
    assert SinkState.objects.get().leased_until is None
    assert outbox.deliver("fake", seconds=0).more
    assert outbox.deliver("fake").delivered == 1


def test_an_event_recorded_as_the_lease_is_given_back_is_not_forgotten(
    use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own hint finds the lease taken, or comes while hints are held back: the deliverer looks once more."""
    sink = use(FakeSink())
    recorded(event("Pending"))
    original, late = pick.pick, [event("Created")]

    def pick_then_record(*args: object, **options: object) -> list[Message]:
        batch = original(*args, **options)
        if not batch and late:
            recorded(late.pop())
        return batch

    monkeypatch.setattr(pick, "pick", pick_then_record)
    assert outbox.deliver("fake").delivered == 2
    assert sink.sent == ["1:Pending", "1:Created"]
    assert sink.epochs == [1, 2]


def test_hints_are_let_through_again_once_the_work_is_done(use: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(hint, "send", sent.append)
    monkeypatch.setattr(hint._Quiet, "until", 0.0)
    use(FakeSink())
    recorded(event("Pending"))
    outbox.deliver("fake")
    recorded(event("Created"))
    assert sent == ["fake", "fake"]


def test_backlog_tells_of_what_is_not_delivered(use: Use) -> None:
    use(FakeSink(answering(Created=Refused("no"))))
    recorded(event("Created"), event("Completed"), event("Pending", grant_id=OTHER_GRANT))
    outbox.deliver("fake")
    [line] = outbox.backlog()
    assert (line.sink, line.pending, line.parked) == ("fake", 2, 1)
    assert line.oldest_at == OutgoingEvent.objects.get(grant_id=GRANT, status="Created").created_at


def test_a_parked_event_goes_when_sent_again_and_frees_the_later_ones(use: Use) -> None:
    sink = use(FakeSink(answering(Created=Refused("no"))))
    recorded(event("Created"), event("Completed"))
    outbox.deliver("fake")
    assert outbox.send_again(OutgoingEvent.objects.get(status="Created").pk)
    sink.answer = lambda message: DELIVERED
    outbox.deliver("fake")
    assert sink.sent == ["1:Created", "1:Created", "1:Completed"]
    assert set(states().values()) == {"delivered"}


def test_an_early_event_that_is_sent_again_does_not_wait_for_a_later_parked_one(use: Use) -> None:
    sink = use(FakeSink(answering(Created=Refused("no"))))
    recorded(event("Pending"), event("Created"), event("Completed"))
    outbox.deliver("fake")
    outbox.send_again(OutgoingEvent.objects.get(status="Pending").pk)
    outbox.deliver("fake")
    assert sink.sent == ["1:Pending", "1:Created", "1:Pending"]
    assert states() == {"1:Pending": "delivered", "1:Created": "parked", "1:Completed": "pending"}


def test_a_skipped_event_is_never_sent_and_frees_the_later_ones(use: Use) -> None:
    sink = use(FakeSink(answering(Created=Refused("no"))))
    recorded(event("Created"), event("Completed"))
    outbox.deliver("fake")
    row = OutgoingEvent.objects.get(status="Created")
    assert outbox.skip(row.pk, by="ann", reason="known to them")
    outbox.deliver("fake")
    assert sink.sent == ["1:Created", "1:Completed"]
    assert states() == {"1:Created": "skipped", "1:Completed": "delivered"}
    row.refresh_from_db()
    assert (row.skipped_by, row.skip_reason, row.last_error) == ("ann", "known to them", "no")


def test_what_has_been_delivered_can_not_be_skipped(use: Use) -> None:
    use(FakeSink())
    recorded(event("Created"))
    outbox.deliver("fake")
    before = OutgoingEvent.objects.values().get()
    assert not outbox.skip(before["id"], by="ann", reason="too late")
    assert not outbox.skip(before["id"] + 1, by="ann", reason="no such event")
    assert not outbox.send_again(before["id"] + 1)
    assert OutgoingEvent.objects.values().get() == before


def test_what_has_been_delivered_can_be_sent_again_under_its_id(use: Use) -> None:
    sink = use(FakeSink())
    recorded(event("Created"))
    outbox.deliver("fake")
    before = OutgoingEvent.objects.get()
    assert outbox.send_again(before.pk)
    outbox.deliver("fake")
    after = OutgoingEvent.objects.get()
    assert sink.sent == ["1:Created", "1:Created"]
    assert (after.event_id, after.body, after.attempts) == (before.event_id, before.body, 2)


def test_memory_holds_a_batch_and_not_the_backlog(use: Use) -> None:
    sink = use(FakeSink(batch_size=3))
    recorded(*(event("Created", grant_id=uuid.uuid4()) for _ in range(10)))
    outbox.deliver("fake")
    assert [len(batch) for batch in sink.batches] == [3, 3, 3, 1]
