"""Every page of the admin with a million grants, players and recipients, against the same page with a thousand."""

import os
from typing import Any

from scripts.bench import desk_turn
from scripts.bench.database import fresh_database
from scripts.bench.report import Row
from scripts.bench.world import FOLDER, World

SLOWEST = 3
STATEMENTS = 15
"""As many may a page ask."""


def run(world: World) -> list[Row]:
    found = _walk(world)
    return [_dearest(world, found), _counting(world, found), _busiest(found["busiest"])]


def _walk(world: World) -> dict[str, Any]:
    """The large database begins as a copy of the small one, so that its first rows have the same ids."""
    sizes, server = world.sizes, world.database_url
    (little, much), name = sizes.desk, f"bonusdesk_bench_desk_{os.getpid()}"
    with fresh_database(server, f"{name}_small") as small:
        keys = desk_turn.take("few", url=small, grants=little)
        with fresh_database(server, f"{name}_large", template=f"{name}_small") as large:
            print(f"bench: filling {much:,} grants, players and recipients", flush=True)
            desk_turn.take("many", url=large, keys=keys, there=little, grants=much)
            print("bench: looking at every page", flush=True)
            job = {"keys": keys, "urls": [small, large], "times": sizes.looks, "rounds": sizes.rounds}
            return desk_turn.take("look", url=small, **job, table=str(FOLDER / "desk.md"), all=not sizes.is_quick)


def _dearest(world: World, found: dict[str, Any]) -> Row:
    little, much = world.sizes.desk
    dearest = sorted((_row(*one) for one in found["dearest"].items()), key=lambda row: -row.ratio)
    told = ", ".join(f"`{row.name}` {row.ratio:.2f}×" for row in dearest)
    return Row(
        f"the dearest page of the admin, {much:,} grants, players and recipients",
        f"with {little:,}",
        "ms",
        dearest[0].ours,
        dearest[0].other,
        at_most=SLOWEST,
        note=f"of {found['pages']} pages; the dearest: {told}",
    )


def _counting(world: World, found: dict[str, Any]) -> Row:
    little, much = world.sizes.desk
    (row,) = (_row(*one) for one in found["counting"].items())
    name = f"a page of the admin that counts an audience anew, {much:,} players"
    return Row(name, f"with {little:,}", "ms", row.ours, row.other, at_most=SLOWEST, note=f"`{row.name}`, the dearest")


def _row(name: str, rounds: list[tuple[float, float]]) -> Row:
    return Row(name, "", "ms", [large for _, large in rounds], [small for small, _ in rounds])


def _busiest(most: dict[str, Any]) -> Row:
    """Statements are counted, not timed: one round says all."""
    name = "statements of the page of the admin that asks most"
    return Row(name, "what is allowed", "", [most["statements"]], [STATEMENTS], at_most=1, note=f"`{most['name']}`")
