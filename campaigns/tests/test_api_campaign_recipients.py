import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from bonuses.tests.api_client import ApiClient
from campaigns.models import Recipient
from campaigns.tests.begun import begun, with_recipients
from campaigns.tests.factories import CampaignFactory
from campaigns.tests.test_api_campaigns import data, refused

pytestmark = pytest.mark.django_db


def walk(api: ApiClient, path: str, limit: int, **query: Any) -> list[list[str]]:
    found, cursor = [], ""
    while cursor is not None:
        body = api.get(path, limit=limit, cursor=cursor, **query).json()
        found.append([row["external_id"] for row in body["data"]])
        assert body["meta"]["count"] == len(found[-1])
        cursor = body["meta"]["next_cursor"]
    return found


def test_a_row_says_who_what_and_why(api: ApiClient) -> None:
    campaign, grant_id = begun(), uuid.uuid4()
    made = with_recipients(campaign, ["pending", "granted", "skipped", "failed"])
    told: dict[str, dict[str, Any]] = {
        "granted": {"grant_id": grant_id},
        "skipped": {"reason": "PLAYER_BLOCKED", "message": "The player is banned."},
        "failed": {"reason": "SUSPENDED", "message": "No.", "grant_id": grant_id},
    }
    for status, fields in told.items():
        Recipient.objects.filter(status=status).update(**fields)
    assert data(api.get(f"bonus-campaigns/{campaign.pk}/recipients")) == [
        {
            "player_id": str(recipient.player_id),
            "external_id": recipient.player.external_id,
            "status": recipient.status,
            "reason": told.get(recipient.status, {}).get("reason"),
            "message": told.get(recipient.status, {}).get("message"),
            "grant_id": str(grant_id) if "grant_id" in told.get(recipient.status, {}) else None,
        }
        for recipient in reversed(made)
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_put_together_are_the_list(api: ApiClient, limit: int) -> None:
    campaign = begun()
    made = with_recipients(campaign, ["granted"] * 7)
    with_recipients(begun(), ["granted"] * 3)
    pages = walk(api, f"bonus-campaigns/{campaign.pk}/recipients", limit)
    assert [name for page in pages for name in page] == [row.player.external_id for row in reversed(made)]
    assert len(pages) == -(-7 // limit)


def test_the_filter_goes_on_over_the_pages(api: ApiClient) -> None:
    campaign = begun()
    made = with_recipients(campaign, ["granted", "failed"] * 5)
    pages = walk(api, f"bonus-campaigns/{campaign.pk}/recipients", 2, status="failed")
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [name for page in pages for name in page] == [row.player.external_id for row in reversed(made[1::2])]


def test_before_it_has_begun_there_are_none(api: ApiClient) -> None:
    answer = api.get(f"bonus-campaigns/{CampaignFactory().pk}/recipients").json()
    assert answer == {"data": [], "meta": {"count": 0, "next_cursor": None}}


def test_what_can_not_be_asked_for(api: ApiClient) -> None:
    campaign, other = begun(), begun()
    for each in (campaign, other):
        with_recipients(each, ["granted"] * 2)
    path = f"bonus-campaigns/{campaign.pk}/recipients"
    assert list(refused(api.get(path, status="done"), 422, "VALIDATION_ERROR")) == ["status"]
    assert list(refused(api.get(path, limit=0), 422, "VALIDATION_ERROR")) == ["limit"]
    refused(api.get(path, cursor="x"), 400, "INVALID_CURSOR")
    cursor = api.get(path, limit=1).json()["meta"]["next_cursor"]
    refused(api.get(f"bonus-campaigns/{other.pk}/recipients", cursor=cursor), 400, "INVALID_CURSOR")


def test_a_page_is_one_statement(api: ApiClient, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    campaign = begun()
    with_recipients(campaign, ["granted"] * 3)
    path = f"bonus-campaigns/{campaign.pk}/recipients"
    api.get(path)
    with django_assert_num_queries(1):
        api.get(path, status="granted", limit=2)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("query", "index"), [({}, "recipient_numbered"), ({"status": "failed"}, "recipient_by_status")]
)
def test_a_page_is_read_from_the_index_at_any_depth(api: ApiClient, query: dict[str, Any], index: str) -> None:
    campaign = begun()
    with_recipients(campaign, ["failed"] * 5)
    path = f"bonus-campaigns/{campaign.pk}/recipients"
    cursor = api.get(path, limit=2, **query).json()["meta"]["next_cursor"]
    with CaptureQueriesContext(connection) as asked, connection.cursor() as database:
        api.get(path, limit=2, cursor=cursor, **query)
        [statement] = [each["sql"] for each in asked if "campaigns_recipient" in each["sql"]]
        for way in ("seqscan", "sort", "bitmapscan"):
            database.execute(f"SET LOCAL enable_{way} = off")
        database.execute(f"EXPLAIN {statement}")
        plan = "\n".join(line for (line,) in database.fetchall())
    assert f"Index Scan Backward using {index}" in plan
    assert "Sort" not in plan
