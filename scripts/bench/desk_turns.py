"""The steps of the walk through the admin: rows for a small database, many for its copy, then page by page in both."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import override_settings

from bonusdesk.tests.admin_rows import SINKS
from scripts.bench import desk_lists, desk_pages, desk_rows
from scripts.bench.desk_sides import BENCH, Side, Sides
from scripts.bench.desk_visits import HEAD, Addresses, Cost, cost_of, medians

# Static files were not collected, and events have all the sinks that rows were made for.
SETTINGS = {
    "EVENT_SINKS": list(SINKS),
    "STORAGES": {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    },
}
LOOKED_AT_AGAIN = 5
COUNTING = (
    "campaigns_campaign_build_count",
    "campaigns_campaign_preview",
    "campaigns_campaign_issue",
    "campaigns_campaign_approve",
    "campaigns_segment_change",
)
"""What counts an audience anew because somebody wants to know: each player of it is looked at."""


def few(*, grants: int) -> dict[str, str]:
    """Keys of the rows whose pages are looked at, by the model's label."""
    call_command("migrate", verbosity=0)
    User.objects.create_superuser(BENCH)
    rows = desk_rows.make_few()
    desk_rows.grow(rows, there=0, grants=grants)
    return {label: str(row.pk) for label, row in rows.items()}


def many(*, keys: dict[str, str], there: int, grants: int) -> dict[str, str]:
    desk_rows.grow(_rows(keys), there=there, grants=grants)
    return keys


def look(*, keys: dict[str, str], urls: list[str], times: int, rounds: int, table: str, all: bool) -> dict[str, Any]:  # noqa: A002
    """What the dearest pages took, round by round, small and large; and which page asks most."""
    with override_settings(**SETTINGS):
        sides = Sides(Side(urls[0]), Side(urls[1]), _rows(keys))
        for side in (sides.small, sides.large):
            side.sign_in()
        costs = []
        with Path(f"{table}.begun").open("w", buffering=1) as begun:
            for name, both in _pages(sides, all=all).items():
                if cost := cost_of(sides, name, both, times=times):
                    costs.append(cost)
                    print(cost.line(), file=begun)
        costs.sort(key=lambda cost: -cost.ratio)
        Path(table).write_text("\n".join([*HEAD, *(cost.line() for cost in costs)]) + "\n")
        counting = [cost for cost in costs if cost.name.startswith(COUNTING)]
        others = [cost for cost in costs if cost not in counting]
        again = [
            {cost.name: [medians(sides, cost.addresses, times=times) for _ in range(rounds)] for cost in some}
            for some in (others[:LOOKED_AT_AGAIN], counting[:1])
        ]
    return {"pages": len(others), "dearest": again[0], "counting": again[1], "busiest": _busiest(costs)}


def _rows(keys: dict[str, str]) -> dict[str, Any]:
    return {label: apps.get_model(label)._default_manager.get(pk=key) for label, key in keys.items()}


def _pages(sides: Sides, *, all: bool) -> dict[str, Addresses]:  # noqa: A002
    with sides.small.in_use():
        pages = desk_pages.every_page(sides.few, in_each_state=all)
    found = {name: (address, address) for name, address in pages.items()}
    if all:
        return {**found, **desk_lists.every_list(sides)}
    # To see that it runs.
    return {name: both for n, (name, both) in enumerate(found.items()) if n % 3 == 0 or name.startswith(COUNTING)}


def _busiest(costs: Sequence[Cost]) -> dict[str, Any]:
    most = max(costs, key=lambda cost: max(cost.statements))
    return {"name": most.name, "statements": max(most.statements)}


TURNS: dict[str, Callable[..., dict[str, Any]]] = {"few": few, "many": many, "look": look}
