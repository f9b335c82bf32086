import uuid
from typing import Any

import orjson
import pytest

from bonuses.models import Drift
from bonuses.tests.factories import GrantFactory
from integrations.models import WebhookDelivery
from integrations.tests.admin_client import INLINE, messages_in, signed_in, text

pytestmark = pytest.mark.django_db

DRIFTS = "/admin/bonuses/drift/"
DELIVERIES = "/admin/integrations/webhookdelivery/"
VIEW = ("bonuses.view_drift", "integrations.view_webhookdelivery", "bonuses.view_grant")
RESOLVE = "bonuses.change_drift"
APPLY = "integrations.change_webhookdelivery"


def delivery(**fields: Any) -> WebhookDelivery:
    grant = GrantFactory.create(status="pending")
    body = {"event": "bonus.credited", "event_id": "e-1", "ts": "2025-03-01T00:00:00Z", "grant_id": str(grant.pk)}
    values = {
        "adapter": grant.adapter,
        "grant_id": grant.pk,
        "event": "bonus.credited",
        "event_id": "e-1",
        "body": orjson.dumps(body).decode(),
        "headers": {"user-agent": "acme/1.0"},
        "outcome": "not_applied",
        **fields,
    }
    return WebhookDelivery.objects.create(**values)


def test_marks_drift_as_resolved_once() -> None:
    open_one = Drift.objects.create(grant=GrantFactory.create(), kind="status", ours="active", theirs="lost")
    done_one = Drift.objects.create(
        grant=open_one.grant, kind="status", resolved_at=open_one.seen_at, resolved_by="someone"
    )
    client = signed_in(*VIEW, RESOLVE)
    chosen = {"action": "mark_resolved", "_selected_action": [open_one.pk, done_one.pk]}

    told = client.post(DRIFTS, chosen, follow=True)

    open_one.refresh_from_db()
    done_one.refresh_from_db()
    assert open_one.resolved_at is not None
    assert (open_one.resolved_by, done_one.resolved_by) == ("olga", "someone")
    assert messages_in(told) == ["1 marked as resolved."]
    assert list(client.get(DRIFTS, {"state": "open"}).context["cl"].result_list) == []


@pytest.mark.parametrize(
    ("kind", "sides", "shown"),
    [
        ("turned_real_over_cap", ("5000", "6001"), ("€50.00", "€60.01")),
        ("other_platform_id", ("5000", "6001"), ("5000", "6001")),
    ],
)
def test_amounts_that_differ_are_told_with_their_currency(
    kind: str, sides: tuple[str, str], shown: tuple[str, str]
) -> None:
    drift = Drift.objects.create(grant=GrantFactory.create(), kind=kind, ours=sides[0], theirs=sides[1])
    client = signed_in(*VIEW)
    for url in (DRIFTS, f"{DRIFTS}{drift.pk}/change/"):
        page = text(client.get(url))
        assert all(f">{side}<" in page for side in shown), url


def test_shows_a_delivery_as_it_arrived() -> None:
    kept = delivery()
    client = signed_in(*VIEW)

    page = text(client.get(f"{DELIVERIES}{kept.pk}/change/"))

    assert "&quot;event_id&quot;:&quot;e-1&quot;" in page
    assert "&quot;user-agent&quot;: &quot;acme/1.0&quot;" in page
    assert f"/admin/bonuses/grant/{kept.grant_id}/change/" in page
    assert INLINE.search(page) is None
    assert list(client.get(DELIVERIES, {"q": str(kept.grant_id)}).context["cl"].result_list) == [kept]
    assert list(client.get(DELIVERIES, {"outcome__exact": "applied"}).context["cl"].result_list) == []


def test_applies_a_delivery_again_after_confirmation() -> None:
    kept = delivery()
    chosen = {"action": "apply_again", "_selected_action": [kept.pk]}
    client = signed_in(*VIEW, APPLY)

    asked = client.post(DELIVERIES, chosen)
    kept.refresh_from_db()
    assert asked.status_code == 200
    assert kept.outcome == "not_applied"

    client.post(DELIVERIES, {**chosen, "confirmed": "yes"})
    kept.refresh_from_db()
    assert kept.outcome == "applied"
    page = text(client.get(f"/admin/bonuses/grant/{kept.grant_id}/change/"))
    assert "olga" in page


def test_says_why_a_delivery_was_not_applied_again() -> None:
    done, unreadable = delivery(outcome="applied"), delivery(body="{", outcome="malformed")
    stray = delivery()
    stray.body = stray.body.replace(str(stray.grant_id), str(uuid.uuid4()))
    stray.save()
    chosen = {"action": "apply_again", "_selected_action": [done.pk, unreadable.pk, stray.pk], "confirmed": "yes"}

    told = messages_in(signed_in(*VIEW, APPLY).post(DELIVERIES, chosen, follow=True))

    assert len(told) == 3
    assert any("it is applied" in line for line in told)
    assert any("There is no grant" in line for line in told)


def test_who_may_only_view_can_not_act() -> None:
    kept = delivery()
    drift = Drift.objects.create(grant=GrantFactory.create(), kind="status")
    client = signed_in(*VIEW)

    client.post(DELIVERIES, {"action": "apply_again", "_selected_action": [kept.pk], "confirmed": "yes"})
    client.post(DRIFTS, {"action": "mark_resolved", "_selected_action": [drift.pk]})
    assert client.post(f"{DELIVERIES}{kept.pk}/change/", {"outcome": "applied"}).status_code == 403
    assert client.post(f"{DRIFTS}{drift.pk}/change/", {"resolved_by": "me"}).status_code == 403

    kept.refresh_from_db()
    drift.refresh_from_db()
    assert kept.outcome == "not_applied"
    assert drift.resolved_at is None
