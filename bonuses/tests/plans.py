"""PostgreSQL's own plans, for tests: what a question read, and by which index. With as many grants as that takes."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Model

from bonuses.models import BonusTemplate, Grant, Player
from bonuses.tests.factories import AdapterFactory, TemplateFactory

ROWS = 3000
OF_ONE = 60
Steps = list[dict[str, Any]]


def many_grants(players: list[Player], fields: Callable[[int], dict[str, Any]]) -> list[Grant]:
    """Three a second, of `OF_ONE` templates and players in turn, the oldest first; known to the planner."""
    adapter, templates = AdapterFactory(), TemplateFactory.create_batch(OF_ONE)
    made = Grant.objects.bulk_create(
        Grant(
            template=templates[n % OF_ONE],
            revision_id=templates[n % OF_ONE].revision_id,
            player=players[n // 7 % OF_ONE],
            adapter=adapter,
            amount=1000,
            amount_base=1000,
            currency="EUR",
            player_currency="EUR",
            exchange_rate=1,
            created_at=adapter.created_at + timedelta(seconds=n // 3),
            **fields(n),
        )
        for n in range(ROWS)
    )
    analyse(BonusTemplate, Grant, Player)
    return made


def analyse(*models: Any) -> None:
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ANALYZE {model._meta.db_table}")


def explained(statement: str, *, without: str = "") -> Steps:
    """The steps of its plan, carried out. `without` names ways that the planner is not to go, one after another."""
    with connection.cursor() as cursor:
        for way in without.split():
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}")
        [(plan,)] = cursor.fetchall()
        for way in without.split():
            cursor.execute(f"SET LOCAL enable_{way} = on")
    return list(_nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))


def scans(steps: Steps, model: type[Model]) -> Steps:
    return [step for step in steps if step.get("Relation Name") == model._meta.db_table]


def rows_read(steps: Steps, model: type[Model]) -> int:
    """Those that a filter threw away again included."""
    found = scans(steps, model)
    return sum((step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"] for step in found)


def indexes(steps: Steps) -> set[str]:
    return {step["Index Name"] for step in steps if "Index Name" in step}


def of_kind(steps: Steps, kind: str) -> Steps:
    """`Sort` is also an incremental one."""
    return [step for step in steps if kind in step["Node Type"]]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
