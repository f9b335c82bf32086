"""POST /v1/bonus-campaigns/:id/approve: by a person, of what was shown."""

from datetime import datetime
from typing import Any

import pytest
from pytest_django import Settings

from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import AdapterFactory, PlayerFactory
from campaigns.models import Approval, Campaign
from campaigns.services.approve_campaign import withdraw_approval
from campaigns.tests.admin_pages import member
from campaigns.tests.approving import approved, costly, shown
from campaigns.tests.begun import begun
from campaigns.tests.test_api_campaigns import UNKNOWN, data, refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _threshold(settings: Settings) -> None:
    settings.CAMPAIGN_APPROVAL_THRESHOLD = 500
    AdapterFactory()
    PlayerFactory()


@pytest.fixture
def boss(db: None) -> ApiClient:
    """A manager by that name, signed in."""
    client = ApiClient(Accept="application/json")
    client.client = member("manager")
    return client


def path(campaign: Campaign) -> str:
    return f"bonus-campaigns/{campaign.pk}/approve"


def test_from_the_refusal_to_the_start(api: ApiClient, boss: ApiClient) -> None:
    campaign = costly()
    details = refused(api.post(f"bonus-campaigns/{campaign.pk}/issue"), 409, "APPROVAL_REQUIRED")
    assert details == {"cost": 1000, "threshold": 500, "hash": shown(campaign)}
    row = data(boss.post(path(campaign), {"hash": details["hash"], "cost": details["cost"]}))
    kept = Approval.objects.get()
    at = row["approval"].pop("at")
    assert datetime.fromisoformat(at) == kept.at
    assert row["approval"] == {"decision": "approved", "by": "manager", "hash": details["hash"], "cost": 1000}
    assert data(api.get(f"bonus-campaigns/{campaign.pk}"))["approval"] == {**row["approval"], "at": at}
    assert data(api.get("bonus-campaigns"))[0]["approval"] == {**row["approval"], "at": at}
    assert data(api.post(f"bonus-campaigns/{campaign.pk}/issue"), 202)["status"] == "issuing"


def test_the_row_tells_of_the_last_decision(api: ApiClient) -> None:
    campaign = costly()
    assert data(api.get(f"bonus-campaigns/{campaign.pk}"))["approval"] is None
    approved(campaign)
    withdraw_approval(campaign_id=campaign.pk, by="eve")
    last = data(api.get(f"bonus-campaigns/{campaign.pk}"))["approval"]
    assert (last["decision"], last["by"]) == ("withdrawn", "eve")


def test_a_server_approves_nothing(api: ApiClient) -> None:
    campaign = costly()
    refused(api.post(path(campaign), {"hash": shown(campaign)}), 403, "FORBIDDEN")
    assert not Approval.objects.exists()


def test_nor_does_who_made_it(boss: ApiClient) -> None:
    campaign = costly(created_by="manager")
    assert refused(boss.post(path(campaign), {"hash": shown(campaign)}), 403, "FORBIDDEN") == {}
    assert not Approval.objects.exists()


def test_what_is_stale_is_answered_with_the_hash_of_now(boss: ApiClient) -> None:
    campaign = costly()
    seen = shown(campaign)
    PlayerFactory()
    for body in ({"hash": seen}, {"hash": seen, "cost": 1000}, {"hash": "0" * 64, "cost": 2000}):
        details = refused(boss.post(path(campaign), body), 409, "APPROVAL_REQUIRED")
        assert details == {"cost": 2000, "threshold": 500, "hash": shown(campaign)}
    assert not Approval.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "hash"),
        ({"hash": "x" * 64}, "hash"),
        ({"hash": 1}, "hash"),
        ({"hash": "0" * 64, "cost": "1"}, "cost"),
        ({"hash": "0" * 64, "cost": -1}, "cost"),
        ({"hash": "0" * 64, "by": "eve"}, "by"),
    ],
)
def test_bad_bodies(boss: ApiClient, body: dict[str, Any], field: str) -> None:
    assert list(refused(boss.post(path(costly()), body), 422, "VALIDATION_ERROR")) == [field]
    assert not Approval.objects.exists()


def test_too_late_and_of_nothing(boss: ApiClient) -> None:
    campaign = begun("issuing", created_by="anna")
    assert refused(boss.post(path(campaign), {"hash": "0" * 64}), 409, "CAMPAIGN_NOT_EDITABLE") == {"status": "issuing"}
    refused(boss.post(f"bonus-campaigns/{UNKNOWN}/approve", {"hash": "0" * 64}), 404, "CAMPAIGN_NOT_FOUND")
    assert not Approval.objects.exists()


def test_repeated_under_its_key_it_is_one_approval(boss: ApiClient) -> None:
    campaign = costly()
    body, key = {"hash": shown(campaign), "cost": 1000}, {"Idempotency-Key": "approve-1"}
    first, again = (boss.post(path(campaign), body, key) for _ in range(2))
    assert (data(again), again["Idempotent-Replayed"]) == (data(first), "true")
    assert Approval.objects.count() == 1
