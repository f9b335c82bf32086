"""While we call the platform something else happens to the grant: what the call then says must not undo it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bonuses.models import Grant
from bonuses.services import sweep
from bonuses.services.cancel import cancel
from bonuses.services.claim import claim_until
from bonuses.services.credit import AdapterUnavailable, credit_new
from bonuses.services.issue import promise
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.issuing import Wire, change, give, request_for
from bonuses.tests.platform_reports import TEST_CAUSE, at, current, deliver, drifts, life_of, told
from integrations.models import Adapter, WebhookDelivery
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db


def only() -> Grant:
    return current(Grant.objects.get())


@pytest.mark.parametrize("capabilities", [["issue", "cancel"], ["issue", "cancel", "query_status"]])
def test_a_webhook_clears_the_doubt_that_a_lost_answer_leaves(
    adapter: Adapter, simulator: Remote, wire: Wire, capabilities: list[str]
) -> None:
    """A platform that can't be asked twice: what is known by its own report needs no person."""
    change(adapter, capabilities=capabilities)
    simulator.add_fault("drop", count=1)
    wire.after_next(lambda: deliver(only(), "bonus.credited"))
    assert give().status == "active"
    row = only()
    assert (row.status, row.needs_person, row.next_attempt_at, row.claimed_until) == ("active", False, None, None)


def test_a_wish_that_came_during_such_a_call_is_carried_out(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    change(adapter, capabilities=["issue", "cancel"])
    simulator.add_fault("drop", count=1)

    def cancelled_then_credited() -> None:
        with pytest.raises(AdapterUnavailable):
            cancel(grant_id=only().pk, cause=TEST_CAUSE, reason="a mistake")
        deliver(only(), "bonus.credited")

    wire.after_next(cancelled_then_credited)
    assert give().status == "active"
    assert sweep.carry_out_wishes().done == 1
    assert life_of(only()) == ["queued", "active", "cancelled"]
    assert simulator.grant(only().pk)["status"] == "cancelled"


def test_an_answer_takes_nobody_elses_claim_away(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    theirs = timezone.now() + timedelta(seconds=20)

    def credited_and_claimed_by_another() -> None:
        deliver(only(), "bonus.credited")
        Grant.objects.update(claimed_until=theirs)

    wire.after_next(credited_and_claimed_by_another)
    assert give().status == "active"
    assert only().claimed_until == theirs


def test_who_was_held_up_until_his_claim_ran_out_does_not_call(adapter: Adapter, wire: Wire) -> None:
    grant, _ = promise(request=request_for(TemplateFactory(), PlayerFactory()), cause=TEST_CAUSE)
    long_ago = timezone.now() - timedelta(seconds=60)
    grant.claimed_until = claim_until(adapter, long_ago)
    Grant.objects.update(claimed_until=grant.claimed_until, attempted_at=long_ago)
    with pytest.raises(AdapterUnavailable):
        credit_new(grant, cause=TEST_CAUSE)
    row = only()
    assert (wire.calls, row.status, row.attempted_at, row.claimed_until) == ([], "queued", None, None)
    assert row.next_attempt_at is not None


def test_a_reversal_that_comes_while_we_end_a_bonus_follows_its_ending(
    adapter: Adapter, simulator: Remote, wire: Wire
) -> None:
    grant = give()
    wire.after_next(lambda: deliver(grant, "bonus.reversed", ts=at(5)))
    with pytest.raises(AdapterUnavailable):
        cancel(grant_id=grant.pk, cause=TEST_CAUSE)
    assert life_of(grant) == ["queued", "active", "cancelled", "reversed"]
    assert told(grant) == ["0:Created", "0:Forfeited", "1:Reversed"]
    assert WebhookDelivery.objects.get().outcome == "applied"
    causes = list(current(grant).transitions.order_by("seq").values_list("cause", flat=True))
    assert causes == ["api", "api", "api", "webhook"]


def test_a_reversal_that_had_waited_before_does_not_bring_back_what_we_end(adapter: Adapter, wire: Wire) -> None:
    grant = give()
    deliver(grant, "bonus.reversed", ts=at(5))
    long_ago = timezone.now() - timedelta(minutes=5)
    WebhookDelivery.objects.update(received_at=long_ago)
    assert cancel(grant_id=grant.pk, cause=TEST_CAUSE).status == "cancelled"
    assert (life_of(grant), drifts(grant)) == (["queued", "active", "cancelled"], [])


def test_a_reversal_that_comes_while_we_ask_follows_the_ending_we_hear_of(
    adapter: Adapter, simulator: Remote, wire: Wire
) -> None:
    grant = give()
    Grant.objects.update(heard_at=timezone.now() - timedelta(hours=25))
    simulator.enqueue({"event": "bonus.completed", "grant_id": str(grant.pk)})
    wire.after_next(lambda: deliver(grant, "bonus.reversed", ts=at(5)))
    sweep.reconcile_grants()
    assert life_of(grant) == ["queued", "active", "completed", "reversed"]
    assert told(grant) == ["0:Created", "0:Completed", "1:Reversed"]
