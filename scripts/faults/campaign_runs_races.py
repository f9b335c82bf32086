"""Several at one campaign, and several campaigns at one player: nobody gets two, and nobody is counted twice."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

import psycopg

from scripts.faults.base import Run, Violated
from scripts.faults.campaign import CampaignLife, end_in_order, thaw, wait_until_stopped
from scripts.faults.campaign_invariants import all_served, ended
from scripts.faults.life import LONG_STUCK_SECONDS, PAST
from scripts.faults.life_runs_races import GRANTS, WAITING, inserts_held
from scripts.faults.waiting import wait_for
from scripts.faults.world import World

FEW, SOME, MANY, VERY_MANY = 60, 300, 2_300, 20_000
"""SOME are more than one wave, MANY more than one chunk."""
CAMPAIGNS = 3
TOGGLE_SECONDS = 0.2
PATIENCE = 300.0
TAKEN_OVER = "SELECT count(*) FROM campaigns_chunk WHERE epoch > 1"
HOLD_RECIPIENTS = "SELECT id FROM campaigns_recipient FOR UPDATE"
STUCK = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
    AND query LIKE '%campaigns_%'
"""
CLAIMED = 300
"""Two of the frozen have a first wave of 200 in hand, less those who may get nothing."""
SWEEPS = 2
"""The first is over when the second has begun."""
HOLD_CLAIMS = """
UPDATE bonuses_grant SET claimed_until = now() + interval '1 hour', next_attempt_at = now() + interval '1 hour'
WHERE claimed_until IS NOT NULL
"""
QUEUED = "SELECT id::text FROM bonuses_grant WHERE status = 'queued'"
STILL_QUEUED = "SELECT count(*) FROM bonuses_grant WHERE id = ANY(%s::uuid[]) AND status = 'queued'"
MAKE_DUE = "UPDATE bonuses_grant SET claimed_until = %s, next_attempt_at = %s WHERE id = %s::uuid"
PROMISED = "SELECT count(*) FROM bonuses_grant"
TAKE_OVER = """
UPDATE campaigns_chunk SET epoch = epoch + 1, leased_by = 'another:1:', leased_until = now() + interval '5 minutes'
"""
OF_SEVERAL = "SELECT count(DISTINCT player_id) FROM bonuses_grant WHERE status <> 'failed'"


def stolen_leases(world: World) -> dict[str, int]:
    """Three workers are frozen, each at another step of its chunk; others take over; the three go on beside them."""
    with closing(CampaignLife(world, pool=3)) as life:
        steps = ("fanout.promised", "fanout.called", "fanout.answered")
        frozen = [life.freeze_at(step) for step in steps]
        life.issue_to(MANY if world.is_bounded else VERY_MANY)
        wait_until_stopped(*frozen)
        # However slow this machine is, their claims have not run out yet.
        world.sql(HOLD_CLAIMS)
        first, life.worker = life.worker, life.second_worker()
        _claims_hold(world)
        life.steal_leases()
        wait_for("they are taken over", lambda: world.sql(TAKEN_OVER)[0][0] >= len(steps), seconds=PATIENCE)
        thaw(*frozen)
        life.settle()
        end_in_order(first)
        return {"leases": len(steps), **all_served(life)}


def _claims_hold(world: World) -> None:
    """While those who promised are frozen the sweeps go on, and take what is due: not what is claimed."""
    promised = [grant for (grant,) in world.sql(QUEUED)]
    if len(promised) < CLAIMED:
        raise Violated(f"{len(promised)} grants are left to those who have claimed {CLAIMED} at least")
    for due in promised[:SWEEPS]:
        world.sql(MAKE_DUE, PAST, PAST, due)
        wait_for("it is swept", partial(_swept, world, [due]), seconds=PATIENCE)
    if (swept := _swept(world, promised)) != SWEEPS:
        raise Violated(f"{swept} grants were swept, and {SWEEPS} were due: the others are claimed")


def _swept(world: World, grants: list[str]) -> int:
    ((left,),) = world.sql(STILL_QUEUED, grants)
    return len(grants) - int(left)


