"""A campaign as the API shows it, counts and all: a large one against a small one."""

import statistics

from scripts.bench import fanout_people, fanout_stage, fanout_turn
from scripts.bench.base import CONNECTIONS
from scripts.bench.fanout_stage import Stage
from scripts.bench.load import Request
from scripts.bench.report import Row
from scripts.bench.world import World

FEW = 100
SLOWEST = 2


def run(world: World) -> list[Row]:
    stage, sizes = Stage(world), world.sizes
    fanout_people.ensure(sizes.recipients)
    fanout_stage.clear(world)
    many, few = (_begun(stage, size) for size in (sizes.recipients, FEW))
    world.client.fire(world.port, [many, few] * sizes.warm_up, expected=200, connections=CONNECTIONS)
    ours, other = [], []
    for _ in range(sizes.rounds):
        # Turn by turn on one connection: whatever disturbs the machine disturbs both.
        load = world.client.fire(world.port, [many, few] * sizes.pages, expected=200, connections=1)
        ours.append(1000 * statistics.median(load.latencies[0::2]))
        other.append(1000 * statistics.median(load.latencies[1::2]))
    return [
        Row(
            f"`GET` of a campaign with {sizes.recipients:,} recipients",
            f"with {FEW}",
            "ms",
            ours,
            other,
            at_most=SLOWEST,
        )
    ]


def _begun(stage: Stage, size: int) -> Request:
    """With a snapshot, and nobody given anything yet."""
    campaign_id = stage.campaign(size)
    stage.issue(campaign_id)
    fanout_turn.take("snapshot", campaign_id=campaign_id)
    return Request("GET", f"/v1/bonus-campaigns/{campaign_id}", stage.world.headers())
