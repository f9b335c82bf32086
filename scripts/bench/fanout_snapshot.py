"""Who is in a campaign, written down in one statement, against a bare insert of the same rows."""

import time

from scripts.bench import fanout_people, fanout_stage, fanout_turn
from scripts.bench.base import BenchFailed
from scripts.bench.fanout_stage import Stage, execute, one
from scripts.bench.report import Row
from scripts.bench.world import World

COLUMNS = "campaign_id, number, player_id, status, reason, message"
STAGED = "bare.recipients"


def run(world: World) -> list[Row]:
    stage, size = Stage(world), world.sizes.recipients
    fanout_people.ensure(size)
    rounds = [(_ours(stage, size), _bare(size)) for _ in range(world.sizes.rounds)]
    return [
        Row(
            f"snapshot of {size:,} recipients",
            "a bare `INSERT … SELECT` of the same rows",
            "/s",
            [ours for ours, _ in rounds],
            [bare for _, bare in rounds],
            at_least=0.7,
        )
    ]


def _ours(stage: Stage, size: int) -> float:
    fanout_stage.clear(stage.world)
    campaign_id = stage.campaign(size)
    stage.issue(campaign_id)
    seconds = fanout_turn.take("snapshot", campaign_id=campaign_id)["seconds"]
    _check(size)
    return size / seconds


def _bare(size: int) -> float:
    """In the order in which they are to stand, from a table that has nothing else."""
    execute(f"DROP TABLE IF EXISTS {STAGED}")
    execute(f"CREATE TABLE {STAGED} AS SELECT {COLUMNS} FROM campaigns_recipient ORDER BY number")  # noqa: S608
    execute(f"VACUUM ANALYZE {STAGED}")
    execute("TRUNCATE campaigns_recipient")
    execute("CHECKPOINT")
    began = time.monotonic()
    execute(f"INSERT INTO campaigns_recipient ({COLUMNS}) SELECT {COLUMNS} FROM {STAGED} ORDER BY number")  # noqa: S608
    seconds = time.monotonic() - began
    _check(size)
    execute(f"DROP TABLE {STAGED}")
    return size / seconds


def _check(size: int) -> None:
    found = one("SELECT count(*), count(DISTINCT player_id), min(number), max(number) FROM campaigns_recipient")
    chunks = one("SELECT sum(untouched), sum(pending), sum(granted) FROM campaigns_chunk")
    if found != (size, size, 0, size - 1) or chunks != (size, size, 0):
        raise BenchFailed(f"There are {found} recipients, counted as {chunks}, of {size}.")
