"""A platform that would credit again if it was asked again: it never is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bonuses.models import Grant
from bonuses.services import sweep
from bonuses.services.stop import stop
from bonuses.tests.issuing import Wire, change, give_in_vain, let_time_pass, make_due, never_sent
from bonuses.tests.platform_reports import current
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db


@pytest.fixture
def adapter(adapter: Adapter, simulator: Remote) -> Adapter:
    simulator.put_faults(repeats="credit_again")
    change(adapter, capabilities=["issue", "cancel", "query_status"])
    return adapter


def test_what_it_has_credited_is_found_by_asking(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    simulator.add_fault("drop", count=1)
    grant = give_in_vain()
    assert (grant.needs_person, grant.next_attempt_at is None) == (True, False)
    make_due(grant)
    sweep.retry_queued()
    assert (wire.names, simulator.credits(grant.pk)) == (["grant", "status"], 1)
    assert (current(grant).status, current(grant).needs_person) == ("active", False)


def test_what_it_has_not_seen_waits_for_a_person(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    simulator.add_fault("error", count=1)
    grant = give_in_vain()
    make_due(grant)
    sweep.retry_queued()
    for _ in range(3):
        let_time_pass(grant)
        sweep.retry_queued()
    assert wire.names == ["grant"] + 4 * ["status"]
    row = current(grant)
    assert (row.status, row.needs_person, row.slot) == ("queued", True, 0)
    assert row.next_attempt_at is not None


def test_it_may_still_credit_within_its_processing_time(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    change(adapter, read_timeout_ms=100)
    simulator.add_fault("late", count=1, delay_seconds=3)
    grant = give_in_vain()
    make_due(grant)
    change(adapter, read_timeout_ms=5000)
    sweep.retry_queued()
    row = current(grant)
    assert (row.status, wire.names) == ("queued", ["grant", "status"])
    assert row.attempted_at is not None
    assert row.next_attempt_at is not None
    # Asked again once a 404 proves something: 60 s of processing after a call under a claim of 3 * 8 + 5 s.
    assert timedelta(seconds=88) < row.next_attempt_at - row.attempted_at < timedelta(seconds=90)
    assert simulator.settle()
    make_due(grant)
    sweep.retry_queued()
    assert (current(grant).status, simulator.credits(grant.pk)) == ("active", 1)


def test_what_was_certainly_never_sent_is_sent(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    grant = never_sent(adapter)
    assert not grant.needs_person
    make_due(grant)
    sweep.retry_queued()
    assert (current(grant).status, simulator.credits(grant.pk)) == ("active", 1)


def test_one_that_can_not_be_asked_either_waits_for_a_person_alone(
    adapter: Adapter, simulator: Remote, wire: Wire
) -> None:
    change(adapter, capabilities=["issue", "cancel"])
    simulator.add_fault("drop", count=1)
    grant = give_in_vain()
    assert (grant.needs_person, grant.next_attempt_at) == (True, None)
    let_time_pass(grant)
    assert sweep.retry_queued().done == 0
    assert wire.names == ["grant"]


def test_a_death_before_the_answer_leaves_it_to_a_person_too(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """The claim is all that a killed process has left behind."""
    change(adapter, capabilities=["issue", "cancel"])
    simulator.add_fault("drop", count=1)
    grant = give_in_vain()
    past = timezone.now() - timedelta(seconds=1)
    Grant.objects.filter(pk=grant.pk).update(needs_person=False, claimed_until=past, next_attempt_at=past)
    sweep.retry_queued()
    assert (current(grant).needs_person, current(grant).next_attempt_at, wire.names) == (True, None, ["grant"])


def test_a_stop_does_not_hide_it_from_that_person(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    simulator.add_fault("error", count=1)
    grant = give_in_vain()
    stop(scope="all", target=None, reason="test", by="tester")
    let_time_pass(grant)
    sweep.retry_queued()
    assert (current(grant).status, current(grant).needs_person) == ("queued", True)
