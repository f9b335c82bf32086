"""Many at the gate in one step are let in and out as one after another would be, in one process and through Redis."""

import uuid

import pytest

from integrations.platforms import breaker, gate
from integrations.platforms.breaker import Outcome
from integrations.platforms.gate import Entry, Exit
from integrations.platforms.limits import Verdict
from integrations.tests.gates import call, enter, let_in, open_breaker, pass_time, wish

pytestmark = pytest.mark.usefixtures("store")

GO, FULL, SLOW, OPEN = Verdict.GO, Verdict.FULL, Verdict.SLOW, Verdict.OPEN


def enter_many(adapter_id: uuid.UUID, count: int, **changes: float) -> list[Entry]:
    return gate.enter_many(adapter_id, wish(**changes), count)


def verdicts(entries: list[Entry]) -> list[Verdict]:
    return [entry.verdict for entry in entries]


def test_all_are_let_in_when_there_is_room(adapter_id: uuid.UUID) -> None:
    entries = enter_many(adapter_id, 5, max_concurrency=5)
    assert verdicts(entries) == [GO] * 5
    assert len({entry.token for entry in entries}) == 5
    assert not any(entry.is_probe for entry in entries)
    assert enter(adapter_id, max_concurrency=5).verdict is FULL


def test_it_ends_with_the_first_who_finds_no_place(adapter_id: uuid.UUID) -> None:
    let_in(adapter_id)
    assert verdicts(enter_many(adapter_id, 5, max_concurrency=3)) == [GO, GO, FULL]


def test_each_gets_the_next_slot_within_its_patience(adapter_id: uuid.UUID) -> None:
    entries = enter_many(adapter_id, 9, max_requests_per_second=10, patience=0.25)
    assert verdicts(entries) == [GO, GO, GO, SLOW]
    assert [round(entry.wait, 3) for entry in entries] == [0, 0.1, 0.2, 0.3]
    assert 0.2 < let_in(adapter_id, patience=1).wait <= 0.3


def test_nobody_passes_an_open_breaker(adapter_id: uuid.UUID) -> None:
    open_breaker(adapter_id)
    (entry,) = enter_many(adapter_id, 5)
    assert entry.verdict is OPEN
    assert 4 < entry.wait <= 5


def test_one_probe_passes_a_half_open_one(adapter_id: uuid.UUID) -> None:
    open_breaker(adapter_id)
    pass_time(adapter_id, 5)
    probe, other = enter_many(adapter_id, 5)
    assert (probe.verdict, probe.is_probe) == (GO, True)
    assert (other.verdict, other.is_probe) == (OPEN, False)
    assert gate.leave_many(adapter_id, [Exit(probe, Outcome.OK)]) == ["closed"]
    assert verdicts(enter_many(adapter_id, 5)) == [GO] * 5


def test_those_who_leave_give_their_places_back(adapter_id: uuid.UUID) -> None:
    entries = enter_many(adapter_id, 3, max_concurrency=3)
    assert gate.leave_many(adapter_id, [Exit(entry, Outcome.OK) for entry in entries[:2]]) == []
    assert verdicts(enter_many(adapter_id, 5, max_concurrency=3)) == [GO, GO, FULL]


def test_those_who_leave_make_room_in_the_same_step(adapter_id: uuid.UUID) -> None:
    entries = enter_many(adapter_id, 3, max_concurrency=3)
    ended = [Exit(entry, Outcome.OK, 0.5) for entry in entries[:2]]
    turns, more = gate.trade(adapter_id, ended, wish(max_concurrency=3), 5)
    assert (turns, verdicts(more)) == ([], [GO, GO, FULL])
    assert gate.counts(adapter_id)[0].count == 2


def test_breaker_that_those_who_leave_have_opened_lets_nobody_in(adapter_id: uuid.UUID) -> None:
    ended = [Exit(entry, Outcome.TROUBLE) for entry in enter_many(adapter_id, 10)]
    turns, more = gate.trade(adapter_id, ended, wish(), 5)
    assert (turns, verdicts(more)) == (["opened"], [OPEN])


def test_probe_that_leaves_well_lets_the_others_in(adapter_id: uuid.UUID) -> None:
    open_breaker(adapter_id)
    pass_time(adapter_id, 5)
    probe, _ = enter_many(adapter_id, 5)
    turns, more = gate.trade(adapter_id, [Exit(probe, Outcome.REFUSED)], wish(), 3)
    assert (turns, verdicts(more)) == (["closed"], [GO] * 3)
    assert not any(entry.is_probe for entry in more)


def test_one_may_leave_without_another_coming_in(adapter_id: uuid.UUID) -> None:
    (entry,) = enter_many(adapter_id, 1, max_concurrency=1)
    assert gate.trade(adapter_id, [Exit(entry, Outcome.OK)], wish(max_concurrency=1), 0) == ([], [])
    assert enter(adapter_id, max_concurrency=1).verdict is GO


def test_troubles_count_in_their_order(adapter_id: uuid.UUID) -> None:
    entries = enter_many(adapter_id, 20)
    some = [Outcome.TROUBLE] * 9 + [Outcome.REFUSED] + [Outcome.TROUBLE] * 9
    assert gate.leave_many(adapter_id, map(Exit, entries, some)) == []
    assert breaker.state(adapter_id).troubles == 9
    assert gate.leave_many(adapter_id, [Exit(entries[19], Outcome.TROUBLE)]) == ["opened"]
    assert enter(adapter_id).verdict is OPEN


def test_calls_under_way_when_it_opened_say_nothing_new(adapter_id: uuid.UUID) -> None:
    entries = enter_many(adapter_id, 12)
    some = [Outcome.TROUBLE] * 10 + [Outcome.OK, Outcome.TROUBLE]
    assert gate.leave_many(adapter_id, map(Exit, entries, some)) == ["opened"]
    assert breaker.state(adapter_id).state == "open"


def test_single_and_many_count_together(adapter_id: uuid.UUID) -> None:
    for _ in range(5):
        call(adapter_id, Outcome.TROUBLE)
    entries = enter_many(adapter_id, 5)
    assert gate.leave_many(adapter_id, [Exit(entry, Outcome.TROUBLE) for entry in entries]) == ["opened"]


def test_place_of_a_dead_process_comes_back(adapter_id: uuid.UUID) -> None:
    enter_many(adapter_id, 3, max_concurrency=3, lease=0.000001)
    assert verdicts(enter_many(adapter_id, 5, max_concurrency=3)) == [GO, GO, GO, FULL]


def test_calls_are_counted_as_single_ones_are(adapter_id: uuid.UUID) -> None:
    entries = enter_many(adapter_id, 4)
    ended = [(Outcome.OK, 0.02), (Outcome.OK, 20.0), (Outcome.TROUBLE, 0.1), (Outcome.ABANDONED, 1.0)]
    gate.leave_many(adapter_id, [Exit(entry, *how) for entry, how in zip(entries, ended, strict=True)])
    ok, refused, trouble = gate.counts(adapter_id)
    assert (ok.count, ok.seconds, ok.up_to[0.01], ok.up_to[0.025], ok.up_to[10.0]) == (2, 20.02, 0, 1, 1)
    assert (refused.count, refused.seconds) == (0, 0)
    assert (trouble.count, trouble.up_to[0.05], trouble.up_to[0.1]) == (1, 0, 1)
