import dataclasses
import json
import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from integrations import outbox
from integrations.fasttrack import CustomPayload, PayloadInvalid
from integrations.models import EventKind, OutgoingEvent
from integrations.outbox import OutsideTransaction, hint
from integrations.tests.outbox_helpers import AT, GRANT, OTHER_GRANT, event, recorded


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(hint, "send", names.append)
    monkeypatch.setattr(hint._Quiet, "until", 0.0)
    return names


@pytest.mark.django_db
def test_stores_a_row_for_each_event_and_sink_in_one_statement(
    settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.EVENT_SINKS = ["file", "rest", "file"]
    with django_assert_num_queries(1):
        outbox.record([event("Pending"), event("Created")])
    rows = OutgoingEvent.objects.order_by("id").values_list("sink", "event_id", "key", "kind", "status", "user_id")
    pending, created = uuid.uuid5(GRANT, "0:Pending"), uuid.uuid5(GRANT, "0:Created")
    assert list(rows) == [
        ("file", pending, "0:Pending", "BONUS", "Pending", "player-1"),
        ("rest", pending, "0:Pending", "BONUS", "Pending", "player-1"),
        ("file", created, "0:Created", "BONUS", "Created", "player-1"),
        ("rest", created, "0:Created", "BONUS", "Created", "player-1"),
    ]


@pytest.mark.django_db
def test_stores_the_bytes_that_will_be_sent() -> None:
    made = event(meta={"note": "ü\n\"'\\ \u0000"})
    outbox.record([made])
    row = OutgoingEvent.objects.get()
    assert row.body == made.payload.body()
    assert json.loads(row.body)["meta"] == {"note": "ü\n\"'\\ \u0000"}
    assert row.created_at == AT


@pytest.mark.django_db
def test_nothing_to_record_asks_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        outbox.record([])


@pytest.mark.django_db(transaction=True)
def test_refuses_to_record_outside_a_transaction() -> None:
    with pytest.raises(OutsideTransaction):
        outbox.record([event()])
    assert not OutgoingEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_second_event_of_one_status_and_life_takes_its_change_with_it(sent: list[str]) -> None:
    recorded(event("Created"))
    sent.clear()
    with pytest.raises(IntegrityError):
        recorded(event("Ongoing", key="0:Ongoing:1"), event("Created", amount=99.0))
    assert list(OutgoingEvent.objects.values_list("key", flat=True)) == ["0:Created"]
    assert '"amount":20.0' in OutgoingEvent.objects.get().body
    assert sent == []


@pytest.mark.django_db
def test_other_lives_steps_and_grants_have_their_own() -> None:
    keys = ["0:Created", "1:Created", "0:Ongoing:1", "0:Ongoing:2"]
    outbox.record([event(key.split(":")[1], key=key) for key in keys])
    outbox.record([event("Created", grant_id=OTHER_GRANT)])
    assert OutgoingEvent.objects.count() == 5
    assert len(set(OutgoingEvent.objects.values_list("event_id", flat=True))) == 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "change",
    [
        {"kind": EventKind.CUSTOM},
        {"status": "Pending"},
        {"user_id": "someone-else"},
        {"payload": {"amount": 1}},
        {
            "payload": CustomPayload(
                notification_type="free_spins_issued", user_id="player-1", origin="a", timestamp=AT, data={}
            )
        },
    ],
)
def test_refuses_an_event_that_contradicts_itself(change: dict[str, Any], sent: list[str]) -> None:
    bad = dataclasses.replace(event("Created"), **change)
    with pytest.raises(PayloadInvalid):
        recorded(event("Pending"), bad)
    assert not OutgoingEvent.objects.exists()
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_wakes_the_deliverer_after_the_commit_and_not_before(settings: Settings, sent: list[str]) -> None:
    settings.EVENT_SINKS = ["file", "rest"]
    with transaction.atomic():
        outbox.record([event("Pending")])
        assert sent == []
    assert sent == ["file", "rest"]


@pytest.mark.django_db(transaction=True)
def test_wakes_nobody_after_a_rollback(sent: list[str]) -> None:
    with transaction.atomic():
        outbox.record([event("Pending")])
        transaction.set_rollback(True)
    assert sent == []
    assert not OutgoingEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_hint_serves_many_events_until_it_is_cleared(sent: list[str]) -> None:
    for step in range(5):
        recorded(event("Ongoing", key=f"0:Ongoing:{step}"))
    assert sent == ["file"]
    hint.clear("file")
    recorded(event("Completed"))
    assert sent == ["file", "file"]


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_fails_nobody_and_is_left_alone_for_a_while(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.EVENT_SINKS = ["file", "rest"]
    tried: list[str] = []

    def refuse(sink: str) -> None:
        tried.append(sink)
        raise ConnectionRefusedError

    monkeypatch.setattr(hint, "send", refuse)
    monkeypatch.setattr(hint._Quiet, "until", 0.0)
    recorded(event("Pending"))
    hint.clear("file")
    recorded(event("Created"))
    assert tried == ["file"]
    assert OutgoingEvent.objects.count() == 4
