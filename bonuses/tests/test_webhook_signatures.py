import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from prometheus_client import REGISTRY

from bonuses.models import Grant
from bonuses.tests.factories import AdapterFactory
from bonuses.tests.platform_reports import (
    SECRET,
    everything,
    post,
    promised,
    report,
    standard_headers,
    status_of,
    ucrm_headers,
)
from integrations.models import Adapter, WebhookDelivery

pytestmark = pytest.mark.django_db

KEY = b"0123456789abcdef01234567"
WHSEC = "whsec_" + base64.b64encode(KEY).decode()
NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def grant() -> Grant:
    return promised()


def refused(response: Any, before: Any) -> bool:
    """A refusal tells nothing but that, and leaves nothing behind."""
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "FORBIDDEN"
    assert everything() == before
    return not WebhookDelivery.objects.exists()


def set_secret(secret: str, previous: str = "") -> None:
    adapter = Adapter.objects.get(slug="acme")
    adapter.webhook_secret, adapter.webhook_secret_previous = secret, previous
    adapter.save()


def count_of_refused(slug: str) -> float | None:
    return REGISTRY.get_sample_value("bonusdesk_webhooks_total", {"adapter": slug, "outcome": "refused"})


def test_a_report_signed_with_our_headers_is_taken(client: Client, grant: Grant) -> None:
    response = post(client, report(grant, "bonus.credited"))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == {"received": True, "applied": True, "new_status": "active"}
    assert status_of(grant) == "active"


def test_who_can_not_sign_is_only_counted(client: Client, grant: Grant) -> None:
    before, earlier = everything(), count_of_refused("acme") or 0
    for _ in range(2):
        assert refused(post(client, b"{", headers=ucrm_headers(b"{", secret="guessed")), before)
    assert post(client, b"{", slug="nobody", headers=ucrm_headers(b"{")).status_code == 404
    assert count_of_refused("acme") == earlier + 2
    assert count_of_refused("nobody") is None


@pytest.mark.parametrize("secret", [WHSEC, WHSEC.removeprefix("whsec_")])
def test_a_report_signed_as_a_standard_webhook_is_taken(client: Client, grant: Grant, secret: str) -> None:
    set_secret(secret)
    body = report(grant, "bonus.credited")
    response = post(client, body, headers=standard_headers(body, key=KEY))
    assert response.json() == {"received": True, "applied": True, "new_status": "active"}


def test_a_plain_secret_serves_standard_webhooks_too(client: Client, grant: Grant) -> None:
    body = report(grant, "bonus.credited")
    response = post(client, body, headers=standard_headers(body, key=SECRET.encode()))
    assert response.json()["applied"] is True


def test_one_good_signature_among_several_is_enough(client: Client, grant: Grant) -> None:
    set_secret(WHSEC)
    body = report(grant, "bonus.credited")
    headers = standard_headers(body, key=KEY)
    headers["webhook-signature"] = f"v1a,abc v1,{'A' * 43}= {headers['webhook-signature']}"
    assert post(client, body, headers=headers).json()["applied"] is True


def test_header_names_are_read_whatever_their_case(client: Client, grant: Grant) -> None:
    body = report(grant, "bonus.credited")
    headers = {name.lower(): value for name, value in ucrm_headers(body).items()}
    assert post(client, body, headers=headers).status_code == 200


@pytest.mark.parametrize("secret", ["old", "new"])
def test_both_secrets_are_valid_during_a_rotation(client: Client, grant: Grant, secret: str) -> None:
    set_secret("new", previous="old")
    body = report(grant, "bonus.credited")
    assert post(client, body, headers=ucrm_headers(body, secret=secret)).json()["applied"] is True


def test_the_old_secret_is_refused_after_the_rotation(client: Client, grant: Grant) -> None:
    set_secret("new")
    before, body = everything(), report(grant, "bonus.credited")
    assert refused(post(client, body, headers=ucrm_headers(body, secret="old")), before)


@pytest.mark.parametrize("secret", ["", "another-secret"])
def test_a_wrong_secret_is_refused(client: Client, grant: Grant, secret: str) -> None:
    before, body = everything(), report(grant, "bonus.credited")
    assert refused(post(client, body, headers=ucrm_headers(body, secret=secret)), before)


