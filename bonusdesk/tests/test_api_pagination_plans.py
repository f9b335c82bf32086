"""A deep page costs what the first one does: PostgreSQL's own count of the rows that it read for each."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bonuses.models import BonusTemplate, Grant, Player
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.plans import OF_ONE, ROWS, analyse, explained, many_grants, of_kind, rows_read, scans

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

LIMIT = 5


@pytest.fixture
def grants() -> list[Grant]:
    players = PlayerFactory.create_batch(OF_ONE)
    return many_grants(players, lambda n: {"status": "active", "slot": n, "granted_by_kind": "api"})


def read_in_order(query: str, model: Any) -> int:
    """Rows of the list's own table, by an index and with nothing sorted."""
    # Of the few rows of a test all could be sorted as well.
    steps = explained(query, without="sort bitmapscan")
    assert of_kind(steps, "Sort") == []
    assert [step["Node Type"] for step in scans(steps, model)] == ["Index Scan"]
    return rows_read(steps, model)


def costs(api: ApiClient, path: str, model: Any, step: int, **query: Any) -> dict[int, int]:
    """Rows read for a page of `LIMIT`, by how many rows lie before it: every `step` of them."""
    found, cursor, depth = {}, "", 0
    while cursor is not None:
        with CaptureQueriesContext(connection) as queries:
            body = api.get(path, cursor=cursor, limit=LIMIT, **query).json()
        assert body["meta"]["count"] == LIMIT
        [page] = queries
        found[depth] = read_in_order(page["sql"], model)
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