def two_settle(world: World) -> dict[str, int]:
    """The one was frozen before it could settle, another settles for it; neither can write before both have looked."""
    with closing(CampaignLife(world, pool=1)) as life:
        frozen = life.freeze_at("fanout.answered")
        life.issue_to(SOME)
        wait_until_stopped(frozen)
        first, life.worker = life.worker, life.second_worker()
        with recipients_held(world):
            life.steal_leases()
            _wait_for_stuck(world, 1)
            thaw(frozen)
            _wait_for_stuck(world, 2)
        life.settle()
        end_in_order(first)
        return all_served(life)


def late_worker(world: World) -> dict[str, int]:
    """Another has its chunk when it comes back: it promises nobody anything more."""
    with closing(CampaignLife(world, pool=1)) as life:
        frozen = life.freeze_at("fanout.settled")
        life.issue_to(SOME)
        wait_until_stopped(frozen)
        world.sql(TAKE_OVER)
        before = world.sql(PROMISED)
        thaw(frozen)
        wait_for(
            "it goes on, or finds its lease gone",
            lambda: "fanout_lease_lost" in life.worker.said or world.sql(PROMISED) != before,
            seconds=PATIENCE,
        )
        if world.sql(PROMISED) != before:
            raise Violated("who has lost the lease promised more")
        life.steal_leases()
        life.settle()
        return all_served(life)


def paused_and_resumed(world: World) -> dict[str, int]:
    """Every 200 ms, and cancelled in the end: who is promised something gets it, and the others are told.

    Nobody dies, and the sweeps have workers too: who is promised a bonus is called for by one of them only.
    """
    players = MANY if world.is_bounded else VERY_MANY
    with closing(CampaignLife(world, pool=4)) as life:
        life.stuck_seconds = LONG_STUCK_SECONDS
        campaign = life.issue_to(players)
        toggles = 0
        while life.credits < players // 2:
            life.tell(campaign, ("pause", "resume")[toggles % 2])
            toggles += 1
            time.sleep(TOGGLE_SECONDS)
        life.tell(campaign, "cancel")
        life.settle()
        if again := life.platform.state()["repeats"]["all"]:
            raise Violated(f"the platform was called again for {again} grants that somebody was calling for")
        return {"toggles": toggles, **ended(life)}


def one_template_thrice(world: World) -> dict[str, int]:
    """The same players in three campaigns of what each may have once; all three have looked before one has given."""
    players = SOME if world.is_bounded else VERY_MANY
    with closing(CampaignLife(world, pool=CAMPAIGNS + 1)) as life:
        segment = life.segment(players)
        campaigns = [life.campaign(segment) for _ in range(CAMPAIGNS)]
        with inserts_held(world, GRANTS):
            for campaign in campaigns:
                life.tell(campaign, "issue")
            wait_for("all three promise", lambda: world.sql(WAITING, GRANTS)[0][0] >= CAMPAIGNS, seconds=PATIENCE)
        life.settle()
        counted = ended(life)
        ((given,),) = world.sql(OF_SEVERAL)
        if given != counted["granted"]:
            raise Violated(f"{counted['granted']} were granted, to {given} players")
        return {"campaigns": CAMPAIGNS, **counted}


@contextmanager
def recipients_held(world: World) -> Iterator[None]:
    """They can be read and none can be changed."""
    with psycopg.connect(world.database_url) as holder:
        holder.execute(HOLD_RECIPIENTS)
        yield


def _wait_for_stuck(world: World, count: int) -> None:
    wait_for(f"{count} who want to write", lambda: world.sql(STUCK)[0][0] >= count, seconds=PATIENCE)


RUNS = [
    Run("campaign: leases stolen from workers that still run", stolen_leases),
    Run("campaign: two settle one chunk", two_settle),
    Run("campaign: a late worker promises nothing", late_worker),
    Run("campaign: paused and resumed every 200 ms, then cancelled", paused_and_resumed),
    Run("campaign: one template in three campaigns at once", one_template_thrice),
]
