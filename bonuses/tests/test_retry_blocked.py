"""The player stops being active while a grant is queued: what he never had he does not get."""

import pytest

from bonuses.models import Grant, GrantTransition
from bonuses.services import sweep
from bonuses.tests.issuing import Wire, give_in_vain, let_time_pass, make_due, never_sent
from bonuses.tests.platform_reports import current, deliver, drifts, life_of, told
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db


def block(grant: Grant) -> None:
    grant.player.status = "self_excluded"
    grant.player.save()


def test_never_attempted_it_fails(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    grant = never_sent(adapter)
    block(grant)
    make_due(grant)
    wire.calls.clear()
    sweep.retry_queued()
    row = current(grant)
    assert (row.status, row.failure_code, row.slot) == ("failed", "PLAYER_BLOCKED", None)
    assert (wire.calls, simulator.credits(grant.pk), told(grant)) == ([], 0, [])
    assert life_of(grant) == ["queued", "failed"]
    assert GrantTransition.objects.get(grant=grant, seq=2).reason == "PLAYER_BLOCKED"


def test_attempted_it_fails_only_once_the_platform_can_not_credit_it_any_more(
    adapter: Adapter, simulator: Remote, wire: Wire
) -> None:
    simulator.add_fault("error", count=1)
    grant = give_in_vain()
    block(grant)
    make_due(grant)
    sweep.retry_queued()
    assert current(grant).status == "queued"
    let_time_pass(grant)
    sweep.retry_queued()
    row = current(grant)
    assert (row.status, row.failure_code, row.slot) == ("failed", "PLAYER_BLOCKED", None)
    assert (wire.names, simulator.credits(grant.pk)) == (["grant", "status", "status"], 0)


def test_credited_already_it_is_taken_over(adapter: Adapter, simulator: Remote) -> None:
    """That he has it is true, whatever we would have wished; what to do about it is for a person."""
    simulator.add_fault("drop", count=1)
    grant = give_in_vain()
    block(grant)
    make_due(grant)
    sweep.retry_queued()
    assert (current(grant).status, told(grant)) == ("active", ["0:Created"])


def test_blocked_while_the_platform_is_asked(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    simulator.add_fault("error", count=1)
    grant = give_in_vain()
    make_due(grant)
    wire.before_next(lambda: block(grant))
    sweep.retry_queued()
    assert (wire.names, simulator.credits(grant.pk)) == (["grant", "status"], 0)
    assert current(grant).status == "queued"


def test_a_credit_that_comes_after_it_failed_is_drift(adapter: Adapter) -> None:
    grant = never_sent(adapter)
    block(grant)
    make_due(grant)
    sweep.retry_queued()
    deliver(grant, "bonus.credited")
    assert (current(grant).status, told(grant)) == ("failed", [])
    assert drifts(grant) == [("credited_after_end", "failed", "bonus.credited")]
