"""A kept delivery that did nothing can be applied later, once, by a person."""

import threading
import uuid

import pytest
from django.db import connections

from bonuses.models import Grant
from bonuses.services import platform_event
from bonuses.services.platform_event import DeliveryNotReapplicable, Received, reapply
from bonuses.services.transition import GrantNotFound
from bonuses.tests.factories import GrantFactory
from bonuses.tests.platform_reports import (
    at,
    credited,
    current,
    deliver,
    drifts,
    everything,
    promised,
    report,
    told,
)
from bonuses.webhook_events import MalformedEvent
from integrations.models import WebhookDelivery

pytestmark = pytest.mark.django_db


def newest() -> WebhookDelivery:
    found = WebhookDelivery.objects.order_by("received_at", "id").last()
    assert found is not None
    return found


def failed_delivery(grant: Grant, event: str, **data: object) -> WebhookDelivery:
    """One that met an error of ours."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(platform_event, "failpoint", _break_down)
        with pytest.raises(platform_event.DeliveryFailed):
            deliver(grant, event, data or None, event_id="e-1")
    return newest()


def _break_down(name: str) -> None:
    raise RuntimeError(name)


def again(delivery: WebhookDelivery) -> Received:
    return reapply(delivery_id=delivery.pk, actor="ann")


def refused(delivery: WebhookDelivery, error: type[Exception]) -> bool:
    before, kept = everything(), list(WebhookDelivery.objects.order_by("pk").values())
    with pytest.raises(error):
        again(delivery)
    return everything() == before and list(WebhookDelivery.objects.order_by("pk").values()) == kept


def test_a_delivery_that_failed_is_applied_and_says_by_whom() -> None:
    grant = promised()
    delivery = failed_delivery(grant, "bonus.credited")
    answer = again(delivery)
    assert (answer.applied, answer.new_status) == (True, "active")
    delivery.refresh_from_db()
    assert (delivery.outcome, delivery.dedup_key, delivery.detail) == ("applied", "e-1", "")
    step = current(grant).transitions.last()
    assert (step.cause, step.actor, step.webhook_id) == ("webhook", "ann", delivery.pk)
    assert told(grant) == ["0:Created"]


def test_it_is_applied_once() -> None:
    grant = credited(wagering_requirement_multiplier=1)
    delivery = failed_delivery(grant, "bonus.wagered", bet_amount=100, game_category="slots")
    again(delivery)
    assert refused(delivery, DeliveryNotReapplicable)
    assert current(grant).wagering_progress == 100


def test_the_platforms_own_repetition_counts_instead() -> None:
    grant = credited(wagering_requirement_multiplier=1)
    data = {"bet_amount": 100, "game_category": "slots"}
    delivery = failed_delivery(grant, "bonus.wagered", **data)
    assert deliver(grant, "bonus.wagered", data, event_id="e-1").applied is True
    assert refused(delivery, DeliveryNotReapplicable)
    assert current(grant).wagering_progress == 100


def test_after_it_was_applied_the_platforms_repetition_is_a_replay() -> None:
    grant = promised()
    again(failed_delivery(grant, "bonus.credited"))
    assert deliver(grant, "bonus.credited", event_id="e-1").applied is False
    assert newest().outcome == "replay"


@pytest.mark.parametrize("count", [1, 2])
def test_what_counted_or_was_a_replay_is_not_applied_again(count: int) -> None:
    grant = promised()
    for _ in range(count):
        deliver(grant, "bonus.credited", event_id="e-1")
    assert refused(newest(), DeliveryNotReapplicable)


def test_what_the_state_did_not_allow_may_be_allowed_later() -> None:
    grant = GrantFactory(status="lost", transition_count=0)
    deliver(grant, "bonus.completed", ts=at(5))
    late = newest()
    assert late.outcome == "not_applied"
    assert again(late).applied is False
    deliver(grant, "bonus.reversed", ts=at(4))
    answer = again(late)
    assert (answer.applied, answer.new_status) == (True, "completed")
    assert told(grant) == ["1:Reversed", "1:Completed"]
    assert refused(late, DeliveryNotReapplicable)


def test_an_early_reversal_is_applied_when_the_grant_has_ended_without_a_report() -> None:
    grant: Grant = GrantFactory(status="active", transition_count=0)
    deliver(grant, "bonus.reversed", ts=at(2))
    early = newest()
    assert again(early).applied is False
    early.refresh_from_db()
    assert early.outcome == "early"
    deliver(grant, "bonus.lost", ts=at(1))
    early.refresh_from_db()
    assert early.outcome == "applied"
    assert refused(early, DeliveryNotReapplicable)


def test_an_unknown_grant_stays_unknown() -> None:
    grant = promised()
    with pytest.raises(GrantNotFound):
        platform_event.receive(adapter=grant.adapter, body=report(uuid.uuid4(), "bonus.credited"), headers={})
    assert refused(newest(), GrantNotFound)


def test_a_grant_that_was_unknown_may_have_become_known() -> None:
    grant = promised()
    grant_id = uuid.uuid4()
    with pytest.raises(GrantNotFound):
        platform_event.receive(adapter=grant.adapter, body=report(grant_id, "bonus.lost"), headers={})
    known = GrantFactory(pk=grant_id)
    assert again(newest()).new_status == "lost"
    assert told(known) == ["0:Lost"]


def test_what_is_malformed_stays_malformed() -> None:
    grant = promised()
    with pytest.raises(MalformedEvent):
        platform_event.receive(adapter=grant.adapter, body=b'{"event": "\x00', headers={})
    assert refused(newest(), MalformedEvent)


def test_drift_is_not_recorded_twice() -> None:
    grant = GrantFactory(status="failed")
    deliver(grant, "bonus.credited")
    assert again(newest()).applied is False
    assert len(drifts(grant)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_apply_it_once() -> None:
    grant = credited(wagering_requirement_multiplier=1)
    delivery = failed_delivery(grant, "bonus.wagered", bet_amount=100, game_category="slots")
    start, answers = threading.Barrier(4), []

    def run() -> None:
        try:
            start.wait(10)
            answers.append(again(delivery).applied)
        except DeliveryNotReapplicable:
            answers.append(False)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [False, False, False, True]
    assert current(grant).wagering_progress == 100
