"""The pages of sinks: how each is doing, and what only a person can do for it."""

import uuid
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from integrations.models import OutgoingEvent, SinkState
from integrations.tests.admin_client import INLINE, messages_in, signed_in, text
from integrations.tests.outbox_helpers import GRANT, OTHER_GRANT, states

pytestmark = pytest.mark.django_db

LIST = "/admin/integrations/sinkstate/"
PAGE = f"{LIST}kafka/change/"
DECIDE = f"{LIST}kafka/decide/"
VIEW = "integrations.view_sinkstate"
MAY_DECIDE = "integrations.change_sinkstate"
MAY_ACT = "integrations.change_outgoingevent"
NO_LONGER = "Nothing was changed: what you saw is no longer parked."


@pytest.fixture(autouse=True)
def _enabled(settings: Settings) -> None:
    settings.EVENT_SINKS = ["kafka", "file"]


def event(status: str, *, sink: str = "kafka", grant_id: uuid.UUID = GRANT, **fields: Any) -> OutgoingEvent:
    return OutgoingEvent.objects.create(
        sink=sink,
        event_id=uuid.uuid4(),
        key=f"0:{status}",
        kind="BONUS",
        status=status,
        grant_id=grant_id,
        user_id="player-1",
        body="{}",
        **fields,
    )


def held_up() -> tuple[OutgoingEvent, OutgoingEvent]:
    """A parked event, and one of the same grant behind it."""
    return event("Pending", parked_at=timezone.now(), last_error="400 <bad>"), event("Created")


def halted(*events: OutgoingEvent, epoch: int = 7) -> SinkState:
    return SinkState.objects.create(
        sink="kafka",
        epoch=epoch,
        in_flight={"ids": [e.pk for e in events], "mark": {}},
        in_flight_since=timezone.now(),
        halted_at=timezone.now(),
        halt_reason="The offsets are gone from the topic.",
    )


def decision(arrived: str = "yes", *, reason: str = "seen in the topic", epoch: int = 7) -> dict[str, Any]:
    return {"arrived": arrived, "reason": reason, "epoch": epoch}


def soon(seconds: int = 60) -> Any:
    return timezone.now() + timedelta(seconds=seconds)


def shown_state(client: Client, sink: str = "kafka") -> str:
    rows = {row.sink: row for row in client.get(LIST).context["cl"].result_list}
    page = client.get(f"{LIST}{sink}/change/")
    shown: str = page.context["adminform"].model_admin.state(rows[sink])
    assert shown in text(page)
    return shown


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "waiting for a deliverer"),
        ({"leased_until": 60}, "delivering now"),
        ({"leased_until": -60}, "waiting for a deliverer"),
        ({"not_before": 60, "failures": 1}, "backing off until "),
        ({"not_before": 60, "failures": 4}, ", after 4 failures in a row"),
        ({"not_before": -60, "failures": 4}, "waiting for a deliverer"),
        ({"halted_at": -60, "failures": 4}, "halted for a person since "),
    ],
)
def test_state_in_words(fields: dict[str, int], words: str) -> None:
    times = {name: soon(value) if name != "failures" else value for name, value in fields.items()}
    SinkState.objects.create(sink="kafka", **times)
    event("Created")
    assert words in shown_state(signed_in(VIEW))


def test_state_without_anything_to_send() -> None:
    client = signed_in(VIEW)
    assert shown_state(client) == "nothing to send"
    held_up()
    assert shown_state(client) == "waiting for a person: what is left is parked, or behind it"


def test_a_sink_that_is_no_longer_enabled_says_so() -> None:
    SinkState.objects.create(sink="rest")
    event("Created", sink="rest")
    assert shown_state(signed_in(VIEW), "rest") == "not enabled any more; waiting for a deliverer"


def test_every_enabled_sink_is_listed() -> None:
    page = signed_in(VIEW).get(LIST)
    assert [state.sink for state in page.context["cl"].result_list] == ["file", "kafka"]
    assert INLINE.search(text(page)) is None


def test_the_list_counts_and_dates() -> None:
    held_up()
    event("Lost", grant_id=uuid.uuid4(), delivered_at=timezone.now())
    SinkState.objects.create(sink="kafka", last_error="connection <refused>")
    page = text(signed_in(VIEW).get(LIST))
    assert '<td class="field-pending">2</td>' in page
    assert '<td class="field-parked">1</td>' in page
    assert "connection &lt;refused&gt;" in page


def test_counts_end_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("integrations.outbox", "integrations.outbox.backlog"):
        monkeypatch.setattr(import_module(module), "COUNTED_AT_MOST", 1)
    held_up()
    event("Completed")
    page = text(signed_in(VIEW).get(LIST))
    assert '<td class="field-pending">more than 1</td>' in page
    assert '<td class="field-parked">1</td>' in page


