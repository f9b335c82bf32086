from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bonuses.models import Player
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import GrantFactory, PlayerFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2025, 1, 31, 12, tzinfo=UTC)


def players(times: list[datetime]) -> list[str]:
    """External ids, newest first."""
    made = [PlayerFactory() for _ in times]
    for player, at in zip(made, times, strict=True):
        Player.objects.filter(pk=player.pk).update(created_at=at)
    return [player.external_id for player in Player.objects.all()]


def pages(api: ApiClient, limit: int, **query: Any) -> list[list[str]]:
    found, cursor = [], ""
    while cursor is not None:
        body = api.get("players", limit=limit, cursor=cursor, **query).json()
        found.append([row["external_id"] for row in body["data"]])
        assert body["meta"]["count"] == len(found[-1])
        cursor = body["meta"]["next_cursor"]
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 200])
def test_pages_put_together_are_the_list(api: ApiClient, limit: int) -> None:
    expected = players([NOON, NOON, NOON, NOON + timedelta(microseconds=1), NOON - timedelta(days=1), NOON, NOON])
    found = pages(api, limit)
    assert [row for page in found for row in page] == expected
    assert len(found) == -(-len(expected) // limit)


def test_default_page_has_fifty_rows(api: ApiClient) -> None:
    expected = players([NOON] * 51)
    assert [len(page) for page in pages(api, 200)] == [51]
    body = api.get("players").json()
    assert [row["external_id"] for row in body["data"]] == expected[:50]
    assert body["meta"]["count"] == 50


def test_rows_inserted_meanwhile_neither_repeat_nor_hide_a_row(api: ApiClient) -> None:
    expected = players([NOON + timedelta(seconds=n) for n in range(6)])
    seen, cursor = [], ""
    while cursor is not None:
        body = api.get("players", limit=2, cursor=cursor).json()
        seen += [row["external_id"] for row in body["data"]]
        cursor = body["meta"]["next_cursor"]
        PlayerFactory.create_batch(3)
    assert seen == expected


def test_row_that_the_cursor_points_at_may_go(api: ApiClient) -> None:
    expected = players([NOON + timedelta(seconds=n) for n in range(4)])
    cursor = api.get("players", limit=2).json()["meta"]["next_cursor"]
    Player.objects.filter(external_id=expected[1]).delete()
    assert [row["external_id"] for row in api.get("players", cursor=cursor).json()["data"]] == expected[2:]


def test_filters_go_on_over_the_pages(api: ApiClient) -> None:
    players([NOON] * 5)
    banned = [PlayerFactory(status="banned").external_id for _ in range(3)]
    assert sorted(row for page in pages(api, 2, status="banned") for row in page) == sorted(banned)


def test_a_page_is_read_from_the_index(api: ApiClient) -> None:
    """Seeking to the key, neither walking there nor sorting."""
    players([NOON] * 30)
    cursor = api.get("players", limit=2).json()["meta"]["next_cursor"]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        api.get("players", limit=2, cursor=cursor)
    with connection.cursor() as database:
        if connection.vendor == "postgresql":
            database.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
            )
            database.execute(f"EXPLAIN {queries[0]['sql']}")
            plan = "\n".join(line for (line,) in database.fetchall())
            assert "Index Cond: (ROW(created_at, id) < ROW(" in plan
            assert "Sort" not in plan
        else:
            database.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
            plan = "\n".join(str(line[-1]) for line in database.fetchall())
            assert plan == "SEARCH bonuses_player USING INDEX player_newest_first ((created_at,id)<(?,?))"


@pytest.mark.parametrize("limit", ["0", "-1", "201", "1.5", "ten", "1e1", " 5", "\u0665", "99999999999999999999"])
def test_limit_out_of_range_is_refused(api: ApiClient, limit: str) -> None:
    response = api.get("players", limit=limit)
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "VALIDATION_ERROR"
    assert list(response.json()["error"]["details"]) == ["limit"]


def test_empty_values_mean_nothing_was_asked(api: ApiClient) -> None:
    expected = players([NOON] * 3)
    body = api.get("players", cursor="", limit="", status="", external_id="").json()
    assert [row["external_id"] for row in body["data"]] == expected


@pytest.mark.parametrize("cursor", ["x", "a:b", "\x00", "W10:W10", "é", "1" * 5000])
def test_cursor_that_is_not_one(api: ApiClient, cursor: str) -> None:
    response = api.get("players", cursor=cursor)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "INVALID_CURSOR")


def test_changed_cursor_is_not_one(api: ApiClient) -> None:
    players([NOON] * 3)
    cursor = api.get("players", limit=1).json()["meta"]["next_cursor"]
    payload, _, signature = cursor.rpartition(":")
    other = ("X" if payload[0] != "X" else "Y") + payload[1:]
    assert api.get("players", cursor=f"{other}:{signature}").status_code == 400
    assert api.get("players", cursor=cursor).status_code == 200


def test_cursor_of_another_list_is_not_one(api: ApiClient) -> None:
    GrantFactory()
    GrantFactory()
    cursor = api.get("bonus-grants", limit=1).json()["meta"]["next_cursor"]
    response = api.get("players", cursor=cursor)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "INVALID_CURSOR")
    assert api.get("bonus-grants", cursor=cursor).json()["meta"] == {"count": 1, "next_cursor": None}
