"""Each filter of the list of grants, and each way to search it, reads an index: PostgreSQL's own plan says so."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bonuses.models import Grant
from bonuses.tests.factories import PlayerFactory
from bonuses.tests.plans import OF_ONE, ROWS, Steps, explained, indexes, many_grants, of_kind, rows_read
from integrations.tests.admin_client import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

LIST = "/admin/bonuses/grant/"
# Of the few rows of a test all could be read or sorted as well.
NO_SCAN = "seqscan"
IN_ORDER = "seqscan sort bitmapscan"


@pytest.fixture
def grants() -> list[Grant]:
    """Six of them are out of the ordinary, all of these old."""
    players = [
        PlayerFactory(external_id=f"plan-{n:03}", status="banned" if n == 0 else "active") for n in range(OF_ONE)
    ]
    return many_grants(
        players,
        lambda n: {
            "status": "failed" if n < 6 else "active",
            "slot": None if n < 6 else n,
            "granted_by_kind": "manual" if n < 6 else "campaign",
            "needs_person": n < 6,
            "wish": "cancelled" if n < 6 else "",
            "platform_bonus_id": f"pb-{n}",
        },
    )


@pytest.fixture
def client() -> Client:
    return signed_in("bonuses.view_grant")


def plans(client: Client, query: dict[str, str], *, without: str = NO_SCAN) -> list[Steps]:
    """Of each question about grants or players that the page asks."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(LIST, query).status_code == 200
    asked = [
        entry["sql"]
        for entry in captured
        if entry["sql"].startswith("SELECT") and ("bonuses_grant" in entry["sql"] or "bonuses_player" in entry["sql"])
    ]
    return [explained(sql, without=without) for sql in asked]


def test_a_filter_reads_its_index_in_its_order(client: Client, grants: list[Grant]) -> None:
    place = grants[300]
    cases: list[tuple[dict[str, str], str]] = [
        ({}, "grant_newest_first"),
        ({"status__exact": "failed"}, "grant_by_status"),
        ({"granted_by_kind__exact": "manual"}, "grant_by_origin"),
        ({"attention": "needs_person"}, "grant_needs_person"),
        ({"attention": "wish"}, "grant_wished"),
        ({"template": str(grants[0].template_id)}, "grant_by_template"),
        ({"after": f"{place.created_at.isoformat()}~{place.pk}"}, "grant_newest_first"),
        ({"before": f"{place.created_at.isoformat()}~{place.pk}"}, "grant_newest_first"),
    ]
    for query, index in cases:
        [page, *_] = plans(client, query, without=IN_ORDER)
        assert index in indexes(page), query
        assert of_kind(page, "Sort") + of_kind(page, "Seq Scan") == [], query
        # A few more were made at the moment at which a page begins.
        assert rows_read(page, Grant) <= 51 + 3, query

    *_, count = plans(client, {}, without=IN_ORDER)
    assert rows_read(count, Grant) == 1001


def test_players_who_are_not_active(client: Client, grants: list[Grant]) -> None:
    [page, *_] = plans(client, {"attention": "player_not_active"})
    assert "player_not_active" in indexes(page)
    # By which of the indexes that hold a player is the planner's business.
    assert of_kind(page, "Seq Scan") == []
    assert rows_read(page, Grant) <= 2 * ROWS / OF_ONE


def test_a_search_reads_no_table_from_its_beginning(client: Client, grants: list[Grant]) -> None:
    for term in ("plan-003-1", "plan-003", "pb-17", str(grants[17].pk)):
        found = plans(client, {"q": term})
        assert [step for plan in found for step in of_kind(plan, "Seq Scan")] == [], term
        used = {name for plan in found for name in indexes(plan)}
        assert "grant_by_platform_id" in used, term
        assert any(name.startswith("bonuses_player_external_id") for name in used), term
        assert "grant_newest_first" not in used, term
