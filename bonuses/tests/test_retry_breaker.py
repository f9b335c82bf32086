"""The breaker: nobody calls a platform in trouble, and what waited for it goes out at once when it is back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bonuses.models import Grant
from bonuses.services import sweep
from bonuses.services.cancel import cancel
from bonuses.services.credit import AdapterRejected, AdapterUnavailable
from bonuses.tests.factories import AdapterFactory, PlayerFactory
from bonuses.tests.issuing import Wire, cool_down, give, give_in_vain, make_due, open_breaker
from bonuses.tests.platform_reports import TEST_CAUSE, current
from integrations.models import Adapter
from integrations.platforms import breaker
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db


def waiting(adapter: Adapter) -> list[Grant]:
    """Queued while the breaker was open, and not due for some seconds."""
    open_breaker(adapter)
    grants = [give_in_vain() for _ in range(3)]
    Grant.objects.update(next_attempt_at=timezone.now() + timedelta(seconds=300))
    return grants


def assert_due_at_once() -> None:
    assert not Grant.objects.filter(status="queued", next_attempt_at__gt=timezone.now()).exists()


def test_ten_troubles_in_a_row_open_it(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    simulator.add_fault("error")
    for _ in range(10):
        give_in_vain()
    assert breaker.state(adapter.pk).state == "open"
    give_in_vain()
    assert len(wire.calls) == 10


def test_while_it_is_open_issuing_keeps_the_grant_and_calls_nobody(
    adapter: Adapter, simulator: Remote, wire: Wire
) -> None:
    open_breaker(adapter)
    with pytest.raises(AdapterUnavailable) as caught:
        give()
    grant = Grant.objects.get()
    assert caught.value.details == {"grant_id": str(grant.pk)}
    assert caught.value.retry_after in (4, 5)
    assert (grant.status, grant.was_attempted, grant.claimed_until) == ("queued", False, None)
    assert grant.next_attempt_at is not None
    assert grant.next_attempt_at <= timezone.now() + timedelta(seconds=5)
    assert wire.calls == []


def test_while_it_is_open_the_sweep_puts_off(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    simulator.add_fault("error", count=1)
    attempted = give_in_vain()
    open_breaker(adapter)
    fresh = give_in_vain()
    for grant in (attempted, fresh):
        make_due(grant)
    assert sweep.retry_queued().put_off == 2
    assert wire.names == ["grant"]
    for grant, was_attempted in ((attempted, True), (fresh, False)):
        row = current(grant)
        assert (row.was_attempted, row.attempts, row.claimed_until) == (was_attempted, 1, None)
        assert row.next_attempt_at is not None
        assert row.next_attempt_at > timezone.now()


def test_a_cancel_while_it_is_open_keeps_the_wish(adapter: Adapter, wire: Wire) -> None:
    grant = give()
    open_breaker(adapter)
    with pytest.raises(AdapterUnavailable):
        cancel(grant_id=grant.pk, cause=TEST_CAUSE)
    assert (current(grant).status, current(grant).wish, wire.names) == ("active", "cancelled", ["grant"])


def test_a_probe_that_fails_keeps_it_open(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    first, *_ = waiting(adapter)
    simulator.add_fault("error")
    cool_down(adapter)
    make_due(first)
    Grant.objects.exclude(pk=first.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert sweep.retry_queued().put_off == 3
    assert wire.names == ["grant"]
    assert breaker.state(adapter.pk).state == "open"


def test_when_a_credit_closes_it_what_waits_is_due_at_once(adapter: Adapter, simulator: Remote) -> None:
    first, *others = waiting(adapter)
    cool_down(adapter)
    Grant.objects.filter(pk=first.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert sweep.retry_queued().done == 1
    assert breaker.state(adapter.pk).state == "closed"
    assert_due_at_once()
    assert sweep.retry_queued().done == 2
    assert [simulator.credits(grant.pk) for grant in (first, *others)] == [1, 1, 1]


def test_a_new_grant_may_be_the_probe(adapter: Adapter, simulator: Remote) -> None:
    waiting(adapter)
    cool_down(adapter)
    assert give().status == "active"
    assert_due_at_once()


def test_a_refusal_closes_it_too(adapter: Adapter, simulator: Remote) -> None:
    waiting(adapter)
    cool_down(adapter)
    simulator.add_fault("refuse", count=1)
    with pytest.raises(AdapterRejected):
        give()
    assert_due_at_once()


def test_an_answer_to_a_question_closes_it_too(adapter: Adapter, simulator: Remote) -> None:
    simulator.add_fault("drop", count=1)
    asked_for = give_in_vain()
    waiting(adapter)
    cool_down(adapter)
    make_due(asked_for)
    Grant.objects.filter(pk=asked_for.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    sweep.retry_queued()
    assert current(asked_for).status == "active"
    assert_due_at_once()


def test_a_refused_question_closes_it_too(adapter: Adapter, simulator: Remote) -> None:
    simulator.add_fault("drop", count=1)
    asked_for = give_in_vain()
    waiting(adapter)
    cool_down(adapter)
    simulator.add_fault("refuse", call="status", count=1)
    Grant.objects.filter(pk=asked_for.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert sweep.retry_queued().put_off == 1
    assert not Grant.objects.exclude(pk=asked_for.pk).filter(next_attempt_at__gt=timezone.now()).exists()


def test_a_cancel_closes_it_too(adapter: Adapter, simulator: Remote) -> None:
    grant = give()
    waiting(adapter)
    cool_down(adapter)
    assert cancel(grant_id=grant.pk, cause=TEST_CAUSE).status == "cancelled"
    assert_due_at_once()


def test_a_refused_cancel_closes_it_too(adapter: Adapter, simulator: Remote) -> None:
    grant = give()
    waiting(adapter)
    cool_down(adapter)
    simulator.add_fault("refuse", call="cancel")
    with pytest.raises(AdapterRejected):
        cancel(grant_id=grant.pk, cause=TEST_CAUSE)
    assert_due_at_once()


def test_the_breaker_of_one_adapter_is_not_that_of_another(adapter: Adapter, simulator: Remote) -> None:
    nordic = AdapterFactory(slug="nordic", kind="simulator", base_url=simulator.url, origins=["nordic.example"])
    open_breaker(nordic)
    queued = give_in_vain(player=PlayerFactory(origin="nordic.example"))
    assert give(player=PlayerFactory(origin="other.example")).status == "active"
    assert current(queued).next_attempt_at > timezone.now()  # type: ignore[operator]
