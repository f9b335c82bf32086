"""What the platform is answered, and what is kept of a delivery."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from bonuses.models import Grant
from bonuses.tests.factories import AdapterFactory, PlayerFactory
from bonuses.tests.platform_reports import (
    NOON,
    current,
    everything,
    life_of,
    post,
    promised,
    report,
    told,
    ucrm_headers,
)
from integrations.models import WebhookDelivery

pytestmark = pytest.mark.django_db

MIB = 1024 * 1024


@pytest.fixture
def grant() -> Grant:
    return promised()


def code_of(response: Any) -> str:
    return str(response.json()["error"]["code"])


def edited(grant: Grant, **changes: Any) -> bytes:
    return json.dumps({**json.loads(report(grant, "bonus.credited")), **changes}).encode()


def test_an_applied_report_is_answered_with_the_new_status(client: Client, grant: Grant) -> None:
    response = post(client, report(grant, "bonus.pending"))
    assert response.json() == {"received": True, "applied": True, "new_status": "pending"}


def test_a_replay_is_answered_with_the_status_and_does_nothing_again(client: Client, grant: Grant) -> None:
    body = report(grant, "bonus.credited")
    post(client, body)
    before = everything()
    response = post(client, body)
    assert response.status_code == 200
    assert response.json() == {"received": True, "applied": False, "new_status": "active"}
    assert everything() == before
    assert sorted(WebhookDelivery.objects.values_list("outcome", flat=True)) == ["applied", "replay"]


def test_a_replay_tells_the_status_of_now(client: Client, grant: Grant) -> None:
    first = report(grant, "bonus.credited")
    post(client, first)
    post(client, report(grant, "bonus.completed"))
    assert post(client, first).json() == {"received": True, "applied": False, "new_status": "completed"}


def test_an_event_id_counts_once_whatever_comes_with_it(client: Client, grant: Grant) -> None:
    post(client, report(grant, "bonus.credited", event_id="e-1"))
    response = post(client, report(grant, "bonus.completed", event_id="e-1"))
    assert response.json() == {"received": True, "applied": False, "new_status": "active"}
    assert life_of(grant) == ["queued", "active"]


def test_two_platforms_may_use_the_same_event_id(client: Client, grant: Grant) -> None:
    other = AdapterFactory(slug="other", webhook_secret="other-secret", origins=["other.example"])
    theirs = promised(player=PlayerFactory(origin="other.example"))
    assert theirs.adapter == other
    assert post(client, report(grant, "bonus.credited", event_id="e-1")).json()["applied"] is True
    body = report(theirs, "bonus.credited", event_id="e-1")
    response = post(client, body, slug="other", headers=ucrm_headers(body, secret="other-secret"))
    assert response.json()["applied"] is True


def test_an_event_we_do_not_know_is_received_and_not_applied(client: Client, grant: Grant) -> None:
    response = post(client, report(grant, "bonus.sparkled", {"anything": [1, {}]}))
    assert response.json() == {"received": True, "applied": False, "new_status": "queued"}
    assert life_of(grant) == ["queued"]
    assert told(grant) == []
    assert WebhookDelivery.objects.get().outcome == "not_applied"


def test_an_event_that_the_state_no_longer_allows_is_received_and_not_applied(client: Client, grant: Grant) -> None:
    post(client, report(grant, "bonus.completed"))
    response = post(client, report(grant, "bonus.credited"))
    assert response.json() == {"received": True, "applied": False, "new_status": "completed"}
    assert life_of(grant) == ["queued", "active", "completed"]
    assert told(grant) == ["0:Created", "0:Completed"]


def test_an_unknown_adapter_is_not_found(client: Client, grant: Grant) -> None:
    before = everything()
    response = post(client, report(grant, "bonus.credited"), slug="nobody")
    assert (response.status_code, code_of(response)) == (404, "NOT_FOUND")
    assert everything() == before
    assert not WebhookDelivery.objects.exists()


def test_an_unknown_grant_is_not_found_and_the_delivery_kept(client: Client, grant: Grant) -> None:
    before, stranger = everything(), uuid.uuid4()
    body = report(stranger, "bonus.credited", event_id="e-1")
    response = post(client, body)
    assert (response.status_code, code_of(response)) == (404, "NOT_FOUND")
    assert everything() == before
    kept = WebhookDelivery.objects.get()
    assert (kept.outcome, kept.grant_id, kept.event_id, kept.body) == ("unknown_grant", stranger, "e-1", body.decode())


def test_a_grant_of_another_adapter_is_not_found(client: Client, grant: Grant) -> None:
    AdapterFactory(slug="other", webhook_secret="other-secret", origins=["other.example"])
    before, body = everything(), report(grant, "bonus.credited")
    response = post(client, body, slug="other", headers=ucrm_headers(body, secret="other-secret"))
    assert (response.status_code, code_of(response)) == (404, "NOT_FOUND")
    assert everything() == before


def test_a_report_refused_as_unknown_is_taken_when_it_comes_again(client: Client, grant: Grant) -> None:
    AdapterFactory(slug="other", webhook_secret="other-secret", origins=["other.example"])
    body = report(grant, "bonus.credited", event_id="e-1")
    Grant.objects.filter(pk=grant.pk).update(adapter=AdapterFactory(slug="other"))
    assert post(client, body).status_code == 404
    Grant.objects.filter(pk=grant.pk).update(adapter=AdapterFactory())
    assert post(client, body).json() == {"received": True, "applied": True, "new_status": "active"}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"nonsense", "body"),
        (b"null", "body"),
        (b"[]", "body"),
        (b'"bonus.credited"', "body"),
        (b"\xff\xfe{}", "body"),
        (b'{"event": "a\xff"}', "body"),
        (b'{"event": "\x00"}', "body"),
        (b'{"event": "\\ud800"}', "body"),
        (b"\x00", "body"),
        (b"[" * 100_000, "body"),
        (b'{"data": ' * 5000 + b"1" + b"}" * 5000, "body"),
        (b'{"data": {"winnings": ' + b"9" * 10_000 + b"}}", "body"),
        (b"{}", "event"),
    ],
)
def test_an_unreadable_body_is_a_validation_error(client: Client, grant: Grant, body: bytes, path: str) -> None:
    before = everything()
    response = post(client, body)
    assert (response.status_code, code_of(response)) == (422, "VALIDATION_ERROR")
    assert path in response.json()["error"]["details"]
    assert everything() == before
    assert WebhookDelivery.objects.get().outcome == "malformed"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"event": None}, "event"),
        ({"event": ""}, "event"),
        ({"event": 5}, "event"),
        ({"event_id": None}, "event_id"),
        ({"event_id": ""}, "event_id"),
        ({"event_id": 12}, "event_id"),
        ({"event_id": "e" * 201}, "event_id"),
        ({"event_id": "e\x00"}, "event_id"),
        ({"ts": None}, "ts"),
        ({"ts": "yesterday"}, "ts"),
        ({"ts": "2026-03-01T12:00:00"}, "ts"),
        ({"ts": "2026-02-30T12:00:00Z"}, "ts"),
        ({"ts": "2026-03-01"}, "ts"),
        ({"ts": 1772366430}, "ts"),
        ({"ts": "1772366430"}, "ts"),
        ({"ts": "9999-12-31T23:59:59-12:00"}, "ts"),
        ({"ts": "0001-01-01T00:00:00+12:00"}, "ts"),
        ({"grant_id": None}, "grant_id"),
        ({"grant_id": "17"}, "grant_id"),
        ({"grant_id": 17}, "grant_id"),
        ({"platform_bonus_id": 17}, "platform_bonus_id"),
        ({"platform_bonus_id": "p\x00"}, "platform_bonus_id"),
        ({"platform_bonus_id": "p" * 201}, "platform_bonus_id"),
        ({"data": []}, "data"),
        ({"data": "winnings"}, "data"),
        ({"event": "bonus.spins_completed"}, "data.winnings"),
        ({"event": "bonus.spins_completed", "data": {"winnings": None}}, "data.winnings"),
        ({"event": "bonus.spins_completed", "data": {"winnings": "100"}}, "data.winnings"),
        ({"event": "bonus.spins_completed", "data": {"winnings": 1.5}}, "data.winnings"),
        ({"event": "bonus.spins_completed", "data": {"winnings": True}}, "data.winnings"),
        ({"event": "bonus.spins_completed", "data": {"winnings": -1}}, "data.winnings"),
        ({"event": "bonus.spins_completed", "data": {"winnings": 2**53}}, "data.winnings"),
        ({"event": "bonus.spins_completed", "data": {"winnings": 10**400}}, "data.winnings"),
        ({"event": "bonus.spins_completed", "data": {"winnings": float("nan")}}, "data.winnings"),
        ({"event": "bonus.wagered", "data": {}}, "data"),
        ({"event": "bonus.wagered", "data": {"bet_amount": 100}}, "data"),
        ({"event": "bonus.wagered", "data": {"game_category": "slots"}}, "data"),
        ({"event": "bonus.wagered", "data": {"bet_amount": -1, "game_category": "slots"}}, "data.bet_amount"),
        ({"event": "bonus.wagered", "data": {"bet_amount": 1, "game_category": "a\x00"}}, "data.game_category"),
        ({"event": "bonus.wagered", "data": {"total_wagered": 2**63}}, "data.total_wagered"),
        ({"event": "bonus.wager_reverted", "data": {"bet_amount": 100}}, "data"),
        ({"event": "bonus.completed", "data": {"turned_real": -5}}, "data.turned_real"),
        ({"event": "bonus.expired", "data": {"reason": 5}}, "data.reason"),
        ({"event": "bonus.expired", "data": {"reason": "a\x00b"}}, "data.reason"),
        ({"event": "bonus.reversed", "data": {"expires_at": "soon"}}, "data.expires_at"),
        ({"event": "bonus.reversed", "data": {"expires_at": 1772366430}}, "data.expires_at"),
        ({"event": "bonus.reversed", "data": {"expires_at": "9999-12-31T23:59:59-01:00"}}, "data.expires_at"),
    ],
)
def test_a_malformed_field_is_named(client: Client, grant: Grant, changes: dict[str, Any], path: str) -> None:
    before = everything()
    body = edited(grant, **changes)
    response = post(client, body)
    assert (response.status_code, code_of(response)) == (422, "VALIDATION_ERROR")
    assert list(response.json()["error"]["details"]) == [path]
    assert everything() == before
    kept = WebhookDelivery.objects.get()
    assert (kept.outcome, kept.body) == ("malformed", body.decode())


@pytest.mark.parametrize(
    "changes",
    [
        {"data": None},
        {"data": {}},
        {"platform_bonus_id": None},
        {"more": "keys", "of": {"any": ["kind", None]}},
        {"data": {"unknown": 10**30}},
        {"ts": "2026-03-01t12:00:00.123456789z"},
        {"ts": "2026-03-01T12:00:00+05:30"},
        {"event_id": "é\U0001f3b0" * 50},
        {"unknown": "\\u0000 and \x00"},
    ],
)
def test_what_may_be_absent_or_unknown_does_not_matter(client: Client, grant: Grant, changes: dict[str, Any]) -> None:
    assert post(client, edited(grant, **changes)).json()["applied"] is True
    assert life_of(grant) == ["queued", "active"]


def test_only_what_the_platform_must_say_is_needed(client: Client, grant: Grant) -> None:
    body = json.dumps(
        {"event": "bonus.credited", "event_id": "e-1", "ts": NOON.isoformat(), "grant_id": str(grant.pk)}
    ).encode()
    assert post(client, body).json()["applied"] is True


def test_a_long_reason_is_kept_as_far_as_it_fits(client: Client, grant: Grant) -> None:
    assert post(client, report(grant, "bonus.forfeited", {"reason": "x" * 3000})).json()["applied"] is True
    assert current(grant).transitions.last().reason == "x" * 500


def test_a_body_over_one_mebibyte_is_too_large(client: Client, grant: Grant) -> None:
    before = everything()
    for size in (MIB + 1, 5 * MIB):
        response = post(client, report(grant, "bonus.credited").ljust(size))
        assert (response.status_code, code_of(response)) == (413, "PAYLOAD_TOO_LARGE")
    assert everything() == before
    assert not WebhookDelivery.objects.exists()


def test_a_body_of_one_mebibyte_is_taken(client: Client, grant: Grant) -> None:
    assert post(client, report(grant, "bonus.credited").ljust(MIB)).json()["applied"] is True
    assert len(WebhookDelivery.objects.get().body) == MIB


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_only_post_is_known(client: Client, grant: Grant, method: str) -> None:
    response = getattr(client, method)("/v1/adapters/acme/webhooks/bonus-events")
    assert (response.status_code, code_of(response)) == (405, "METHOD_NOT_ALLOWED")


def test_a_platform_that_was_switched_off_still_reports_on_its_grants(client: Client, grant: Grant) -> None:
    grant.adapter.is_active = False
    grant.adapter.save()
    assert post(client, report(grant, "bonus.credited")).json()["applied"] is True


@pytest.mark.parametrize("content_type", ["application/json", "application/octet-stream", "text/plain", ""])
def test_the_signed_bytes_count_and_not_their_declared_type(client: Client, grant: Grant, content_type: str) -> None:
    response = post(client, report(grant, "bonus.credited"), extra={"Content-Type": content_type})
    assert response.json()["applied"] is True
