"""Whole campaigns: from the request that issues one until nobody is pending, carried out by real workers."""

import time
from dataclasses import dataclass

from scripts.bench import fanout_turn
from scripts.bench.base import BenchFailed
from scripts.bench.client_turn import WARM_UP
from scripts.bench.fanout_stage import AT_ONCE, Credits, Stage, one, took
from scripts.bench.fanout_workers import Workers

START_SECONDS = 90
SLOWEST = 50
"""Recipients a second, on the worst of days."""
LOOK_SECONDS = 0.05
WARM_UPS = 100


@dataclass(frozen=True)
class Whole:
    campaign_id: str
    size: int
    seconds: float
    statements: int

    @property
    def per_second(self) -> float:
        return self.size / self.seconds

    @property
    def per_thousand(self) -> float:
        """Statements."""
        return self.statements / self.size * 1000


def warm_up(stage: Stage, workers: Workers) -> None:
    """Small campaigns, until these workers have had something to do, whoever else may be at work."""
    for _ in range(WARM_UPS):
        fan_out(stage, workers, stage.world.sizes.warm_up)
        if workers.statements():
            return
    raise BenchFailed("A worker that was started gets nothing to do.")


def fan_out(stage: Stage, workers: Workers, size: int) -> Whole:
    """Raises `BenchFailed` unless each recipient has it, once, and everything says so."""
    campaign_id = stage.campaign(size)
    credited, counted = stage.credits(), workers.statements()
    stage.issue(campaign_id)
    seconds = _wait(stage, workers, campaign_id, size)
    statements = workers.statements() - counted
    _check(stage, campaign_id, size, credited)
    return Whole(campaign_id, size, seconds, statements)


def bare(stage: Stage, name: str, campaign_id: str, size: int) -> float:
    """Calls a second by a client that does nothing else, with the bodies and headers of that campaign."""
    env = stage.world.stack.env
    turn = {"url": stage.url, "at_once": AT_ONCE, "token": env["BENCH_PLATFORM_TOKEN"]}
    credited = stage.credits()
    found = fanout_turn.take(
        "client", name=name, turn={**turn, "secret": env["BENCH_PLATFORM_SECRET"]}, campaign_id=campaign_id
    )
    made = stage.credits().since(credited)
    if made != Credits(size + WARM_UP, size + WARM_UP):
        raise BenchFailed(f"{name}: the platform has credited {made}, not {size + WARM_UP}.")
    return size / found["seconds"]


def _wait(stage: Stage, workers: Workers, campaign_id: str, size: int) -> float:
    """Seconds that it took, by the database's clock."""
    until = time.monotonic() + START_SECONDS + size / SLOWEST
    while time.monotonic() < until:
        issued_at, finished_at, status, reason = took(campaign_id)
        if issued_at and finished_at:
            return (finished_at - issued_at).total_seconds()
        if status != "issuing":
            raise BenchFailed(f"The campaign is {status} ({reason}).")
        workers.stack.check_alive()
        stage.world.stack.check_alive()
        time.sleep(LOOK_SECONDS)
    raise BenchFailed(f"The campaign has not ended: {stage.get(f'/v1/bonus-campaigns/{campaign_id}')['stats']}")


def _check(stage: Stage, campaign_id: str, size: int, earlier: Credits) -> None:
    shown = stage.get(f"/v1/bonus-campaigns/{campaign_id}")["stats"]
    if shown != {"pending": 0, "granted": size, "skipped": 0, "failed": 0}:
        raise BenchFailed(f"The campaign says {shown}, of {size}.")
    made = stage.credits().since(earlier)
    if made != Credits(size, size):
        raise BenchFailed(f"The platform has credited {made}, of {size}.")
    granted = one(
        "SELECT count(*), count(DISTINCT g.id) FROM campaigns_recipient r JOIN bonuses_grant g ON g.id = r.grant_id "
        "WHERE r.campaign_id = %s AND r.status = 'granted' AND g.status = 'active' AND g.player_id = r.player_id",
        [campaign_id],
    )
    told = one(
        "SELECT count(*), count(DISTINCT e.grant_id) FROM integrations_outgoingevent e "
        "JOIN bonuses_grant g ON g.id = e.grant_id WHERE g.campaign_id = %s AND e.status = 'Created'",
        [campaign_id],
    )
    if granted != (size, size) or told != (size, size):
        raise BenchFailed(f"Of {size}, {granted} hold a grant, and {told} events tell of one.")
