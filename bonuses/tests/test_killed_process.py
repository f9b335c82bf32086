"""A process is killed, without warning, at each place where that could hurt; the sweep puts it right."""

import signal
from collections.abc import Callable

import pytest

from bonuses.models import Grant, GrantTransition
from bonuses.services import sweep
from bonuses.services.credit import AdapterRejected
from bonuses.tests import doomed
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.issuing import Wire, change, give, give_in_vain, let_time_pass, make_due, never_sent
from bonuses.tests.platform_reports import current, deliver, everything, life_of, told
from integrations.models import Adapter, WebhookDelivery
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db(transaction=True)

Killed = Callable[..., None]


@pytest.fixture
def killed(database_url: str) -> Killed:
    """Run a verb in a process that is killed when it comes to `at`."""

    def run(verb: str, *ids: object, at: str) -> None:
        assert doomed.run(database_url, verb, *ids, failpoint=at) == -signal.SIGKILL

    return run


def killed_while_issuing(killed: Killed, at: str) -> Grant:
    killed("issue_one", TemplateFactory().pk, PlayerFactory(external_id="the player").pk, at=at)
    grant = Grant.objects.get()
    assert (grant.status, grant.slot, grant.was_attempted) == ("queued", 0, True)
    assert (life_of(grant), told(grant)) == (["queued"], [])
    return grant


def check_credited_once(grant: Grant, simulator: Remote) -> None:
    assert simulator.credits(grant.pk) == 1
    assert simulator.state()["repeats"]["with_other_bytes"] == 0
    row = current(grant)
    assert (row.claimed_until, row.next_attempt_at) == (None, None)
    assert row.platform_bonus_id == simulator.grant(grant.pk)["platform_bonus_id"]
    assert (life_of(grant), told(grant)) == (["queued", "active"], ["0:Created"])


@pytest.mark.parametrize(
    ("at", "credited", "then"),
    [
        ("issue.promised", 0, ["status", "grant"]),
        ("credit.claimed", 0, ["status", "grant"]),
        ("credit.answered", 1, ["status"]),
    ],
)
def test_while_issuing(
    *, adapter: Adapter, simulator: Remote, wire: Wire, killed: Killed, at: str, credited: int, then: list[str]
) -> None:
    grant = killed_while_issuing(killed, at)
    assert simulator.credits(grant.pk) == credited
    # Nobody knows that it is dead before its claim has run out.
    assert sweep.retry_queued().done == 0
    make_due(grant)
    assert sweep.retry_queued().done == 1
    assert wire.names == then
    check_credited_once(grant, simulator)


def test_the_request_that_is_sent_again_makes_no_second_grant(
    adapter: Adapter, simulator: Remote, killed: Killed
) -> None:
    grant = killed_while_issuing(killed, "credit.answered")
    again = {"request_key": "doomed"}
    assert give_in_vain(grant.template, grant.player, request=again).pk == grant.pk
    make_due(grant)
    sweep.retry_queued()
    assert give(grant.template, grant.player, request=again).pk == grant.pk
    assert Grant.objects.count() == 1
    check_credited_once(grant, simulator)


def test_before_a_refusal_was_written_down(adapter: Adapter, simulator: Remote, wire: Wire, killed: Killed) -> None:
    simulator.put_faults(refused_players={"the player": {"code": "NO_WALLET"}})
    grant = killed_while_issuing(killed, "credit.answered")
    make_due(grant)
    assert sweep.retry_queued().put_off == 1
    row = current(grant)
    assert (row.status, row.failure_code, row.slot) == ("failed", "NO_WALLET", None)
    assert (life_of(grant), told(grant), simulator.credits(grant.pk)) == (["queued", "failed"], [], 0)
    with pytest.raises(AdapterRejected):
        give(grant.template, grant.player, request={"request_key": "doomed"})


def test_at_a_platform_that_would_credit_twice(adapter: Adapter, simulator: Remote, wire: Wire, killed: Killed) -> None:
    """Nobody can tell whether the call was made, so it is not made again."""
    simulator.put_faults(repeats="credit_again")
    change(adapter, capabilities=["issue", "cancel", "query_status"])
    grant = killed_while_issuing(killed, "credit.claimed")
    for _ in range(2):
        let_time_pass(grant)
        sweep.retry_queued()
    assert (current(grant).status, current(grant).needs_person) == ("queued", True)
    assert wire.names == ["status", "status"]


@pytest.mark.parametrize(("at", "credited"), [("credit.claimed", 0), ("credit.answered", 1)])
def test_while_retrying(
    *, adapter: Adapter, simulator: Remote, wire: Wire, killed: Killed, at: str, credited: int
) -> None:
    grant = never_sent(adapter)
    make_due(grant)
    wire.calls.clear()
    killed("retry_all", at=at)
    assert (current(grant).was_attempted, simulator.credits(grant.pk)) == (True, credited)
    make_due(grant)
    sweep.retry_queued()
    assert wire.names == (["status"] if credited else ["status", "grant"])
    check_credited_once(grant, simulator)


@pytest.mark.parametrize(("at", "status"), [("finish.claimed", "credited"), ("finish.answered", "cancelled")])
def test_while_cancelling(
    *, adapter: Adapter, simulator: Remote, wire: Wire, killed: Killed, at: str, status: str
) -> None:
    grant = give()
    killed("cancel_one", grant.pk, at=at)
    assert (current(grant).status, current(grant).wish) == ("active", "cancelled")
    assert simulator.grant(grant.pk)["status"] == status
    assert sweep.carry_out_wishes().done == 0
    make_due(grant)
    assert sweep.carry_out_wishes().done == 1
    assert (simulator.grant(grant.pk)["status"], simulator.ledger_of(grant.pk)["balance"]) == ("cancelled", 0)
    assert (life_of(grant), told(grant)) == (["queued", "active", "cancelled"], ["0:Created", "0:Forfeited"])
    step = GrantTransition.objects.get(grant=grant, seq=3)
    assert (step.actor, step.reason) == ("tester", "a mistake")


def test_while_a_webhook_is_applied(adapter: Adapter, killed: Killed) -> None:
    """Nothing of it has happened; sent again, it is applied whole, and then it is a replay."""
    grant = give()
    before = everything()
    killed("hear_of_completion", grant.pk, "e-1", at="webhook.applied")
    assert everything() == before
    assert not WebhookDelivery.objects.exists()
    answers = [deliver(grant, "bonus.completed", {"turned_real": 700}, event_id="e-1").applied for _ in range(2)]
    assert answers == [True, False]
    assert (life_of(grant), told(grant)) == (["queued", "active", "completed"], ["0:Created", "0:Completed"])
    assert current(grant).bonus_turned_real == 700
