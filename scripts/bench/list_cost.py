"""A page of a list, against its query alone with orjson."""

from scripts.bench import few_grants
from scripts.bench.base import CONNECTIONS
from scripts.bench.few_grants import LIMIT, PAGE
from scripts.bench.grants import shares
from scripts.bench.load import Load, Request, in_turns
from scripts.bench.report import Row
from scripts.bench.world import World

AT_LEAST = 0.4


def run(world: World) -> list[Row]:
    sizes = world.sizes
    few_grants.add(world)
    request = Request("GET", PAGE, world.headers())
    tape = world.record("page", request, expected=200)
    fire(world, world.port, request, sizes.warm_up)
    fire(world, world.bare_port, request, sizes.warm_up)
    rounds = [
        in_turns(
            lambda: fire(world, world.port, request, sizes.asked),
            lambda: fire(world, world.bare_port, request, sizes.asked),
        )
        for _ in range(sizes.rounds)
    ]
    ours, bare = [mine for mine, _ in rounds], [theirs for _, theirs in rounds]
    return [
        Row(
            f"a page of {LIMIT}",
            "its bare query and orjson",
            "/s",
            [load.per_second for load in ours],
            [load.per_second for load in bare],
            at_least=AT_LEAST,
            note=f"both {tape}; {shares(ours, bare)}",
        )
    ]


def fire(world: World, port: int, request: Request, count: int) -> Load:
    return world.client.fire(port, [request] * count, expected=200, connections=CONNECTIONS)