def test_an_adapter_without_a_secret_takes_nothing(client: Client, grant: Grant) -> None:
    set_secret("")
    before, body = everything(), report(grant, "bonus.credited")
    assert refused(post(client, body, headers=ucrm_headers(body, secret="")), before)
    assert refused(post(client, body, headers=standard_headers(body, key=b"")), before)


def test_the_secret_of_another_adapter_is_refused(client: Client, grant: Grant) -> None:
    AdapterFactory(slug="other", webhook_secret="other-secret", origins=["other.example"])
    before, body = everything(), report(grant, "bonus.credited")
    assert refused(post(client, body, headers=ucrm_headers(body, secret="other-secret")), before)
    assert refused(post(client, body, slug="other"), before)


def test_every_byte_of_the_body_is_signed(client: Client, grant: Grant) -> None:
    before, body = everything(), report(grant, "bonus.credited")
    assert refused(post(client, body + b" ", headers=ucrm_headers(body)), before)


def test_the_timestamp_is_signed(client: Client, grant: Grant) -> None:
    before, body = everything(), report(grant, "bonus.credited")
    headers = ucrm_headers(body)
    headers["X-UCRM-Timestamp"] = str(int(headers["X-UCRM-Timestamp"]) - 1)
    assert refused(post(client, body, headers=headers), before)


def test_the_message_id_of_a_standard_webhook_is_signed(client: Client, grant: Grant) -> None:
    before, body = everything(), report(grant, "bonus.credited")
    headers = standard_headers(body, key=SECRET.encode()) | {"webhook-id": "msg_2"}
    assert refused(post(client, body, headers=headers), before)


@pytest.mark.parametrize("missing", ["X-UCRM-Timestamp", "X-UCRM-Signature"])
def test_both_of_our_headers_are_needed(client: Client, grant: Grant, missing: str) -> None:
    before, body = everything(), report(grant, "bonus.credited")
    headers = ucrm_headers(body)
    del headers[missing]
    assert refused(post(client, body, headers=headers), before)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_all_headers_of_a_standard_webhook_are_needed(client: Client, grant: Grant, missing: str) -> None:
    before, body = everything(), report(grant, "bonus.credited")
    headers = standard_headers(body, key=SECRET.encode())
    del headers[missing]
    assert refused(post(client, body, headers=headers), before)


@pytest.mark.parametrize("stamp", ["", "now", "1e9", "-1", "1772366430.0", "9" * 400, "\u0661\u0662"])
def test_an_unreadable_timestamp_is_refused(client: Client, grant: Grant, stamp: str) -> None:
    before, body = everything(), report(grant, "bonus.credited")
    headers = ucrm_headers(body) | {"X-UCRM-Timestamp": stamp}
    assert refused(post(client, body, headers=headers), before)


@pytest.mark.parametrize("signature", ["", "0", "é" * 64, "0" * 64, "v1," + "0" * 64])
def test_an_unreadable_signature_is_refused(client: Client, grant: Grant, signature: str) -> None:
    before, body = everything(), report(grant, "bonus.credited")
    headers = ucrm_headers(body) | {"X-UCRM-Signature": signature}
    assert refused(post(client, body, headers=headers), before)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
@time_machine.travel(NOW, tick=False)
def test_the_window_is_five_minutes_either_way(client: Client, grant: Grant, seconds: int) -> None:
    body = report(grant, "bonus.credited")
    headers = ucrm_headers(body, when=NOW + timedelta(seconds=seconds))
    assert post(client, body, headers=headers).json()["applied"] is True


@pytest.mark.parametrize("seconds", [-301, 301, -86_400])
@time_machine.travel(NOW, tick=False)
def test_beyond_the_window_a_good_signature_is_refused(client: Client, grant: Grant, seconds: int) -> None:
    before, body = everything(), report(grant, "bonus.credited")
    when = NOW + timedelta(seconds=seconds)
    assert refused(post(client, body, headers=ucrm_headers(body, when=when)), before)
    assert refused(post(client, body, headers=standard_headers(body, key=SECRET.encode(), when=when)), before)


def test_other_credentials_do_not_replace_the_signature(client: Client, grant: Grant) -> None:
    before, body = everything(), report(grant, "bonus.credited")
    headers = {"X-Internal-Secret": "test-internal-secret"}
    assert refused(post(client, body, headers=headers), before)
