"""Kills and outages in the middle of a campaign: everybody gets his bonus once all the same, and all numbers agree."""

import re
import time
from contextlib import closing

from scripts.faults.base import Run, Violated
from scripts.faults.campaign import CampaignLife
from scripts.faults.campaign_invariants import all_served
from scripts.faults.child import ROOT
from scripts.faults.life import ALL_SINKS, kill_one_of
from scripts.faults.life_runs_servers import flush_redis
from scripts.faults.waiting import wait_for
from scripts.faults.world import World

FAILPOINTS = ("fanout.snapshot", "fanout.promised", "fanout.called", "fanout.answered", "fanout.settled")
FOUND = re.compile(r'failpoint\("([a-z_.]+)"\)')
FEW, SOME, MANY, VERY_MANY = 60, 600, 2_300, 20_000
"""From MANY on there are several chunks."""
KILLS, SECONDS_BETWEEN_KILLS = 50, 2.0
READ_MS, TOTAL_MS, LATE_SECONDS = 1_000, 2_000, 3.0
RESTING = "SELECT count(*) FROM campaigns_chunk WHERE not_before > now()"


def killed_at_every_failpoint(world: World) -> dict[str, int]:
    """Of bonuses that are played at once: what the platform tells of them may come before its answer is written."""
    _know_all_failpoints()
    kills = list(FAILPOINTS)
    if not world.is_bounded:
        kills += [f"{failpoint}:{number}" for failpoint in FAILPOINTS[1:] for number in (2, 3)]
    with closing(CampaignLife(world, pool=1, lives=True, sinks=ALL_SINKS)) as life:
        for failpoint in kills:
            doomed = life.arm(life.worker, failpoint)
            life.issue_to(FEW if world.is_bounded else MANY)
            life.wait_for_death(life.worker, doomed, failpoint)
            # What the dead held is free, as it would be after half a minute; the living go on.
            life.pass_time()
        life.settle()
        return {"kills": len(kills), **all_served(life)}


def _know_all_failpoints() -> None:
    found = {name for file in (ROOT / "campaigns/fanout").glob("*.py") for name in FOUND.findall(file.read_text())}
    if found != set(FAILPOINTS):
        raise Violated(f"the failpoints are {sorted(found)}")


def all_workers_killed(world: World) -> dict[str, int]:
    """At a third; at two thirds the broker forgets all hints."""
    players = MANY if world.is_bounded else VERY_MANY
    with closing(CampaignLife(world)) as life:
        life.issue_to(players)
        life.wait_for_credits(players // 3)
        life.worker.kill()
        life.worker = life.start_worker()
        life.pass_time()
        life.wait_for_credits(players * 2 // 3)
        flush_redis(world)
        life.settle()
        return all_served(life)


def platform_down(world: World) -> dict[str, int]:
    """For the middle third. Nobody is asked for while its breaker is open, and nobody is given up."""
    players = SOME if world.is_bounded else VERY_MANY
    with closing(CampaignLife(world)) as life:
        life.issue_to(players)
        life.wait_for_credits(players // 3)
        life.put_faults(outage={"mode": "close"})
        wait_for("it is left alone", lambda: world.sql(RESTING) != [(0,)], seconds=300)
        time.sleep(1.0 if world.is_bounded else 60.0)
        life.put_faults()
        life.settle()
        return all_served(life)


def answers_lost(world: World) -> dict[str, int]:
    """A tenth: it credits and then drops the connection, or only when we have long given up."""
    players = SOME if world.is_bounded else VERY_MANY
    with closing(CampaignLife(world)) as life:
        world.sql("UPDATE integrations_adapter SET read_timeout_ms = %s, total_timeout_ms = %s", READ_MS, TOTAL_MS)
        late = {"kind": "late", "rate": 0.05, "delay_seconds": LATE_SECONDS}
        life.put_faults(rules=[{"kind": "drop", "rate": 0.05}, late])
        life.issue_to(players)
        life.wait_for_credits(players * 4 // 5)
        life.put_faults()
        life.settle()
        played = life.platform.state()["faults_played"]
        if not (played.get("drop") and played.get("late")):
            raise Violated(f"hardly anything went wrong: {played}")
        return {"lost": played["drop"], "late": played["late"], **all_served(life)}


def random_kills(world: World) -> dict[str, int]:
    """Of whoever is at work, all the while, with a platform that loses answers."""
    with closing(CampaignLife(world, pool=3, sinks=ALL_SINKS)) as life:
        life.put_faults(rules=[{"kind": "drop", "rate": 0.05}])
        campaigns = [life.issue_to(VERY_MANY // 4) for _ in range(4)]
        kills = 0
        while kills < KILLS and "recipients" in life.left():
            kill_one_of(life.worker)
            kills += 1
            time.sleep(SECONDS_BETWEEN_KILLS * world.dice.random())
        life.settle()
        return {"campaigns": len(campaigns), "kills": kills, **all_served(life)}


RUNS = [
    Run("campaign: killed at every failpoint", killed_at_every_failpoint),
    Run("campaign: all workers killed, the broker flushed", all_workers_killed),
    Run("campaign: the platform is down for the middle third", platform_down),
    Run("campaign: a tenth of the answers are lost", answers_lost),
    Run("campaign: random kills", random_kills, is_bounded=False),
]
