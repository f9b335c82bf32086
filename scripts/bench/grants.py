"""Grants a second through the API, each with its call to the platform."""

from scripts.bench import database
from scripts.bench.base import CONNECTIONS
from scripts.bench.load import Load
from scripts.bench.report import Row
from scripts.bench.world import World


def run(world: World) -> list[Row]:
    sizes = world.sizes
    rounds = [world.take(sizes.grants) for _ in range(sizes.rounds)]
    warm_up = world.take(sizes.warm_up)
    database.add_players(rounds[0], warm_up + sizes.warm_up - rounds[0])
    database.fill_bare_tables()
    for port in (world.port, world.bare_port):
        _fire(world, port, warm_up, sizes.warm_up)
    ours, bare = [], []
    for first in rounds:
        ours.append(_fire(world, world.port, first, sizes.grants))
        bare.append(_fire(world, world.bare_port, first, sizes.grants))
    return [
        Row(
            "issue a grant (`POST /v1/bonus-grants`)",
            "a bare Django view",
            "/s",
            [load.per_second for load in ours],
            [load.per_second for load in bare],
            note=f"both {world.grants_tape}, 1 call; {shares(ours, bare)}",
        )
    ]


def _fire(world: World, port: int, first: int, count: int) -> Load:
    requests = [world.issue_request(number) for number in range(first, first + count)]
    return world.client.fire(port, requests, expected=201, connections=CONNECTIONS)


def shares(ours: list[Load], bare: list[Load]) -> str:
    most = [max(load.client_share for load in loads) for loads in (ours, bare)]
    return f"the client took at most {most[0]:.0%} of a core for ours, {most[1]:.0%} for the other"
