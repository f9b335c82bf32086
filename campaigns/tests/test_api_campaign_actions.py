"""Issue, pause, resume and cancel: the row as it is then, and what is refused changes nothing."""

from datetime import datetime
from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from bonuses.models import BonusTemplate, Stop
from bonuses.tests.api_client import ApiClient
from campaigns.fanout import hint
from campaigns.models import Campaign
from campaigns.tests.begun import begun, with_recipients
from campaigns.tests.factories import CampaignFactory
from campaigns.tests.test_api_campaigns import NOON, data, refused, saved

pytestmark = pytest.mark.django_db

ANSWERS = {"issue": 202, "pause": 200, "resume": 200, "cancel": 200}
TAKES = {
    "issue": {"draft": "issuing", "scheduled": "issuing"},
    "pause": {"issuing": "paused"},
    "resume": {"paused": "issuing"},
    "cancel": {"draft": "cancelled", "scheduled": "cancelled", "issuing": "cancelled", "paused": "cancelled"},
}
STATES = ("draft", "scheduled", "issuing", "paused", "issued", "cancelled")
CASES = [(action, status) for action in TAKES for status in STATES]


def campaign_in(status: str) -> Campaign:
    return begun(status, scheduled_at=NOON if status == "scheduled" else None)


@pytest.mark.parametrize(("action", "status"), CASES)
def test_from_each_state(api: ApiClient, action: str, status: str) -> None:
    campaign = campaign_in(status)
    before = saved()
    response = api.post(f"bonus-campaigns/{campaign.pk}/{action}")
    if status not in TAKES[action]:
        assert refused(response, 409, "CAMPAIGN_NOT_ISSUABLE") == {"status": status}
        assert saved() == before
        return
    row = data(response, ANSWERS[action])
    assert row["status"] == TAKES[action][status]
    assert row == data(api.get(f"bonus-campaigns/{campaign.pk}"))


def test_issuing_freezes_the_terms_and_says_when(api: ApiClient) -> None:
    campaign = CampaignFactory()
    row = data(api.post(f"bonus-campaigns/{campaign.pk}/issue"), 202)
    campaign.refresh_from_db()
    assert campaign.revision_id == campaign.template.revision_id
    assert campaign.issued_by == "service"
    assert datetime.fromisoformat(row["issued_at"]) == campaign.issued_at


def test_a_worker_is_told_once_it_is_committed(
    *,
    api: ApiClient,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(hint, "wake", told.append)
    campaign = CampaignFactory()
    with django_capture_on_commit_callbacks() as callbacks:
        api.post(f"bonus-campaigns/{campaign.pk}/issue")
    assert told == []
    for callback in callbacks:
        callback()
    assert told == [campaign.pk]


@pytest.mark.parametrize(("action", "status"), [("issue", "draft"), ("resume", "paused")])
def test_with_a_template_that_is_not_active(api: ApiClient, action: str, status: str) -> None:
    campaign = campaign_in(status)
    BonusTemplate.objects.update(status="paused")
    before = saved()
    response = api.post(f"bonus-campaigns/{campaign.pk}/{action}")
    assert refused(response, 422, "BONUS_TEMPLATE_NOT_ACTIVE") == {"status": "paused"}
    assert saved() == before


@pytest.mark.parametrize("scope", ["all", "template", "campaign"])
@pytest.mark.parametrize(("action", "status"), [("issue", "draft"), ("resume", "paused")])
def test_while_issuing_is_stopped(api: ApiClient, action: str, status: str, scope: str) -> None:
    campaign = campaign_in(status)
    target = {"all": None, "template": campaign.template_id, "campaign": campaign.pk}[scope]
    Stop.objects.create(key=scope, scope=scope, target=target, reason="incident", set_by="olga")
    before = saved()
    response = api.post(f"bonus-campaigns/{campaign.pk}/{action}")
    assert (refused(response, 503, "ISSUING_STOPPED"), response["Retry-After"]) == ({}, "30")
    assert saved() == before


@pytest.mark.parametrize("action", [*TAKES, "preview"])
def test_nothing_needs_to_be_said_and_nothing_can_be(api: ApiClient, action: str) -> None:
    campaign = begun("issuing")
    before = saved()
    path = f"bonus-campaigns/{campaign.pk}/{action}"
    assert list(refused(api.post(path, {"reason": "x"}), 422, "VALIDATION_ERROR")) == ["reason"]
    refused(api.send("POST", path, b"{"), 400, "INVALID_JSON")
    refused(api.send("POST", path, b"{}", "text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE")
    refused(api.get(path), 405, "METHOD_NOT_ALLOWED")
    assert saved() == before


def test_the_numbers_are_those_of_the_row(api: ApiClient) -> None:
    campaign = begun("issuing")
    with_recipients(campaign, ["granted", "failed", "pending"])
    row = data(api.post(f"bonus-campaigns/{campaign.pk}/pause"))
    assert row["stats"] == {"pending": 1, "granted": 1, "skipped": 0, "failed": 1}
    assert row["status_reason"] == "Paused by service."
