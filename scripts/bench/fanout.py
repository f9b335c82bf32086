"""Whole campaigns against what else would call the same platform: a bare client, and a task for each player."""

from dataclasses import dataclass, field

from scripts.bench import fanout_people, fanout_stage, fanout_tasks, fanout_whole, fanout_workers
from scripts.bench.fanout_stage import AT_ONCE, Stage
from scripts.bench.fanout_whole import Whole
from scripts.bench.fanout_workers import Workers
from scripts.bench.report import Row
from scripts.bench.world import World

PROCESSES = 2
NEAR, FAR = 20, 100
"""Milliseconds to the platform."""


@dataclass
class Rounds:
    ours: list[Whole] = field(default_factory=list)
    other: list[float] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        return [one.per_second for one in self.ours]


def run(world: World) -> list[Row]:
    stage, sizes = Stage(world), world.sizes
    fanout_people.ensure(max(sizes.fanned_out, sizes.far, sizes.tasks))
    fanout_stage.clear(world)
    at_once, near, by_task = Rounds(), Rounds(), list[float]()
    with fanout_workers.running(world, processes=PROCESSES) as workers:
        fanout_whole.warm_up(stage, workers)
        for _ in range(sizes.rounds):
            _round(stage, workers, at_once, 0)
            _round(stage, workers, near, NEAR)
            stage.latency(0)
            by_task.append(fanout_tasks.per_second(stage, workers, sizes.tasks))
        ceiling = fanout_whole.bare(stage, "sockets", at_once.ours[-1].campaign_id, sizes.fanned_out)
    return [
        _row("", at_once, 0.5, f"the platform's own ceiling, with raw sockets: {ceiling:,.0f} /s"),
        _row(f", {NEAR} ms away", near, 0.6, f"{AT_ONCE} at once make {AT_ONCE * 1000 // NEAR:,} /s at most"),
        Row(
            f"a campaign of {sizes.fanned_out:,}",
            "a Celery task for each player",
            "/s",
            at_once.rates,
            by_task,
            at_least=10,
            note=f"{sizes.tasks:,} tasks for the same {PROCESSES} processes, their database connections kept",
        ),
        _one_more(stage),
    ]


def _round(stage: Stage, workers: Workers, rounds: Rounds, milliseconds: float) -> None:
    stage.latency(milliseconds)
    whole = fanout_whole.fan_out(stage, workers, stage.world.sizes.fanned_out)
    rounds.ours.append(whole)
    rounds.other.append(fanout_whole.bare(stage, "aiohttp", whole.campaign_id, whole.size))


def _row(where: str, rounds: Rounds, at_least: float, note: str) -> Row:
    most = max(one.per_thousand for one in rounds.ours)
    return Row(
        f"a campaign of {rounds.ours[0].size:,}{where}",
        f"a bare aiohttp client, {AT_ONCE} at once",
        "/s",
        rounds.rates,
        rounds.other,
        at_least=at_least,
        note=f"{PROCESSES} processes; at most {most:.0f} statements for 1,000 recipients; {note}",
    )


def _one_more(stage: Stage) -> Row:
    """Another worker beside the first."""
    world, size = stage.world, stage.world.sizes.far
    one, two = [], []
    stage.latency(FAR)
    with fanout_workers.running(world, processes=1) as workers:
        fanout_whole.warm_up(stage, workers)
        for _ in range(world.sizes.rounds):
            one.append(fanout_whole.fan_out(stage, workers, size).per_second)
            with fanout_workers.running(world, processes=1, beat=False) as second:
                fanout_whole.warm_up(stage, second)
                two.append(fanout_whole.fan_out(stage, workers, size).per_second)
    stage.latency(0)
    return Row(
        f"a campaign of {size:,}, {FAR} ms away, two workers",
        "one worker",
        "/s",
        two,
        one,
        note=f"a process each; {AT_ONCE} at once make {AT_ONCE * 1000 // FAR:,} /s at most",
    )
