"""No usable answer from the platform: the grant stays queued, the sweep finds out, and it is credited exactly once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bonuses.models import Grant
from bonuses.services import sweep
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.issuing import Wire, change, closed_port, give, give_in_vain, make_due
from bonuses.tests.platform_reports import current, deliver, life_of, told
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db

FAULTS: dict[str, dict[str, Any]] = {
    "server error": {"kind": "error", "status": 500},
    "unavailable": {"kind": "error", "status": 503},
    "wrong token": {"kind": "error", "status": 401},
    "credited, then dropped": {"kind": "drop"},
    "dropped": {"kind": "drop", "works": False},
    "hangs": {"kind": "hang", "delay_seconds": 1},
    # Long after: whoever asks meanwhile is to find nothing, also on a slow machine.
    "credits after we gave up": {"kind": "late", "delay_seconds": 3},
    "garbage": {"kind": "garbage"},
    "ten megabytes": {"kind": "oversized"},
    "redirect": {"kind": "redirect"},
}
CREDITED = {"credited, then dropped", "garbage", "ten megabytes"}


def check_credited_once(grant: Grant, simulator: Remote, wire: Wire) -> None:
    assert simulator.settle()
    assert simulator.credits(grant.pk) == 1
    bodies = {call.body for call in wire.calls if call.name == "grant"}
    assert len(bodies) == 1
    assert simulator.state()["repeats"]["with_other_bytes"] == 0
    row = current(grant)
    assert (row.claimed_until, row.next_attempt_at, row.needs_person) == (None, None, False)
    assert row.platform_bonus_id == simulator.grant(grant.pk)["platform_bonus_id"]
    assert life_of(grant) == ["queued", "active"]
    assert told(grant) == ["0:Created"]


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_kept_and_repaired(adapter: Adapter, simulator: Remote, wire: Wire, fault: str) -> None:
    change(adapter, read_timeout_ms=100)
    simulator.add_fault(**FAULTS[fault], count=1)
    asked_at = timezone.now()
    grant = give_in_vain()
    assert (grant.was_attempted, grant.needs_person, grant.attempts) == (True, False, 1)
    assert grant.claimed_until is None
    assert grant.next_attempt_at is not None
    assert timedelta(seconds=2.5) <= grant.next_attempt_at - asked_at
    assert grant.next_attempt_at <= timezone.now() + timedelta(seconds=5)
    assert (life_of(grant), told(grant)) == (["queued"], [])

    change(adapter, read_timeout_ms=5000)
    make_due(grant)
    assert sweep.retry_queued().done == 1
    # It asks first, and repeats only what the platform has not seen.
    assert wire.names == ["grant", "status"] + ([] if fault in CREDITED else ["grant"])
    check_credited_once(grant, simulator, wire)
    assert "redirect_followed" not in simulator.state()["faults_played"]


def test_a_trickling_answer_does_not_hold_us_longer_than_the_total_time(
    adapter: Adapter, simulator: Remote, wire: Wire
) -> None:
    change(adapter, total_timeout_ms=600)
    simulator.add_fault("trickle", count=1, delay_seconds=10)
    grant = give_in_vain()
    assert grant.was_attempted
    change(adapter, total_timeout_ms=8000)
    make_due(grant)
    sweep.retry_queued()
    assert wire.names == ["grant", "status"]
    check_credited_once(grant, simulator, wire)


@pytest.mark.parametrize("mode", ["close", "unavailable"])
def test_an_outage_for_several_rounds(adapter: Adapter, simulator: Remote, wire: Wire, mode: str) -> None:
    simulator.put_faults(outage={"mode": mode})
    grant = give_in_vain()
    for attempts in (2, 3):
        make_due(grant)
        assert sweep.retry_queued().put_off == 1
        assert (current(grant).status, current(grant).attempts) == ("queued", attempts)
    assert wire.names == ["grant", "status", "status"]
    simulator.clear_faults()
    make_due(grant)
    sweep.retry_queued()
    check_credited_once(grant, simulator, wire)


def test_where_nobody_listens_nothing_was_sent(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """Then there is nothing to ask about, however often it failed."""
    url = adapter.base_url
    change(adapter, base_url=closed_port())
    grant = give_in_vain()
    assert (grant.was_attempted, grant.attempts) == (False, 1)
    make_due(grant)
    sweep.retry_queued()
    assert (current(grant).was_attempted, current(grant).attempts) == (False, 2)
    change(adapter, base_url=url)
    make_due(grant)
    sweep.retry_queued()
    assert wire.names == ["grant", "grant", "grant"]
    check_credited_once(grant, simulator, wire)


def test_a_later_call_that_never_left_does_not_undo_the_doubt(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """The first call credited, the second one found nobody: the third must ask."""
    change(adapter, capabilities=["issue", "cancel", "idempotent"])
    url = adapter.base_url
    simulator.add_fault("drop", count=1)
    grant = give_in_vain()
    change(adapter, base_url=closed_port(), capabilities=["issue", "cancel", "idempotent"])
    make_due(grant)
    sweep.retry_queued()
    assert current(grant).was_attempted
    change(adapter, base_url=url, capabilities=["issue", "cancel", "idempotent", "query_status"])
    make_due(grant)
    sweep.retry_queued()
    assert wire.names == ["grant", "grant", "status"]
    check_credited_once(grant, simulator, wire)


def test_a_platform_that_answers_a_repeat_with_duplicate_grant(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    change(adapter, capabilities=["issue", "cancel", "idempotent"])
    simulator.put_faults(repeats="refuse", rules=[{"kind": "drop", "count": 1}])
    grant = give_in_vain()
    make_due(grant)
    sweep.retry_queued()
    assert wire.names == ["grant", "grant", "status"]
    check_credited_once(grant, simulator, wire)


def test_a_duplicate_whose_status_can_not_be_had_is_tried_again(
    adapter: Adapter, simulator: Remote, wire: Wire
) -> None:
    change(adapter, capabilities=["issue", "cancel", "idempotent"])
    rules = [{"kind": "drop", "count": 1}, {"kind": "error", "call": "status", "count": 1}]
    simulator.put_faults(repeats="refuse", rules=rules)
    grant = give_in_vain()
    for _ in range(2):
        make_due(grant)
        sweep.retry_queued()
    assert wire.names == ["grant", "grant", "status", "grant", "status"]
    check_credited_once(grant, simulator, wire)


def test_what_has_become_of_it_meanwhile_is_taken_over(adapter: Adapter, simulator: Remote) -> None:
    """It was credited, played and completed before we could ask: both changes are in its history, and both told."""
    simulator.add_fault("drop", count=1)
    grant = give_in_vain()
    simulator.enqueue({"event": "bonus.completed", "grant_id": str(grant.pk)})
    make_due(grant)
    sweep.retry_queued()
    assert life_of(grant) == ["queued", "active", "completed"]
    assert told(grant) == ["0:Created", "0:Completed"]


def test_a_report_that_comes_before_the_answer_wins(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    wire.after_next(lambda: deliver(Grant.objects.get(), "bonus.credited"))
    grant = give()
    assert life_of(grant) == ["queued", "active"]
    assert told(grant) == ["0:Created"]
    assert grant.platform_bonus_id == simulator.grant(grant.pk)["platform_bonus_id"]


def test_a_report_that_comes_instead_of_the_answer_is_enough(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    simulator.add_fault("drop", count=1)
    wire.after_next(lambda: deliver(Grant.objects.get(), "bonus.credited"))
    grant = give()
    assert (grant.status, grant.claimed_until) == ("active", None)
    make_due(grant)
    assert sweep.retry_queued().done == 0
    assert wire.names == ["grant"]
    assert told(grant) == ["0:Created"]


def test_a_report_of_its_end_that_comes_before_the_answer_stays(adapter: Adapter, wire: Wire) -> None:
    wire.after_next(lambda: deliver(Grant.objects.get(), "bonus.lost"))
    grant = give()
    assert life_of(grant) == ["queued", "active", "lost"]
    assert told(grant) == ["0:Created", "0:Lost"]


def test_a_repeated_request_while_it_is_queued(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """The same key is told of the same grant, and calls nobody; once it is credited it says so."""
    template, player = TemplateFactory(), PlayerFactory()
    simulator.add_fault("error", count=1)
    grant = give_in_vain(template, player, request={"request_key": "key-1"})
    assert give_in_vain(template, player, request={"request_key": "key-1"}).pk == grant.pk
    assert wire.names == ["grant"]
    make_due(grant)
    sweep.retry_queued()
    assert give(template, player, request={"request_key": "key-1"}).pk == grant.pk
    assert Grant.objects.count() == 1
