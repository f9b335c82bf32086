"""PostgreSQL and Redis go away under load, in ways that leave our processes in the middle of anything."""

import signal
import time
from collections.abc import Callable
from contextlib import closing

from scripts.faults.base import Run
from scripts.faults.life import Life
from scripts.faults.life_invariants import lived
from scripts.faults.world import World

FEW_GRANTS, GRANTS = 60, 2_000
DOWN_SECONDS = 1.0
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


def terminate_connections(world: World) -> None:
    """The deliverer's and the web's, whatever they are at."""
    world.sql(TERMINATE, world.database)


def stop_postgresql(world: World) -> None:
    """In immediate mode: nothing is ended in order, and it recovers from its log."""
    world.postgresql.kill(signal.SIGQUIT)
    time.sleep(DOWN_SECONDS)
    world.postgresql.start()


def flush_redis(world: World) -> None:
    """Hints, counters, the breaker, waiting tasks: all forgotten."""
    world.redis_cli("FLUSHALL")


def kill_redis(world: World) -> None:
    world.redis.kill()
    time.sleep(DOWN_SECONDS)
    world.redis.start()


FAULTS: tuple[Callable[[World], None], ...] = (terminate_connections, flush_redis, stop_postgresql, kill_redis)


def servers_fail(world: World) -> dict[str, int]:
    times, grants = (1, FEW_GRANTS) if world.is_bounded else (10, GRANTS)
    faults = [fault for fault in FAULTS for _ in range(times)]
    world.dice.shuffle(faults)
    with closing(Life(world, at_once=6, pool=2)) as life:
        for fault in faults:
            life.issue(grants // len(faults))
            _wait_until_half_is_told(life)
            fault(world)
        life.settle(seconds=600.0)
        return {"faults": len(faults), "requests repeated": life.caller.repeated, **lived(life)}


def _wait_until_half_is_told(life: Life) -> None:
    """So that it strikes in the middle of the work."""
    until = time.monotonic() + 5.0
    while len(life.caller.answers) < len(life.keys) * 0.8 and time.monotonic() < until:
        time.sleep(0.01)


RUNS = [Run("life: PostgreSQL and Redis fail under load", servers_fail)]
