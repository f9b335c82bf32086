"""The platform says no: the grant has failed for good, and its slot is free again."""

import pytest

from bonuses.models import Grant, GrantTransition
from bonuses.services import sweep
from bonuses.services.credit import AdapterRejected
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.issuing import Wire, give, give_in_vain, make_due
from bonuses.tests.platform_reports import current, deliver, everything, life_of, told
from integrations.models import Adapter
from integrations.platforms import breaker
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_refusal(adapter: Adapter, simulator: Remote, wire: Wire, status: int) -> None:
    simulator.add_fault("refuse", status=status, code="NO_WALLET", message="The player has no wallet.")
    with pytest.raises(AdapterRejected) as caught:
        give()
    grant = Grant.objects.get()
    assert (caught.value.code, caught.value.details) == (
        "ADAPTER_REJECTED",
        {"grant_id": str(grant.pk), "platform_code": "NO_WALLET", "platform_message": "The player has no wallet."},
    )
    assert (grant.status, grant.slot, grant.activated_at) == ("failed", None, None)
    assert (grant.failure_code, grant.failure_message) == ("NO_WALLET", "The player has no wallet.")
    assert (grant.claimed_until, grant.next_attempt_at, grant.ended_at is None) == (None, None, False)
    assert life_of(grant) == ["queued", "failed"]
    assert GrantTransition.objects.get(grant=grant, seq=2).reason == "NO_WALLET"
    assert told(grant) == []
    assert simulator.credits(grant.pk) == 0


def test_it_is_never_tried_again(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    simulator.add_fault("refuse", count=1)
    with pytest.raises(AdapterRejected):
        give()
    before = everything()
    make_due(Grant.objects.get())
    sweep.retry_queued()
    sweep.expire_grants()
    sweep.reconcile_grants()
    assert everything() == before
    assert wire.names == ["grant"]


def test_what_a_report_has_credited_already_is_not_refused(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """Who is told of a refusal may issue it anew."""
    simulator.add_fault("refuse", count=1)
    wire.after_next(lambda: deliver(Grant.objects.get(), "bonus.credited"))
    grant = give()
    assert (grant.status, grant.failure_code, life_of(grant)) == ("active", "", ["queued", "active"])


def test_a_repeated_request_gets_the_same_answer(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    template, player = TemplateFactory(), PlayerFactory()
    simulator.add_fault("refuse", count=1, code="NO_WALLET", message="No.")
    answers = []
    for _ in range(2):
        with pytest.raises(AdapterRejected) as caught:
            give(template, player, request={"request_key": "key-1"})
        answers.append(caught.value.details)
    assert answers[0] == answers[1]
    assert (wire.names, Grant.objects.count()) == (["grant"], 1)


def test_a_refused_retry_fails_the_grant(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    simulator.add_fault("error", count=1)
    grant = give_in_vain()
    simulator.add_fault("refuse", code="PLAYER_BLOCKED")
    make_due(grant)
    assert sweep.retry_queued().put_off == 1
    row = current(grant)
    assert (row.status, row.failure_code, row.slot) == ("failed", "PLAYER_BLOCKED", None)
    assert GrantTransition.objects.get(grant=grant, seq=2).cause == "system"


def test_a_refusal_is_no_trouble(adapter: Adapter, simulator: Remote) -> None:
    simulator.add_fault("refuse")
    for _ in range(breaker.OPENS_AFTER + 1):
        with pytest.raises(AdapterRejected):
            give()
    assert breaker.state(adapter.pk).state == "closed"


def test_a_long_refusal_is_cut(adapter: Adapter, simulator: Remote) -> None:
    simulator.add_fault("refuse", code="C" * 300, message="m" * 3000)
    with pytest.raises(AdapterRejected):
        give()
    grant = Grant.objects.get()
    assert (grant.failure_code, grant.failure_message) == ("C" * 100, "m" * 500)


@pytest.mark.parametrize("status", [401, 403, 404, 408, 425, 429, 500, 502])
def test_other_answers_refuse_nothing(adapter: Adapter, simulator: Remote, status: int) -> None:
    """One rotated token must not fail a million players."""
    simulator.add_fault("error", status=status, code="UNAUTHORIZED", message="Who are you?")
    grant = give_in_vain()
    assert (grant.failure_code, grant.slot, breaker.state(adapter.pk).troubles) == ("", 0, 1)
