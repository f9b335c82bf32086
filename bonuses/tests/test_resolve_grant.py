"""A person says what became of a call whose outcome the platform can't tell."""

import uuid

import pytest

from bonuses.lifecycle import Cause, CauseKind
from bonuses.models import Grant, GrantTransition
from bonuses.services import sweep
from bonuses.services.cancel import cancel
from bonuses.services.credit import AdapterUnavailable
from bonuses.services.resolve import GrantNotUnresolved, resolve
from bonuses.services.transition import GrantNotFound
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.issuing import Wire, change, give, give_in_vain, let_time_pass
from bonuses.tests.platform_reports import current, deliver, drifts, everything, life_of, told
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db

ANN = Cause(CauseKind.ADMIN, actor="ann")


@pytest.fixture
def adapter(adapter: Adapter, simulator: Remote) -> Adapter:
    simulator.put_faults(repeats="credit_again")
    change(adapter, capabilities=["issue", "cancel"])
    return adapter


@pytest.fixture
def unresolved(adapter: Adapter, simulator: Remote) -> Grant:
    simulator.add_fault("drop", count=1)
    return give_in_vain(TemplateFactory(), PlayerFactory(external_id="the player"))


@pytest.fixture
def unwanted(unresolved: Grant) -> Grant:
    """Somebody wishes it cancelled, whatever became of it."""
    with pytest.raises(AdapterUnavailable):
        cancel(grant_id=unresolved.pk, cause=ANN, reason="by mistake")
    grant = current(unresolved)
    assert (grant.status, grant.wish, grant.needs_person) == ("queued", "cancelled", True)
    return grant


def test_it_was_credited(unresolved: Grant, wire: Wire) -> None:
    grant = resolve(grant_id=unresolved.pk, was_credited=True, cause=ANN, reason="seen in their books")
    row = current(grant)
    assert (row.status, row.needs_person, row.next_attempt_at, row.claimed_until) == ("active", False, None, None)
    assert (life_of(row), told(row)) == (["queued", "active"], ["0:Created"])
    step = GrantTransition.objects.get(grant=row, seq=2)
    assert (step.cause, step.actor, step.reason) == ("admin", "ann", "seen in their books")
    assert wire.calls == []


def test_it_was_not_credited(unresolved: Grant, simulator: Remote) -> None:
    resolve(grant_id=unresolved.pk, was_credited=False, cause=ANN, reason="not in their books")
    row = current(unresolved)
    assert (row.status, row.slot, row.needs_person) == ("failed", None, False)
    assert (row.failure_code, row.failure_message) == ("NOT_CREDITED", "not in their books")
    assert (life_of(row), told(row)) == (["queued", "failed"], [])
    assert give(row.template, row.player).status == "active"


def test_it_was_not_credited_and_not_wanted_either(unwanted: Grant) -> None:
    resolve(grant_id=unwanted.pk, was_credited=False, cause=ANN)
    row = current(unwanted)
    assert (row.status, row.slot, row.failure_code, row.wish) == ("cancelled", None, "", "")
    assert (life_of(row), told(row)) == (["queued", "cancelled"], [])
    assert GrantTransition.objects.get(grant=row, seq=2).reason == "by mistake"


def test_it_was_credited_and_is_not_wanted(unwanted: Grant, simulator: Remote) -> None:
    resolve(grant_id=unwanted.pk, was_credited=True, cause=ANN)
    assert (current(unwanted).status, current(unwanted).wish) == ("active", "cancelled")
    sweep.carry_out_wishes()
    assert simulator.grant(unwanted.pk)["status"] == "cancelled"
    assert life_of(unwanted) == ["queued", "active", "cancelled"]
    assert told(unwanted) == ["0:Created", "0:Forfeited"]


def test_nothing_but_a_person_or_the_platform_moves_it(unresolved: Grant, wire: Wire) -> None:
    let_time_pass(unresolved)
    before = everything()
    sweep.retry_queued()
    sweep.carry_out_wishes()
    sweep.reconcile_grants()
    assert everything() == before
    assert wire.calls == []


def test_the_platform_may_say_it_first(unresolved: Grant) -> None:
    deliver(unresolved, "bonus.credited")
    assert (current(unresolved).status, current(unresolved).needs_person) == ("active", False)
    with pytest.raises(GrantNotUnresolved):
        resolve(grant_id=unresolved.pk, was_credited=False, cause=ANN)


def test_the_platform_contradicts(unresolved: Grant) -> None:
    resolve(grant_id=unresolved.pk, was_credited=False, cause=ANN)
    deliver(unresolved, "bonus.credited")
    assert current(unresolved).status == "failed"
    assert drifts(unresolved) == [("credited_after_end", "failed", "bonus.credited")]


@pytest.mark.parametrize("was_credited", [True, False])
def test_what_waits_for_nobody_is_not_resolved(adapter: Adapter, was_credited: bool) -> None:
    grant = give()
    before = everything()
    with pytest.raises(GrantNotUnresolved) as caught:
        resolve(grant_id=grant.pk, was_credited=was_credited, cause=ANN)
    assert (caught.value.code, caught.value.details) == ("GRANT_NOT_UNRESOLVED", {"status": "active"})
    assert everything() == before


def test_what_does_not_exist_is_not_resolved(db: None) -> None:
    with pytest.raises(GrantNotFound):
        resolve(grant_id=uuid.uuid4(), was_credited=True, cause=ANN)
