import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import TemplateFactory
from campaigns.models import Campaign
from campaigns.tests.begun import begun
from campaigns.tests.factories import CampaignFactory, SegmentFactory

pytestmark = pytest.mark.django_db

UNKNOWN = "00000000-0000-7000-8000-000000000000"
NOON = "2025-01-31T12:00:00Z"
NOBODY = {"pending": 0, "granted": 0, "skipped": 0, "failed": 0}
DEFAULTS: dict[str, Any] = {
    "status": "draft",
    "status_reason": None,
    "scheduled_at": None,
    "deposit_amount": None,
    "currency_override": None,
    "budget_amount": None,
    "holdout_percent": 0,
    "stats": NOBODY,
    "approval": None,
    "holdout_count": None,
    "issued_at": None,
    "finished_at": None,
}


def data(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json()["data"]


def refused(response: Any, status: int, code: str) -> Any:
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code), error
    return error.get("details", {})


def body(**fields: Any) -> dict[str, Any]:
    ids = {"segment_id": str(SegmentFactory().pk), "template_id": str(TemplateFactory().pk)}
    return {"name": "January", **ids, **fields}


def saved() -> list[Any]:
    return list(Campaign.objects.order_by("pk").values())


def test_the_least_that_makes_a_campaign(api: ApiClient) -> None:
    sent = body()
    row = data(api.post("bonus-campaigns", sent), 201)
    campaign = Campaign.objects.get()
    assert set(row) == {"id", "created_at", "updated_at", *sent, *DEFAULTS}
    assert {name: row[name] for name in sent} == sent
    assert {name: row[name] for name in DEFAULTS} == DEFAULTS
    assert uuid.UUID(row["id"]) == campaign.pk
    assert campaign.created_by == "service"
    assert data(api.get(f"bonus-campaigns/{campaign.pk}")) == row
    assert data(api.get("bonus-campaigns")) == [row]


def test_everything_comes_back_as_it_was_sent(api: ApiClient) -> None:
    sent = body(
        template_id=str(TemplateFactory(type="reload").pk),
        scheduled_at=NOON,
        deposit_amount=2**53 - 1,
        currency_override="USD",
        budget_amount=1,
        holdout_percent=50,
    )
    row = data(api.post("bonus-campaigns", sent), 201)
    assert {name: row[name] for name in sent} == sent
    assert row["status"] == "scheduled"


def test_null_is_the_default(api: ApiClient) -> None:
    names = ("scheduled_at", "deposit_amount", "currency_override", "budget_amount", "holdout_percent")
    row = data(api.post("bonus-campaigns", body(**dict.fromkeys(names))), 201)
    assert {name: row[name] for name in DEFAULTS} == DEFAULTS


def test_a_time_with_an_offset_comes_back_in_utc(api: ApiClient) -> None:
    row = data(api.post("bonus-campaigns", body(scheduled_at="2025-01-31t13:00:00.5+01:00")), 201)
    assert row["scheduled_at"] == "2025-01-31T12:00:00.500000Z"
    assert Campaign.objects.get().scheduled_at == datetime(2025, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC)


