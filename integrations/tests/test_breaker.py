"""The breaker's rules, the same in one process and shared through Redis."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.platforms import breaker, gate
from integrations.platforms.breaker import Outcome
from integrations.platforms.limits import Verdict
from integrations.tests.gates import call, enter, let_in, open_breaker, pass_time

pytestmark = pytest.mark.usefixtures("store")

ANSWERS = pytest.mark.parametrize("answer", [Outcome.OK, Outcome.REFUSED])


def test_unknown_adapter_has_a_closed_breaker(adapter_id: uuid.UUID) -> None:
    assert breaker.state(adapter_id) == breaker.BreakerState("closed", 0, None)
    assert gate.wait(adapter_id) == 0


def test_ten_troubles_in_a_row_open_it(adapter_id: uuid.UUID) -> None:
    for _ in range(9):
        call(adapter_id, Outcome.TROUBLE)
    assert breaker.state(adapter_id) == breaker.BreakerState("closed", 9, None)
    call(adapter_id, Outcome.TROUBLE)
    state = breaker.state(adapter_id)
    assert (state.state, state.troubles) == ("open", 10)
    assert state.until is not None
    assert timedelta(0) < state.until - timezone.now() <= timedelta(seconds=5)
    assert 0 < gate.wait(adapter_id) <= 5
    refused = enter(adapter_id)
    assert refused.verdict is Verdict.OPEN
    assert 0 < refused.wait <= 5


@ANSWERS
def test_an_answer_in_between_starts_the_count_again(adapter_id: uuid.UUID, answer: Outcome) -> None:
    for _ in range(9):
        call(adapter_id, Outcome.TROUBLE)
    assert call(adapter_id, answer) is False
    for _ in range(9):
        call(adapter_id, Outcome.TROUBLE)
    assert breaker.state(adapter_id).state == "closed"


def test_a_call_of_our_own_ending_counts_for_nothing(adapter_id: uuid.UUID) -> None:
    for _ in range(9):
        call(adapter_id, Outcome.TROUBLE)
    call(adapter_id, Outcome.ABANDONED)
    assert breaker.state(adapter_id) == breaker.BreakerState("closed", 9, None)


def test_breakers_of_two_adapters_are_apart(adapter_id: uuid.UUID) -> None:
    open_breaker(adapter_id)
    assert enter(uuid.uuid4()).verdict is Verdict.GO


def test_one_probe_after_the_cool_down(adapter_id: uuid.UUID) -> None:
    open_breaker(adapter_id)
    pass_time(adapter_id, 5)
    assert breaker.state(adapter_id).state == "half_open"
    assert [gate.wait(adapter_id), gate.wait(adapter_id)] == [0, 0], "looking takes nothing"
    probe = enter(adapter_id)
    assert (probe.verdict, probe.is_probe) == (Verdict.GO, True)
    assert enter(adapter_id).verdict is Verdict.OPEN
    assert gate.wait(adapter_id) > 0


@ANSWERS
def test_probe_that_is_answered_closes_it(adapter_id: uuid.UUID, answer: Outcome) -> None:
    open_breaker(adapter_id)
    pass_time(adapter_id, 5)
    assert call(adapter_id, answer) is True
    assert breaker.state(adapter_id) == breaker.BreakerState("closed", 0, None)
    assert call(adapter_id, answer) is False, "it closes once"


def test_cool_down_doubles_up_to_a_minute_and_starts_over(adapter_id: uuid.UUID) -> None:
    open_breaker(adapter_id)
    for seconds in (5, 10, 20, 40, 60, 60):
        pass_time(adapter_id, seconds - 2)
        assert 0 < gate.wait(adapter_id) <= 2
        pass_time(adapter_id, 2)
        assert gate.wait(adapter_id) == 0
        assert call(adapter_id, Outcome.TROUBLE) is False
    pass_time(adapter_id, 60)
    assert call(adapter_id, Outcome.OK) is True
    open_breaker(adapter_id)
    assert 0 < gate.wait(adapter_id) <= 5


def test_probe_that_was_not_made_is_given_back(adapter_id: uuid.UUID) -> None:
    open_breaker(adapter_id)
    pass_time(adapter_id, 5)
    call(adapter_id, Outcome.ABANDONED)
    assert let_in(adapter_id).is_probe


def test_probe_whose_process_died_is_replaced(adapter_id: uuid.UUID) -> None:
    open_breaker(adapter_id)
    pass_time(adapter_id, 5)
    dead = let_in(adapter_id, lease=9)
    pass_time(adapter_id, 9)
    probe = let_in(adapter_id)
    assert probe.is_probe
    assert gate.leave(adapter_id, dead, Outcome.OK) is False, "it was only slow, and is out of its lease"
    assert gate.leave(adapter_id, probe, Outcome.OK) is True


def test_calls_that_were_on_their_way_change_nothing(adapter_id: uuid.UUID) -> None:
    early = [let_in(adapter_id) for _ in range(3)]
    open_breaker(adapter_id)
    before = breaker.state(adapter_id)
    for entry, outcome in zip(early, (Outcome.OK, Outcome.REFUSED, Outcome.TROUBLE), strict=True):
        assert gate.leave(adapter_id, entry, outcome) is False
    after = breaker.state(adapter_id)
    assert (after.state, after.troubles) == (before.state, before.troubles) == ("open", 10)
    pass_time(adapter_id, 5)
    assert gate.wait(adapter_id) == 0
