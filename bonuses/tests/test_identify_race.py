"""Batches that name the same new players, each with a connection of its own. SQLite has one writer at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from django.db import connections, transaction

from bonuses.models import Player
from bonuses.services.identify_player import _Batch, identify_many
from bonuses.tests.factories import PlayerFactory
from bonuses.tests.test_issue_race import all_at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

NEW = {"external_id": "p-1", "currency": "EUR", "origin": "acme"}
BATCHES = 8


def made_elsewhere(**fields: Any) -> None:
    def run() -> None:
        PlayerFactory(**fields)
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


def test_batch_meets_players_that_somebody_else_made_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are in the table when the new ones are inserted, but were not when the batch looked."""
    write, beaten = _Batch.write, iter((True, False))

    def write_too_late(batch: _Batch) -> bool:
        if next(beaten):
            made_elsewhere(external_id="p-1", currency="USD", country="US")
        return write(batch)

    monkeypatch.setattr(_Batch, "write", write_too_late)
    old = PlayerFactory(external_id="old")
    rows: list[dict[str, Any]] = [
        {"external_id": "p-1", "status": "banned"},
        {**NEW, "external_id": "p-2"},
        NEW,
        {"external_id": "old", "net_loss": 5},
        {"external_id": "p-3"},
    ]
    results = identify_many(rows)
    raced = Player.objects.get(external_id="p-1")
    assert [row["external_id"] for row in results] == [row["external_id"] for row in rows]
    assert [row["result"] for row in results] == ["updated", "created", "updated", "updated", "error"]
    assert [results[0]["id"], results[2]["id"], results[3]["id"]] == [raced.pk, raced.pk, old.pk]
    assert (raced.currency, raced.country, raced.status) == ("EUR", "US", "banned")
    assert Player.objects.count() == 3


def test_batches_that_want_the_same_players_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each within a transaction that goes on holding what it has locked, as it is with an idempotency key."""
    all_have_looked, held_up, write = threading.Barrier(BATCHES), set(), _Batch.write

    def write_together(batch: _Batch) -> bool:
        if threading.get_ident() not in held_up:
            held_up.add(threading.get_ident())
            all_have_looked.wait(30)
        return write(batch)

    monkeypatch.setattr(_Batch, "write", write_together)
    names = [f"p-{number}" for number in range(20)]
    orders = [Random(number).sample(names, len(names)) for number in range(BATCHES)]
    left = iter(orders)

    def work() -> list[dict[str, Any]]:
        with transaction.atomic():
            return identify_many([{**NEW, "external_id": name} for name in next(left)])

    results = all_at_once(work, times=BATCHES)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert sorted([row["external_id"] for row in result] for result in results) == sorted(orders)
    made = [row["external_id"] for result in results for row in result if row["result"] == "created"]
    assert sorted(made) == sorted(names)
    assert Player.objects.count() == len(names)
