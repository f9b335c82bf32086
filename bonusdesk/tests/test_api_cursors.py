"""A cursor is a place in one list, signed: what may change between two pages, and what may not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from pytest_django import Settings

from bonuses.models import Player
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import PlayerFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2025, 1, 31, 12, tzinfo=UTC)


def players(*external_ids: str, apart: timedelta = timedelta(minutes=1)) -> None:
    """Each newer than the one before."""
    for number, external_id in enumerate(external_ids):
        made = PlayerFactory(external_id=external_id)
        Player.objects.filter(pk=made.pk).update(created_at=NOON + number * apart)


def page(api: ApiClient, cursor: str = "", **query: Any) -> tuple[list[str], str]:
    response = api.get("players", cursor=cursor, **query)
    assert response.status_code == 200
    body = response.json()
    return [row["external_id"] for row in body["data"]], body["meta"]["next_cursor"]


def test_pages_may_differ_in_size(api: ApiClient) -> None:
    players("a", "b", "c", "d", "e", "f")
    first, cursor = page(api, limit=1)
    second, cursor = page(api, cursor, limit=3)
    third, cursor = page(api, cursor)
    assert (first, second, third, cursor) == (["f"], ["e", "d", "c"], ["b", "a"], None)


def test_microseconds_are_kept(api: ApiClient) -> None:
    players("a", "b", "c", apart=timedelta(microseconds=1))
    first, cursor = page(api, limit=1)
    second, cursor = page(api, cursor, limit=1)
    third, cursor = page(api, cursor, limit=1)
    assert (first, second, third, cursor) == (["c"], ["b"], ["a"], None)


def test_other_filters_go_on_from_the_same_place(api: ApiClient) -> None:
    """A cursor is a place and no more: it neither carries the filters along nor lets anything else be seen."""
    players("a", "b", "c", "d", "e")
    Player.objects.filter(external_id__in=["e", "b"]).update(status="banned")
    _, cursor = page(api, limit=2)
    assert page(api, cursor, status="banned") == (["b"], None)
    assert page(api, cursor, status="active") == (["c", "a"], None)
    assert page(api, cursor) == (["c", "b", "a"], None)


def test_nothing_left_behind_the_cursor(api: ApiClient) -> None:
    players("a", "b", "c")
    _, cursor = page(api, limit=1)
    Player.objects.exclude(external_id="c").delete()
    assert page(api, cursor) == ([], None)


def test_the_same_cursor_gives_the_same_page(api: ApiClient) -> None:
    players("a", "b", "c", "d")
    _, cursor = page(api, limit=1)
    assert page(api, cursor, limit=2) == page(api, cursor, limit=2)
    assert page(api, cursor, limit=2)[0] == ["c", "b"]


def test_cursor_outlives_the_secret_key_while_that_is_still_accepted(api: ApiClient, settings: Settings) -> None:
    players("a", "b")
    _, cursor = page(api, limit=1)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-key" * 6, [configured.SECRET_KEY]
    assert page(api, cursor) == (["a"], None)
    settings.SECRET_KEY_FALLBACKS = []
    response = api.get("players", cursor=cursor)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "INVALID_CURSOR")


def test_cursor_is_looked_at_before_the_database_is(api: ApiClient, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        response = api.get("players", cursor="forged", status="active")
    assert response.status_code == 400
