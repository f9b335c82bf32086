"""What a worker needs for a large campaign and for a small one, and what a million players take."""

from scripts.bench import fanout_people, fanout_stage, fanout_whole, fanout_workers
from scripts.bench.fanout import PROCESSES
from scripts.bench.fanout_stage import Stage
from scripts.bench.fanout_whole import Whole
from scripts.bench.report import Row
from scripts.bench.world import World

MORE_AT_MOST = 50


def run(world: World) -> list[Row]:
    return [_memory(*(_measure(world, size) for size in world.sizes.audiences))]


def million(world: World) -> list[Row]:
    """Takes a quarter of an hour or longer."""
    small, large = (_measure(world, size) for size in world.sizes.million)
    return [_memory(small, large), _rate(small[0], large[0])]


def _measure(world: World, size: int) -> tuple[Whole, float]:
    """With workers of its own; and the MiB that the largest of their processes had."""
    stage = Stage(world)
    stage.latency(0)
    fanout_people.ensure(size)
    fanout_stage.clear(world)
    with fanout_workers.running(world, processes=PROCESSES) as workers:
        fanout_whole.warm_up(stage, workers)
        return fanout_whole.fan_out(stage, workers, size), workers.peak()


def _memory(small: tuple[Whole, float], large: tuple[Whole, float]) -> Row:
    return Row(
        f"memory of a worker, campaign of {large[0].size:,}",
        f"campaign of {small[0].size:,}",
        "MiB",
        [large[1]],
        [small[1]],
        more_at_most=MORE_AT_MOST,
        note=f"{_figures(large[0])}; {_figures(small[0])}; one round",
    )


def _rate(small: Whole, large: Whole) -> Row:
    return Row(
        f"a campaign of {large.size:,}",
        f"one of {small.size:,}",
        "/s",
        [large.per_second],
        [small.per_second],
        note="one round",
    )


def _figures(whole: Whole) -> str:
    return f"{whole.size:,} in {whole.seconds:,.0f} s with {whole.per_thousand:,.1f} statements for each 1,000"
