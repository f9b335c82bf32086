"""The life of a grant as its page tells it: what belongs together stands together."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from bonuses.admin import grant_timeline
from bonuses.models import Grant, GrantTransition
from bonuses.services.cancel import cancel
from bonuses.tests.factories import GrantFactory
from bonuses.tests.issuing import give
from bonuses.tests.platform_reports import TEST_CAUSE, at, deliver
from integrations.models import Adapter, OutgoingEvent, WebhookDelivery
from integrations.simulator.remote import Remote
from integrations.tests.admin_client import INLINE, signed_in, text

pytestmark = pytest.mark.django_db

VIEW = "bonuses.view_grant"
ALL = (VIEW, "integrations.view_webhookdelivery", "integrations.view_outgoingevent")


def answer_of(grant: Grant, *permissions: str) -> Any:
    return signed_in(*permissions).get(f"/admin/bonuses/grant/{grant.pk}/change/")


def told_in(step: Any) -> list[tuple[str, list[str]]]:
    return [(event.name, [sink.sink for sink in event.sinks]) for event in step.events]


@pytest.fixture
def lived(adapter: Adapter, simulator: Remote, settings: Settings) -> Grant:
    """Credited, wagered on, completed as webhooks tell, reversed, cancelled by a person."""
    settings.EVENT_SINKS = ["file", "rest"]
    grant = give(wagering_requirement_multiplier=10, config={"amount": 1000, "currency": "EUR"})
    deliver(grant, "bonus.wagered", {"total_wagered": 5000}, ts=at(1))
    deliver(grant, "bonus.completed", {"turned_real": 700}, ts=at(2))
    deliver(grant, "bonus.reversed", ts=at(3))
    for event in ("bonus.completed", "bonus.reversed"):
        simulator.enqueue({"event": event, "grant_id": str(grant.pk)})
    cancel(grant_id=grant.pk, cause=TEST_CAUSE, reason="a mistake")
    return Grant.objects.get(pk=grant.pk)


def test_each_step_has_its_cause_its_webhook_and_its_events(lived: Grant) -> None:
    steps = answer_of(lived, *ALL).context["timeline"].steps

    assert [(step.title, step.cause, step.life) for step in steps] == [
        ("queued", "api", 0),
        ("queued → active", "api", 0),
        ("bonus.wagered", "webhook", 0),
        ("active → completed", "webhook", 0),
        ("completed → reversed", "webhook", 1),
        ("reversed → cancelled", "api", 1),
    ]
    both = ["file", "rest"]
    assert [told_in(step) for step in steps] == [
        [],
        [("BONUS Created", both)],
        [("BONUS Ongoing", both)],
        [("BONUS Completed", both)],
        [("BONUS Reversed", both)],
        [("BONUS Forfeited", both)],
    ]
    assert [[hook.outcome for hook in step.webhooks] for step in steps] == [
        [],
        [],
        ["Applied"],
        ["Applied"],
        ["Applied"],
        [],
    ]
    assert (steps[-1].by, steps[-1].reason) == ("tester", "a mistake")


def test_raw_payloads_are_one_click_away(lived: Grant) -> None:
    page = text(answer_of(lived, *ALL))

    hook = WebhookDelivery.objects.get(event="bonus.completed")
    event = OutgoingEvent.objects.get(sink="rest", status="Completed")
    for row, page_of in ((hook, "webhookdelivery"), (event, "outgoingevent")):
        assert f"/admin/integrations/{page_of}/{row.pk}/change/" in page
        assert row.body.replace('"', "&quot;") in page
    assert page.count("<summary>Raw payload of bonus.completed</summary>") == 1
    assert INLINE.search(page) is None


def test_payloads_are_for_who_may_see_them(lived: Grant) -> None:
    page = text(answer_of(lived, VIEW))
    assert "Raw payload" not in page
    assert "BONUS Completed" in page


def test_a_payload_can_hold_anything() -> None:
    grant = GrantFactory()
    bodies = ["</pre><script>alert(1)</script>", json.dumps({"lone": "\ud800"}), "not json", "{}"]
    for body in bodies:
        WebhookDelivery.objects.create(
            adapter=grant.adapter, grant_id=grant.pk, event="<b>", body=body, outcome="malformed"
        )
    page = text(answer_of(grant, *ALL))
    assert "<script>alert" not in page
    assert "<b>" not in page
    assert "&lt;/pre&gt;&lt;script&gt;" in page


def test_events_of_one_moment_go_to_the_change_that_they_name() -> None:
    grant, now = GrantFactory(status="completed"), timezone.now()
    for seq, (before, after) in enumerate([("pending", "active"), ("active", "completed")], start=1):
        GrantTransition.objects.create(
            grant=grant, seq=seq, from_status=before, to_status=after, at=now, cause="webhook"
        )
    for micros, status in enumerate(["Created", "Completed"]):
        OutgoingEvent.objects.create(
            sink="file",
            event_id=uuid.uuid4(),
            key=f"0:{status}",
            kind="BONUS",
            status=status,
            grant_id=grant.pk,
            user_id="p",
            body="{}",
            created_at=now + timedelta(microseconds=micros),
        )
    steps = answer_of(grant, *ALL).context["timeline"].steps
    assert [(step.status, [event.name for event in step.events]) for step in steps] == [
        ("active", ["BONUS Created"]),
        ("completed", ["BONUS Completed"]),
    ]


def test_what_is_left_out_is_told(lived: Grant, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not answer_of(lived, *ALL).context["timeline"].is_cut
    monkeypatch.setattr(grant_timeline, "ROWS_SHOWN", 2)
    client = signed_in(*ALL, name="otto")
    page = client.get(f"/admin/bonuses/grant/{lived.pk}/change/")
    assert "It has more webhooks or events than are shown here" in text(page)
    assert sum(len(step.webhooks) for step in page.context["timeline"].steps) == 2


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": "queued", "attempts": 2, "needs_person": True}, "The platform was called 2 times to credit it."),
        ({"status": "queued", "needs_person": True}, "a person must say"),
        ({"wish": "cancelled", "wish_reason": "a leak"}, "Is to end as cancelled"),
        ({"wish_attempts": 1}, "The platform was called 1 time to end it."),
        ({"status": "failed", "failure_code": "NO", "failure_message": "not here"}, "NO: not here"),
    ],
)
def test_what_it_waits_for(fields: dict[str, Any], told: str) -> None:
    assert told in text(answer_of(GrantFactory(**fields), VIEW))
