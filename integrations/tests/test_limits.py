"""Pace and places, the same in one process and shared through Redis."""

import uuid
from itertools import pairwise

import pytest

from integrations.platforms import gate
from integrations.platforms.breaker import Outcome
from integrations.platforms.limits import Limits, Verdict
from integrations.tests.gates import enter, let_in, open_breaker, wish

pytestmark = pytest.mark.usefixtures("store")


def test_no_more_in_flight_than_there_are_places(adapter_id: uuid.UUID) -> None:
    first, _second = let_in(adapter_id, max_concurrency=2), let_in(adapter_id, max_concurrency=2)
    assert enter(adapter_id, max_concurrency=2).verdict is Verdict.FULL
    gate.leave(adapter_id, first, Outcome.OK)
    let_in(adapter_id, max_concurrency=2)
    assert enter(adapter_id, max_concurrency=2).verdict is Verdict.FULL


def test_place_of_a_dead_process_comes_back(adapter_id: uuid.UUID) -> None:
    let_in(adapter_id, max_concurrency=1, lease=0.000001)
    let_in(adapter_id, max_concurrency=1)
    assert enter(adapter_id, max_concurrency=1).verdict is Verdict.FULL


def test_leaving_twice_frees_one_place(adapter_id: uuid.UUID) -> None:
    first, _second = let_in(adapter_id, max_concurrency=2), let_in(adapter_id, max_concurrency=2)
    gate.leave(adapter_id, first, Outcome.OK)
    gate.leave(adapter_id, first, Outcome.OK)
    let_in(adapter_id, max_concurrency=2)
    assert enter(adapter_id, max_concurrency=2).verdict is Verdict.FULL


def test_each_gets_the_next_slot(adapter_id: uuid.UUID) -> None:
    waits = [let_in(adapter_id, max_requests_per_second=1, patience=100).wait for _ in range(20)]
    assert waits[0] == 0
    assert 18 < waits[-1] <= 19
    assert all(0 < later - earlier <= 1 for earlier, later in pairwise(waits))


def test_who_will_not_wait_so_long_books_nothing(adapter_id: uuid.UUID) -> None:
    pace = {"max_requests_per_second": 1, "max_concurrency": 2}
    let_in(adapter_id, **pace)
    slow = [enter(adapter_id, patience=0.1, **pace) for _ in range(5)]
    assert {entry.verdict for entry in slow} == {Verdict.SLOW}
    assert 0.1 < slow[-1].wait <= 1
    assert let_in(adapter_id, patience=1, **pace).wait <= 1


def test_who_finds_no_place_takes_no_slot(adapter_id: uuid.UUID) -> None:
    pace = {"max_requests_per_second": 1, "patience": 100}
    first = let_in(adapter_id, max_concurrency=1, **pace)
    for _ in range(5):
        assert enter(adapter_id, max_concurrency=1, **pace).verdict is Verdict.FULL
    gate.leave(adapter_id, first, Outcome.OK)
    assert let_in(adapter_id, max_concurrency=1, **pace).wait <= 1


def test_open_breaker_takes_neither_place_nor_slot(adapter_id: uuid.UUID) -> None:
    early = let_in(adapter_id)
    open_breaker(adapter_id)
    for _ in range(5):
        assert enter(adapter_id, max_concurrency=1).verdict is Verdict.OPEN
    gate.leave(adapter_id, early, Outcome.OK)


def test_calls_are_counted_by_outcome_and_time(adapter_id: uuid.UUID) -> None:
    for outcome, seconds in ((Outcome.OK, 0.02), (Outcome.OK, 20.0), (Outcome.TROUBLE, 0.1), (Outcome.ABANDONED, 1.0)):
        gate.leave(adapter_id, let_in(adapter_id), outcome, seconds)
    ok, refused, trouble = gate.counts(adapter_id)
    assert (ok.outcome, ok.count, ok.seconds) == (Outcome.OK, 2, 20.02)
    assert (ok.up_to[0.01], ok.up_to[0.025], ok.up_to[10.0]) == (0, 1, 1)
    assert (refused.outcome, refused.count, refused.seconds) == (Outcome.REFUSED, 0, 0)
    assert (trouble.outcome, trouble.count, trouble.up_to[0.05], trouble.up_to[0.1]) == (Outcome.TROUBLE, 1, 0, 1)


def test_rhythm_is_even_and_time_not_used_is_lost() -> None:
    limits = Limits()
    pace = {"max_requests_per_second": 4, "patience": 10}
    assert [limits.enter(wish(**pace), now=100.0)[1] for _ in range(3)] == [0, 0.25, 0.5]
    assert limits.enter(wish(**pace), now=100.5) == (Verdict.GO, 0.25)
    assert [limits.enter(wish(**pace), now=200.0)[1] for _ in range(2)] == [0, 0.25]