def test_an_amount_that_the_type_has_no_use_for_is_kept(api: ApiClient) -> None:
    row = data(api.post("bonus-campaigns", body(deposit_amount=500)), 201)
    assert row["deposit_amount"] == 500


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": " \t"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": None}, "name"),
        ({"segment_id": "7"}, "segment_id"),
        ({"segment_id": None}, "segment_id"),
        ({"template_id": 7}, "template_id"),
        ({"scheduled_at": 1738324800}, "scheduled_at"),
        ({"scheduled_at": "2025-01-31T12:00:00"}, "scheduled_at"),
        ({"scheduled_at": "2025-02-30T12:00:00Z"}, "scheduled_at"),
        ({"scheduled_at": "9999-12-31T23:59:59-01:00"}, "scheduled_at"),
        ({"deposit_amount": 0}, "deposit_amount"),
        ({"deposit_amount": "5"}, "deposit_amount"),
        ({"budget_amount": 0}, "budget_amount"),
        ({"budget_amount": 1.5}, "budget_amount"),
        ({"budget_amount": 2**53}, "budget_amount"),
        ({"currency_override": "XXX"}, "currency_override"),
        ({"holdout_percent": 51}, "holdout_percent"),
        ({"holdout_percent": -1}, "holdout_percent"),
        ({"holdout_percent": True}, "holdout_percent"),
        ({"status": "issuing"}, "status"),
        ({"stats": NOBODY}, "stats"),
        ({"budget": 1}, "budget"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_done(api: ApiClient, fields: dict[str, Any], path: str) -> None:
    assert list(refused(api.post("bonus-campaigns", body(**fields)), 422, "VALIDATION_ERROR")) == [path]
    campaign = CampaignFactory()
    before = saved()
    changed = api.patch(f"bonus-campaigns/{campaign.pk}", fields)
    assert list(refused(changed, 422, "VALIDATION_ERROR")) == [path]
    assert saved() == before


@pytest.mark.parametrize("name", ["name", "segment_id", "template_id"])
def test_what_is_needed_is_asked_for(api: ApiClient, name: str) -> None:
    sent = body()
    del sent[name]
    assert refused(api.post("bonus-campaigns", sent), 422, "VALIDATION_ERROR") == {name: "This field is required."}
    assert saved() == []


def test_segment_template_and_deposit_must_be_there(api: ApiClient) -> None:
    reload = str(TemplateFactory(type="reload").pk)
    campaign = CampaignFactory()
    before = saved()
    for wrong, status, code in (
        ({"segment_id": UNKNOWN}, 404, "SEGMENT_NOT_FOUND"),
        ({"template_id": UNKNOWN}, 404, "BONUS_TEMPLATE_NOT_FOUND"),
        ({"template_id": reload}, 422, "BONUS_DEPOSIT_AMOUNT_REQUIRED"),
    ):
        refused(api.post("bonus-campaigns", body(**wrong)), status, code)
        refused(api.patch(f"bonus-campaigns/{campaign.pk}", wrong), status, code)
    assert saved() == before


def test_what_is_absent_stays(api: ApiClient) -> None:
    made = data(api.post("bonus-campaigns", body(scheduled_at=NOON, budget_amount=7, currency_override="USD")), 201)
    row = data(api.patch(f"bonus-campaigns/{made['id']}", {"name": "February"}))
    assert {**row, "updated_at": made["updated_at"]} == {**made, "name": "February"}
    assert row["updated_at"] > made["updated_at"]


def test_null_takes_away(api: ApiClient) -> None:
    made = data(api.post("bonus-campaigns", body(scheduled_at=NOON, budget_amount=7, currency_override="USD")), 201)
    taken = dict.fromkeys(("scheduled_at", "budget_amount", "currency_override", "deposit_amount"))
    row = data(api.patch(f"bonus-campaigns/{made['id']}", taken))
    assert {name: row[name] for name in taken} == taken
    assert row["status"] == "draft"


def test_a_time_makes_a_draft_scheduled(api: ApiClient) -> None:
    campaign = CampaignFactory()
    assert data(api.patch(f"bonus-campaigns/{campaign.pk}", {"scheduled_at": NOON}))["status"] == "scheduled"


@pytest.mark.parametrize("status", ["issuing", "paused", "issued", "cancelled"])
def test_one_that_has_begun_is_not_changed(api: ApiClient, status: str) -> None:
    campaign = begun(status, budget_amount=100)
    before = saved()
    for change in ({"name": "Other"}, {"scheduled_at": None}, {"budget_amount": 200, "name": "Other"}):
        details = refused(api.patch(f"bonus-campaigns/{campaign.pk}", change), 409, "CAMPAIGN_NOT_EDITABLE")
        assert details == {"status": status}
    assert saved() == before


def test_the_budget_of_a_paused_one_can_be_raised(api: ApiClient) -> None:
    campaign = begun("paused", budget_amount=100)
    row = data(api.patch(f"bonus-campaigns/{campaign.pk}", {"budget_amount": 200}))
    assert (row["budget_amount"], row["status"]) == (200, "paused")
    assert data(api.patch(f"bonus-campaigns/{campaign.pk}", {"budget_amount": None}))["budget_amount"] is None


def test_and_not_lowered(api: ApiClient) -> None:
    campaign = begun("paused", budget_amount=100)
    before = saved()
    refused(api.patch(f"bonus-campaigns/{campaign.pk}", {"budget_amount": 99}), 409, "CAMPAIGN_NOT_EDITABLE")
    assert saved() == before


@pytest.mark.parametrize("status", ["issuing", "issued", "cancelled"])
def test_no_budget_is_raised_but_of_a_paused_one(api: ApiClient, status: str) -> None:
    campaign = begun(status, budget_amount=100)
    before = saved()
    refused(api.patch(f"bonus-campaigns/{campaign.pk}", {"budget_amount": 200}), 409, "CAMPAIGN_NOT_EDITABLE")
    assert saved() == before


@pytest.mark.parametrize("pk", [UNKNOWN, "7", "{00000000-0000-7000-8000-000000000000}"])
def test_one_that_is_not_there(api: ApiClient, pk: str) -> None:
    refused(api.get(f"bonus-campaigns/{pk}"), 404, "CAMPAIGN_NOT_FOUND")
    refused(api.patch(f"bonus-campaigns/{pk}", {"name": "Other"}), 404, "CAMPAIGN_NOT_FOUND")
    refused(api.get(f"bonus-campaigns/{pk}/recipients"), 404, "CAMPAIGN_NOT_FOUND")
    for action in ("issue", "pause", "resume", "cancel", "preview"):
        refused(api.post(f"bonus-campaigns/{pk}/{action}"), 404, "CAMPAIGN_NOT_FOUND")


def names(response: Any) -> list[str]:
    return [row["name"] for row in data(response)]


def test_the_list_can_be_filtered(api: ApiClient) -> None:
    first = CampaignFactory(name="January reload")
    second = begun("paused", name="February RELOAD", segment=first.segment)
    third = CampaignFactory(name="Spins", template=first.template)
    assert names(api.get("bonus-campaigns")) == ["Spins", "February RELOAD", "January reload"]
    assert names(api.get("bonus-campaigns", q="reload")) == ["February RELOAD", "January reload"]
    assert names(api.get("bonus-campaigns", status="paused")) == [second.name]
    assert names(api.get("bonus-campaigns", template_id=first.template_id)) == [third.name, first.name]
    assert names(api.get("bonus-campaigns", segment_id=first.segment_id)) == [second.name, first.name]
    assert names(api.get("bonus-campaigns", segment_id=first.segment_id, status="draft")) == [first.name]
    assert names(api.get("bonus-campaigns", status="", q="")) == ["Spins", "February RELOAD", "January reload"]


@pytest.mark.parametrize(("name", "value"), [("status", "done"), ("template_id", "7"), ("segment_id", "x")])
def test_a_filter_that_can_not_be_used_is_refused(api: ApiClient, name: str, value: str) -> None:
    assert list(refused(api.get("bonus-campaigns", **{name: value}), 422, "VALIDATION_ERROR")) == [name]


def test_the_list_is_paged(api: ApiClient) -> None:
    for number in range(5):
        CampaignFactory(name=f"Campaign {number}")
    found, cursor = [], ""
    while cursor is not None:
        page = api.get("bonus-campaigns", limit=2, cursor=cursor)
        found += names(page)
        cursor = page.json()["meta"]["next_cursor"]
    assert found == [f"Campaign {number}" for number in (4, 3, 2, 1, 0)]