def test_a_page_asks_no_more_for_more_events(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(60):
        held_up_by = uuid.uuid4()
        event("Pending", grant_id=held_up_by, parked_at=timezone.now())
        event("Created", grant_id=held_up_by)
    SinkState.objects.create(sink="kafka")
    client = signed_in(VIEW)
    with django_assert_max_num_queries(20):
        page = client.get(PAGE)
    (parked,) = page.context["tables"]
    assert parked.title == "Parked, the first 50 grants"
    assert len(parked.rows) == 50


def test_parked_by_grant_for_who_may_only_look() -> None:
    first, behind = held_up()
    again = event("Lost", parked_at=timezone.now())
    SinkState.objects.create(sink="kafka")
    page = signed_in(VIEW).get(PAGE)
    (parked,) = page.context["tables"]
    ((grant, behind_it, *_),) = parked.rows
    assert (str(GRANT) in grant, behind_it) == (True, 1)
    assert f"/admin/integrations/outgoingevent/{first.pk}/change/" in text(page)
    assert "400 &lt;bad&gt;" in text(page)
    assert "again/" not in text(page)
    assert "skip/" not in text(page)
    assert behind.pk < again.pk


def test_the_batch_in_flight_is_shown_with_its_ends() -> None:
    batch = [event("Pending"), event("Created"), event("Lost")]
    halted(*batch)
    page = signed_in(VIEW).get(PAGE)
    flight, _ = page.context["tables"]
    assert flight.rows[0][1] == "3"
    for shown in (batch[0], batch[2]):
        assert f"/admin/integrations/outgoingevent/{shown.pk}/change/" in text(page)
    assert "The offsets are gone from the topic." in text(page)
    assert "decide/" not in text(page)


def test_a_batch_whose_events_are_gone_is_shown_all_the_same() -> None:
    SinkState.objects.create(sink="kafka", in_flight={"ids": [7, 9], "mark": {}})
    flight, _ = signed_in(VIEW).get(PAGE).context["tables"]
    assert flight.rows == [("-", "2", "7", "9")]


def test_sends_a_grant_again_only_by_post() -> None:
    first, _ = held_up()
    other = event("Pending", grant_id=OTHER_GRANT, parked_at=timezone.now())
    SinkState.objects.create(sink="kafka")
    client = signed_in(VIEW, MAY_ACT)
    address = f"{LIST}kafka/parked/{GRANT}/again/"
    assert address in text(client.get(PAGE))
    asked = client.get(address)
    assert INLINE.search(text(asked)) is None
    assert states()["1:Pending"] == "parked"

    done = client.post(address, follow=True)
    assert messages_in(done) == ["1 to be sent again."]
    assert states()["1:Pending"] == "pending"
    other.refresh_from_db()
    assert other.parked_at is not None
    assert LogEntry.objects.get().change_message == f"Sent 1 parked again of grant {GRANT}."
    assert first.pk


def test_sends_all_parked_again() -> None:
    held_up()
    event("Pending", grant_id=uuid.uuid4(), parked_at=timezone.now())
    elsewhere = event("Pending", sink="file", parked_at=timezone.now())
    SinkState.objects.create(sink="kafka")
    client = signed_in(VIEW, MAY_ACT)
    address = f"{LIST}kafka/send-parked-again/"
    assert address in text(client.get(PAGE))

    done = client.post(address, follow=True)
    assert messages_in(done) == ["2 to be sent again."]
    assert list(OutgoingEvent.objects.filter(parked_at__isnull=False)) == [elsewhere]
    assert address not in text(client.get(PAGE))


def test_skips_what_is_parked_of_a_grant_with_a_reason() -> None:
    first, _ = held_up()
    SinkState.objects.create(sink="kafka")
    client = signed_in(VIEW, MAY_ACT)
    address = f"{LIST}kafka/parked/{GRANT}/skip/"
    assert f"Pending ({first.pk})" in text(client.get(address))
    assert "This field is required." in text(client.post(address, {"reason": " "}))
    assert states() == {"1:Pending": "parked", "1:Created": "pending"}

    done = client.post(address, {"reason": "agreed with the CRM", "events": f"[{first.pk}]"}, follow=True)
    assert messages_in(done) == ["1 skipped."]
    assert states() == {"1:Pending": "skipped", "1:Created": "pending"}
    first.refresh_from_db()
    assert (first.skipped_by, first.skip_reason) == ("olga", "agreed with the CRM")
    assert messages_in(client.get(address, follow=True)) == [NO_LONGER]


def test_only_what_was_shown_is_skipped() -> None:
    first, second = held_up()
    SinkState.objects.create(sink="kafka")
    client = signed_in(VIEW, MAY_ACT)
    address = f"{LIST}kafka/parked/{GRANT}/skip/"
    form = client.get(address).context["form"]
    assert form.initial["events"] == [first.pk]
    OutgoingEvent.objects.filter(pk=first.pk).update(parked_at=None, delivered_at=timezone.now())
    OutgoingEvent.objects.filter(pk=second.pk).update(parked_at=timezone.now())
    done = client.post(address, {"reason": "meant for the first", "events": f"[{first.pk}]"}, follow=True)
    assert messages_in(done) == [NO_LONGER]
    assert states() == {"1:Pending": "delivered", "1:Created": "parked"}


def test_nobody_without_the_right_to_look_has_anything_written() -> None:
    assert signed_in(MAY_ACT).get(LIST).status_code == 403
    assert not SinkState.objects.exists()


@pytest.mark.parametrize(("arrived", "state"), [("yes", "delivered"), ("no", "pending")])
def test_a_person_decides_what_became_of_the_batch(arrived: str, state: str) -> None:
    inside = event("Created")
    halted(inside)
    client = signed_in(VIEW, MAY_DECIDE)
    assert DECIDE in text(client.get(PAGE))
    asked = client.get(DECIDE)
    assert "The offsets are gone from the topic." in text(asked)
    assert INLINE.search(text(asked)) is None

    client.post(DECIDE, decision(arrived), follow=True)
    assert states() == {"1:Created": state}
    inside.refresh_from_db()
    assert inside.last_error.endswith("arrived, said olga: seen in the topic")
    assert "seen in the topic" in LogEntry.objects.get().change_message
    assert SinkState.objects.get(sink="kafka").halted_at is None


@pytest.mark.parametrize("wrong", [{"reason": ""}, {"arrived": ""}, {"arrived": "maybe"}, {"epoch": ""}])
def test_a_decision_needs_all_of_it(wrong: dict[str, str]) -> None:
    halted(event("Created"))
    before = SinkState.objects.values().get()
    answer = signed_in(VIEW, MAY_DECIDE).post(DECIDE, decision() | wrong)
    assert answer.status_code == 200
    assert SinkState.objects.values().get() == before


def test_who_decides_second_is_told() -> None:
    halted(event("Created"))
    client = signed_in(VIEW, MAY_DECIDE)
    client.post(DECIDE, decision("no"))
    done = client.post(DECIDE, decision("yes"), follow=True)
    assert messages_in(done)[-1] == "Nothing was changed: somebody else has decided in the meantime."
    assert states() == {"1:Created": "pending"}
    assert LogEntry.objects.count() == 1
    assert messages_in(client.get(DECIDE, follow=True)) == ["There is nothing to decide: this sink is not halted."]


@pytest.mark.parametrize(
    ("address", "right"),
    [
        (DECIDE, MAY_DECIDE),
        (f"{LIST}kafka/parked/{GRANT}/again/", MAY_ACT),
        (f"{LIST}kafka/parked/{GRANT}/skip/", MAY_ACT),
        (f"{LIST}kafka/send-parked-again/", MAY_ACT),
    ],
)
def test_who_lacks_the_right_changes_nothing(address: str, right: str) -> None:
    held_up()
    halted(event("Lost"))
    others = {VIEW, MAY_DECIDE, MAY_ACT} - {right}
    client = signed_in(*others)
    before = (*OutgoingEvent.objects.values_list().order_by("id"), SinkState.objects.values_list().get())
    assert client.get(address).status_code == 403
    assert client.post(address, decision()).status_code == 403
    assert (*OutgoingEvent.objects.values_list().order_by("id"), SinkState.objects.values_list().get()) == before


def test_unknown_sinks_are_not_found() -> None:
    client = signed_in(VIEW, MAY_ACT, MAY_DECIDE)
    for page in ("decide/", "send-parked-again/", f"parked/{GRANT}/again/", f"parked/{GRANT}/skip/"):
        assert client.get(f"{LIST}fax/{page}").status_code == 404, page


def test_rows_are_made_by_the_system_alone() -> None:
    SinkState.objects.create(sink="kafka", failures=3)
    client = signed_in(VIEW, MAY_DECIDE, "integrations.add_sinkstate", "integrations.delete_sinkstate")
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(PAGE, {"failures": 0}).status_code == 403
    assert client.post(f"{LIST}kafka/delete/", {"post": "yes"}).status_code == 403
    assert SinkState.objects.get(sink="kafka").failures == 3
