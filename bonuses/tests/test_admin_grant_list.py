"""The list of grants, page by page: each shown once, whatever comes meanwhile, and nothing waits without end."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from bonuses.admin import grant_list
from bonuses.admin.grant import GrantAdmin
from bonuses.models import Grant
from bonuses.tests.factories import GrantFactory, PlayerFactory
from integrations.tests.admin_client import signed_in, text

pytestmark = pytest.mark.django_db

LIST = "/admin/bonuses/grant/"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    """Pages of two."""
    monkeypatch.setattr(GrantAdmin, "list_per_page", 2)
    return signed_in("bonuses.view_grant", "bonuses.cancel_grant")


@pytest.fixture
def grants() -> list[Grant]:
    """Seven, newest first, three of them of one moment."""
    now = timezone.now()
    made = [GrantFactory(created_at=now - timedelta(seconds=age)) for age in (0, 1, 2, 2, 2, 3, 4)]
    return sorted(made, key=lambda grant: (grant.created_at, grant.pk), reverse=True)


def page(client: Client, url: str | None = "") -> Any:
    assert url is not None
    answer = client.get(LIST + url)
    assert answer.status_code == 200
    return answer.context["cl"]


def walk(client: Client, url: str = "") -> list[list[Grant]]:
    pages, here = [], page(client, url)
    while True:
        pages.append(here.result_list)
        if here.older_url is None:
            return pages
        here = page(client, here.older_url)


def test_there_and_back(client: Client, grants: list[Grant]) -> None:
    pages = walk(client)
    assert pages == [grants[0:2], grants[2:4], grants[4:6], grants[6:]]

    last = page(client, page(client, page(client, page(client).older_url).older_url).older_url)
    assert (last.result_list, last.older_url) == (grants[6:], None)
    third = page(client, last.newer_url)
    assert third.result_list == grants[4:6]
    second = page(client, third.newer_url)
    first = page(client, second.newer_url)
    assert (second.result_list, first.result_list, first.newer_url) == (grants[2:4], grants[0:2], None)
    assert page(client, first.newest_url).result_list == grants[0:2]


def test_what_comes_meanwhile_neither_repeats_nor_hides_one(client: Client, grants: list[Grant]) -> None:
    first = page(client)
    GrantFactory()
    assert page(client, first.older_url).result_list == grants[2:4]


def test_pages_keep_the_filter_and_a_new_filter_begins_anew(client: Client, grants: list[Grant]) -> None:
    other = GrantFactory(status="pending")
    pages = walk(client, "?status__exact=active&q=player")
    assert [grant for found in pages for grant in found] == grants

    second = page(client, page(client, "?status__exact=active").older_url)
    assert "status__exact=active" in second.older_url
    choices = [choice["query_string"] for spec in second.filter_specs for choice in spec.choices(second)]
    assert [query for query in choices if "after=" in query or "before=" in query] == []
    assert page(client, "?status__exact=pending").result_list == [other]


def test_another_order_is_not_taken(client: Client, grants: list[Grant]) -> None:
    assert page(client, "?o=1.-2").result_list == grants[0:2]
    assert "?o=" not in text(client.get(LIST))


@pytest.mark.parametrize(
    "place", ["x", "~", "2026-01-01T00:00:00Z~", "2026-01-01T00:00:00~" + "0" * 32, "2026-99-01~1"]
)
def test_a_place_that_is_none_leads_to_the_beginning(client: Client, grants: list[Grant], place: str) -> None:
    for name in ("after", "before"):
        assert client.get(LIST, {name: place})["Location"] == f"{LIST}?e=1"


def test_it_counts_only_what_is_not_on_the_page(client: Client, grants: list[Grant]) -> None:
    assert "7 grants" in text(client.get(LIST))
    assert "1 grant<" in text(client.get(LIST, {"q": str(grants[0].pk)}))
    assert "0 grants" in text(client.get(LIST, {"q": "nobody"}))


def test_a_platform_id_that_is_also_how_a_player_begins(client: Client) -> None:
    by_platform = GrantFactory(platform_bonus_id="vip-1")
    by_player = GrantFactory(player=PlayerFactory(external_id="vip-1-of-two"))
    GrantFactory()
    assert page(client, "?q=vip-1").result_list == [by_player, by_platform]


@pytest.mark.postgres
def test_what_takes_too_long_is_given_up(client: Client, grants: list[Grant], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GrantAdmin, "get_queryset", slow(GrantAdmin.get_queryset))
    monkeypatch.setattr(grant_list, "SECONDS", 0.05)

    answer = client.get(LIST)

    assert answer.status_code == 200
    assert "This took too long and was given up." in text(answer)
    assert (answer.context["cl"].result_list, answer.context["cl"].older_url) == ([], None)
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def slow(get_queryset: Any) -> Any:
    def slowly(self: Any, request: Any) -> Any:
        return get_queryset(self, request).extra(where=["pg_sleep(1) IS NOT NULL"])

    return slowly


def test_actions_name_all_that_match_only_where_there_are_more(client: Client, grants: list[Grant]) -> None:
    assert "Select all that match, 7" in text(client.get(LIST))
    assert "Select all that match" not in text(client.get(LIST, {"q": str(grants[0].pk)}))


def test_who_may_not_cancel_is_offered_no_action(grants: list[Grant]) -> None:
    viewer = signed_in("bonuses.view_grant", name="vera")
    assert 'name="action"' not in text(viewer.get(LIST))
