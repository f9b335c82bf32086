"""Each event takes effect once or not at all, however often and in however many processes it arrives."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from bonuses.models import Bet, Grant
from bonuses.services import platform_event
from bonuses.services.platform_event import DeliveryFailed
from bonuses.tests.platform_reports import (
    credited,
    current,
    deliver,
    everything,
    life_of,
    post,
    promised,
    report,
    status_of,
    told,
)
from integrations.models import WebhookDelivery

THREADS = 6


def outcomes() -> list[str]:
    return sorted(WebhookDelivery.objects.values_list("outcome", flat=True))


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """Run `work` in threads that start together, each with a database connection of its own."""
    start, answers = threading.Barrier(THREADS), [None] * THREADS

    def run(number: int) -> None:
        try:
            start.wait(10)
            answers[number] = work(number)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("bonus.credited", None),
        ("bonus.completed", {"turned_real": 5}),
        ("bonus.wagered", {"bet_amount": 100, "game_category": "slots"}),
        ("bonus.wagered", {"bet_amount": 100, "game_category": "slots", "bet_id": "b-1"}),
    ],
)
def test_of_parallel_deliveries_of_one_event_one_is_applied(event: str, data: dict[str, Any]) -> None:
    grant = promised(wagering_requirement_multiplier=1)
    body = report(grant, event, data)
    answers = [response.json() for response in at_once(lambda _: post(Client(), body))]
    assert sorted(answer["applied"] for answer in answers) == [False] * (THREADS - 1) + [True]
    status = "completed" if event == "bonus.completed" else "active"
    assert {answer["new_status"] for answer in answers} == {status}
    assert outcomes() == ["applied"] + ["replay"] * (THREADS - 1)
    assert life_of(grant) == ["queued", "active", *(["completed"] if status == "completed" else [])]
    assert current(grant).wagering_progress == (100 if event == "bonus.wagered" else 0)


@pytest.mark.django_db(transaction=True)
def test_parallel_bets_all_count() -> None:
    grant = credited(wagering_requirement_multiplier=1)
    bets = [report(grant, "bonus.wagered", {"bet_amount": 10 + n, "game_category": "slots"}) for n in range(THREADS)]
    answers = at_once(lambda number: post(Client(), bets[number]))
    assert all(answer.json()["applied"] for answer in answers)
    assert current(grant).wagering_progress == sum(10 + n for n in range(THREADS))
    assert [key for key in told(grant) if "Ongoing" in key] == ["0:Ongoing:0"]


@pytest.mark.django_db(transaction=True)
def test_parallel_events_that_name_one_bet_count_it_once() -> None:
    grant = credited(wagering_requirement_multiplier=1)
    data = {"bet_amount": 100, "game_category": "slots", "bet_id": "b-1"}
    answers = at_once(lambda _: post(Client(), report(grant, "bonus.wagered", data)))
    assert sorted(answer.json()["applied"] for answer in answers) == [False] * (THREADS - 1) + [True]
    assert current(grant).wagering_progress == 100
    assert Bet.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_endings_end_it_once() -> None:
    grant = credited()
    endings = ["completed", "auto_completed", "lost", "expired", "forfeited", "cancelled"]
    answers = at_once(lambda number: post(Client(), report(grant, f"bonus.{endings[number]}")).json())
    assert sum(answer["applied"] for answer in answers) == 1
    ended = life_of(grant)[-1]
    assert {answer["new_status"] for answer in answers} == {ended}
    assert len(told(grant)) == len(life_of(grant)) - 1


@pytest.mark.django_db
def test_a_death_before_the_commit_leaves_nothing_and_the_next_delivery_is_applied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grant = promised()
    before = everything()

    def die(name: str) -> None:
        raise SystemExit(name)

    with monkeypatch.context() as patched:
        patched.setattr(platform_event, "failpoint", die)
        with pytest.raises(SystemExit):
            deliver(grant, "bonus.completed", event_id="e-1")
    assert everything() == before
    assert not WebhookDelivery.objects.exists()
    assert deliver(grant, "bonus.completed", event_id="e-1").applied is True
    assert deliver(grant, "bonus.completed", event_id="e-1").applied is False


@pytest.mark.django_db
def test_an_error_of_ours_is_kept_and_the_platform_told_to_come_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = promised()
    before, body = everything(), report(grant, "bonus.credited", event_id="e-1")

    def break_down(name: str) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(platform_event, "failpoint", break_down)
        response = post(client, body)
    assert (response.status_code, response.json()["error"]["code"]) == (500, "INTERNAL_ERROR")
    assert "disk" not in response.content.decode()
    assert everything() == before
    kept = WebhookDelivery.objects.get()
    assert (kept.outcome, kept.dedup_key, kept.event_id) == ("failed", None, "e-1")
    assert kept.detail == "RuntimeError: the disk is full"
    assert post(client, body).json() == {"received": True, "applied": True, "new_status": "active"}


@pytest.mark.django_db
def test_winnings_too_large_for_the_reports_are_kept_and_nothing_is_half_done() -> None:
    grant = credited(type="free_spins")
    Grant.objects.filter(pk=grant.pk).update(exchange_rate=1000)
    Grant.objects.filter(pk=grant.pk).update(currency="KWD")
    before = everything()
    with pytest.raises(DeliveryFailed):
        deliver(grant, "bonus.spins_completed", {"winnings": 2**53 - 1})
    assert everything() == before
    assert WebhookDelivery.objects.filter(outcome="failed").count() == 1


@pytest.mark.django_db
def test_a_violation_that_is_no_replay_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    grant = credited()
    deliver(grant, "bonus.completed")
    Grant.objects.filter(pk=grant.pk).update(ended_at=None)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE bonuses_grant SET status = 'active' WHERE id = %s", [_as_stored(grant)])
    before = everything()
    with pytest.raises(DeliveryFailed):
        deliver(grant, "bonus.completed")
    assert everything() == before
    assert status_of(grant) == "active"


def _as_stored(grant: Grant) -> str:
    return grant.pk.hex if connection.vendor == "sqlite" else str(grant.pk)


@pytest.mark.django_db
def test_one_delivery_costs_few_queries(django_assert_max_num_queries: Any) -> None:
    grant = promised()
    body = json.loads(report(grant, "bonus.credited"))
    adapter = grant.adapter
    with django_assert_max_num_queries(8):
        platform_event.receive(adapter=adapter, body=json.dumps(body).encode(), headers={})
