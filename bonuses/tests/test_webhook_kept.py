"""What is kept of a delivery that was authentic: all but its secrets."""

import pytest
from django.test import Client

from bonuses.models import Grant
from bonuses.tests.platform_reports import current, post, promised, report, standard_headers, status_of, ucrm_headers
from integrations.models import WebhookDelivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def grant() -> Grant:
    return promised()


def test_the_delivery_is_kept_as_it_came_without_secrets(client: Client, grant: Grant) -> None:
    body = b"  " + report(grant, "bonus.credited", event_id="e-1") + b"\n"
    secrets = {
        "Authorization": "Bearer very-secret",
        "Cookie": "sessionid=very-secret",
        "X-Internal-Secret": "very-secret",
        "X-Api-Key": "very-secret",
    }
    headers = ucrm_headers(body)
    post(client, body, headers=headers, extra={**secrets, "X-Request-Id": "req-1", "User-Agent": "acme/2"})
    kept = WebhookDelivery.objects.get()
    assert kept.body == body.decode()
    assert (kept.adapter.slug, kept.event, kept.event_id) == ("acme", "bonus.credited", "e-1")
    assert (kept.grant_id, kept.outcome) == (grant.pk, "applied")
    assert kept.headers == {
        "Content-Type": "application/json",
        "User-Agent": "acme/2",
        "X-Request-Id": "req-1",
        "X-UCRM-Timestamp": headers["X-UCRM-Timestamp"],
    }


def test_the_signature_of_a_standard_webhook_is_not_kept(client: Client, grant: Grant) -> None:
    body = report(grant, "bonus.credited")
    headers = standard_headers(body, key=b"webhook-secret-for-tests")
    post(client, body, headers=headers)
    kept = WebhookDelivery.objects.get().headers
    assert {"webhook-id": "msg_1", "webhook-timestamp": headers["webhook-timestamp"]}.items() <= kept.items()
    assert headers["webhook-signature"] not in str(kept)


def test_bytes_that_are_no_text_are_kept_readably(client: Client, grant: Grant) -> None:
    post(client, b"\x00\xff")
    assert WebhookDelivery.objects.get().body == "\\x00\\xff"
    assert status_of(grant) == "queued"


def test_the_transition_names_the_delivery_that_caused_it(client: Client, grant: Grant) -> None:
    post(client, report(grant, "bonus.credited"))
    step = current(grant).transitions.last()
    assert (step.cause, step.actor, step.webhook_id) == ("webhook", "acme", WebhookDelivery.objects.get().pk)
