"""Each filter of the list of grants, and each way to search it, reads an index: PostgreSQL's own plan says so."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bonuses.models import BonusTemplate, Grant, Player
from bonuses.tests.factories import AdapterFactory, PlayerFactory, TemplateFactory
from integrations.tests.admin_client import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

LIST = "/admin/bonuses/grant/"
ROWS = 3000
OF_ONE = 60


@pytest.fixture
def grants() -> list[Grant]:
    """Of sixty templates and players; one in a thousand is out of the ordinary, all of them old."""
    adapter = AdapterFactory()
    templates = TemplateFactory.create_batch(OF_ONE)
    players = [
        PlayerFactory(external_id=f"plan-{n:03}", status="banned" if n == 0 else "active") for n in range(OF_ONE)
    ]
    made = Grant.objects.bulk_create(
        Grant(
            template=templates[n % OF_ONE],
            revision_id=templates[n % OF_ONE].revision_id,
            player=players[n // 7 % OF_ONE],
            adapter=adapter,
            status="failed" if n < 6 else "active",
            slot=None if n < 6 else n,
            amount=1000,
            amount_base=1000,
            currency="EUR",
            player_currency="EUR",
            exchange_rate=1,
            granted_by_kind="manual" if n < 6 else "campaign",
            needs_person=n < 6,
            wish="cancelled" if n < 6 else "",
            platform_bonus_id=f"pb-{n}",
            created_at=adapter.created_at + timedelta(seconds=n // 3),
        )
        for n in range(ROWS)
    )
    with connection.cursor() as cursor:
        for model in (BonusTemplate, Grant, Player):
            cursor.execute(f"ANALYZE {model._meta.db_table}")
    return made


@pytest.fixture
def client() -> Client:
    return signed_in("bonuses.view_grant")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def plans(client: Client, query: dict[str, str], *, in_order: bool = False) -> list[list[dict[str, Any]]]:
    """Of each question about grants or players that the page asks."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(LIST, query).status_code == 200
    asked = [
        entry["sql"]
        for entry in captured
        if entry["sql"].startswith("SELECT") and ("bonuses_grant" in entry["sql"] or "bonuses_player" in entry["sql"])
    ]
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        # Of the few rows of a test all could be sorted as well.
        for way in ("sort", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{way} = {'off' if in_order else 'on'}")
        for sql in asked:
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
            [(plan,)] = cursor.fetchall()
            found.append(list(nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])))
    return found


def indexes(plan: list[dict[str, Any]]) -> set[str]:
    return {step["Index Name"] for step in plan if "Index Name" in step}


def read(plan: list[dict[str, Any]]) -> int:
    """Rows of grants, those that a filter threw away again included."""
    scans = [step for step in plan if step.get("Relation Name") == Grant._meta.db_table]
    return sum((step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"] for step in scans)


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
        [page, *_] = plans(client, query, in_order=True)
        assert index in indexes(page), query
        assert not [step for step in page if "Sort" in step["Node Type"] or step["Node Type"] == "Seq Scan"], query
        # A few more were made at the moment at which a page begins.
        assert read(page) <= 51 + 3, query

    *_, count = plans(client, {}, in_order=True)
    assert read(count) == 1001


def test_players_who_are_not_active(client: Client, grants: list[Grant]) -> None:
    [page, *_] = plans(client, {"attention": "player_not_active"})
    assert "player_not_active" in indexes(page)
    # By which of the indexes that hold a player is the planner's business.
    assert [step for step in page if step["Node Type"] == "Seq Scan"] == []
    assert read(page) <= 2 * ROWS / OF_ONE


def test_a_search_reads_no_table_from_its_beginning(client: Client, grants: list[Grant]) -> None:
    for term in ("plan-003-1", "plan-003", "pb-17", str(grants[17].pk)):
        found = plans(client, {"q": term})
        assert [step for plan in found for step in plan if step["Node Type"] == "Seq Scan"] == [], term
        used = {name for plan in found for name in indexes(plan)}
        assert "grant_by_platform_id" in used, term
        assert any(name.startswith("bonuses_player_external_id") for name in used), term
        assert "grant_newest_first" not in used, term
