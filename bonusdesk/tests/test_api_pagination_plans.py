"""A deep page costs what the first one does: PostgreSQL's own count of the rows that it read for each."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bonuses.models import BonusTemplate, Grant, Player
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import AdapterFactory, PlayerFactory, TemplateFactory

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

ROWS = 3000
OF_ONE = 60
LIMIT = 5


@pytest.fixture
def grants() -> list[Grant]:
    """Of sixty players and sixty templates in turn, oldest first."""
    adapter = AdapterFactory()
    templates, players = TemplateFactory.create_batch(OF_ONE), PlayerFactory.create_batch(OF_ONE)
    made = Grant.objects.bulk_create(
        Grant(
            template=templates[n % OF_ONE],
            revision_id=templates[n % OF_ONE].revision_id,
            player=players[n // 7 % OF_ONE],
            adapter=adapter,
            status="active",
            slot=n,
            amount=1000,
            amount_base=1000,
            currency="EUR",
            player_currency="EUR",
            exchange_rate=1,
            granted_by_kind="api",
            created_at=adapter.created_at + timedelta(seconds=n // 3),
        )
        for n in range(ROWS)
    )
    analyse(Grant)
    return made


def analyse(model: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {model._meta.db_table}")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def rows_read(query: str, model: Any) -> int:
    """Of the list's own table, those that a filter threw away again included. Nothing is sorted."""
    with connection.cursor() as cursor:
        # Of the few rows of a test all could be sorted as well.
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query}")
        [(plan,)] = cursor.fetchall()
    found = json.loads(plan) if isinstance(plan, str) else plan
    steps = list(nodes(found[0]["Plan"]))
    assert not [step for step in steps if "Sort" in step["Node Type"]]
    scans = [step for step in steps if step.get("Relation Name") == model._meta.db_table]
    assert [step["Node Type"] for step in scans] == ["Index Scan"]
    return sum((step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"] for step in scans)


def costs(api: ApiClient, path: str, model: Any, step: int, **query: Any) -> dict[int, int]:
    """Rows read for a page of `LIMIT`, by how many rows lie before it: every `step` of them."""
    found, cursor, depth = {}, "", 0
    while cursor is not None:
        with CaptureQueriesContext(connection) as queries:
            body = api.get(path, cursor=cursor, limit=LIMIT, **query).json()
        assert body["meta"]["count"] == LIMIT
        [page] = queries
        found[depth] = rows_read(page["sql"], model)
        body = api.get(path, cursor=cursor, limit=step, **query).json()
        depth, cursor = depth + body["meta"]["count"], body["meta"]["next_cursor"]
    return found


def the_same_at(*depths: int) -> dict[int, int]:
    """One row more than are shown: it says whether there is a next page."""
    return dict.fromkeys(depths, LIMIT + 1)


def test_grants(api: ApiClient, grants: list[Grant]) -> None:
    assert costs(api, "bonus-grants", Grant, 200) == the_same_at(*range(0, ROWS, 200))


@pytest.mark.parametrize("name", ["player_id", "template_id"])
def test_grants_of_one(api: ApiClient, grants: list[Grant], name: str) -> None:
    found = costs(api, "bonus-grants", Grant, 20, **{name: getattr(grants[0], name)})
    assert found == the_same_at(0, 20, 40)


def test_grants_of_one_player_by_the_operators_id(api: ApiClient, grants: list[Grant]) -> None:
    found = costs(api, "bonus-grants", Grant, 20, player_external_id=grants[0].player.external_id)
    assert found == the_same_at(0, 20, 40)


def test_grants_of_a_common_status(api: ApiClient, grants: list[Grant]) -> None:
    assert costs(api, "bonus-grants", Grant, 200, status="active") == the_same_at(*range(0, ROWS, 200))


def test_players(api: ApiClient) -> None:
    Player.objects.bulk_create(PlayerFactory.build_batch(ROWS))
    analyse(Player)
    assert costs(api, "players", Player, 200) == the_same_at(*range(0, ROWS, 200))


def test_templates(api: ApiClient) -> None:
    TemplateFactory.create_batch(OF_ONE)
    analyse(BonusTemplate)
    assert costs(api, "bonus-templates", BonusTemplate, 20) == the_same_at(*range(0, OF_ONE, 20))
