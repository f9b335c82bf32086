"""What the sweep does about a queued grant, and what it never does."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from bonuses.models import Grant
from bonuses.services import sweep
from bonuses.services.claim import backoff
from bonuses.tests.factories import PlayerFactory
from bonuses.tests.issuing import (
    Wire,
    give,
    give_in_vain,
    let_expire,
    let_time_pass,
    make_due,
    never_sent,
    poison,
)
from bonuses.tests.platform_reports import current, everything
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db


def test_what_is_not_due_is_left_alone(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    simulator.add_fault("error", count=1)
    give_in_vain()
    before = everything()
    assert sweep.retry_queued().done == 0
    assert everything() == before
    assert wire.names == ["grant"]


def test_what_somebody_else_has_claimed_is_left_alone(adapter: Adapter, wire: Wire) -> None:
    grant = never_sent(adapter)
    make_due(grant)
    Grant.objects.filter(pk=grant.pk).update(claimed_until=timezone.now() + timedelta(seconds=10))
    wire.calls.clear()
    assert sweep.retry_queued().done == 0
    assert (wire.calls, current(grant).status) == ([], "queued")


def test_a_claim_that_has_run_out_is_taken_over(adapter: Adapter, simulator: Remote) -> None:
    grant = never_sent(adapter)
    make_due(grant)
    Grant.objects.filter(pk=grant.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))
    sweep.retry_queued()
    assert simulator.credits(grant.pk) == 1


def test_a_claim_that_is_lost_to_another_calls_nobody(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """The other one took it after the sweep had picked it."""
    first, second = never_sent(adapter), never_sent(adapter)
    for grant in (first, second):
        make_due(grant)
    wire.calls.clear()
    claimed = {"claimed_until": timezone.now() + timedelta(seconds=10)}
    wire.before_next(lambda: Grant.objects.filter(status="queued", claimed_until=None).update(**claimed))
    sweep.retry_queued()
    assert wire.names == ["grant"]
    assert sorted([current(first).status, current(second).status]) == ["active", "queued"]


def test_the_delay_doubles_up_to_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda shortest, longest: (shortest, longest))
    assert [backoff(n) for n in (1, 2, 3, 7, 8, 9, 5000)] == [
        (2.5, 5),
        (5, 10),
        (10, 20),
        (160, 320),
        (300, 600),
        (300, 600),
        (300, 600),
    ]


def test_what_is_past_its_time_is_not_credited_any_more(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    grant = never_sent(adapter)
    let_expire(grant)
    make_due(grant)
    wire.calls.clear()
    sweep.retry_queued()
    assert (current(grant).status, wire.calls) == ("queued", [])


def test_trouble_with_one_does_not_hold_up_the_others(adapter: Adapter, simulator: Remote) -> None:
    rotten, sound = never_sent(adapter), never_sent(adapter)
    poison(rotten)
    let_time_pass(rotten)
    make_due(sound)
    swept = sweep.retry_queued()
    assert (swept.done, swept.put_off, swept.broken) == (1, 0, 1)
    assert current(sound).status == "active"
    assert sweep.retry_queued().broken == 0
    row = Grant.objects.get(pk=rotten.pk)
    assert (row.status, row.next_attempt_at is not None) == ("queued", True)


def test_a_sweep_gives_way_when_its_time_is_up(adapter: Adapter, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    for grant in (never_sent(adapter), never_sent(adapter)):
        make_due(grant)
    monkeypatch.setattr(sweep, "TIME_BOX", -1.0)
    wire.calls.clear()
    assert sweep.retry_queued().done == 0
    assert wire.calls == []
    monkeypatch.setattr(sweep, "TIME_BOX", 10.0)
    assert sweep.retry_queued().done == 2


def test_a_credited_grant_is_not_retried(adapter: Adapter, wire: Wire) -> None:
    give(player=PlayerFactory())
    assert sweep.retry_queued().done == 0
    assert wire.names == ["grant"]
