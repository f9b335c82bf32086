"""Random kills, from outside and by a seed, while grants live their lives."""

import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing

from scripts.faults.base import Run, Violated
from scripts.faults.child import Child
from scripts.faults.life import Life, kill_one_of
from scripts.faults.life_invariants import lived
from scripts.faults.world import World

KILLS, GRANTS = 200, 20_000
FEW_KILLS, FEW_GRANTS = 5, 150
SAY_EVERY_SECONDS = 30.0
SETTLE_SECONDS = 300.0
WEIGHTS = {"web worker": 8, "pool process": 6, "deliverer": 3, "web": 1, "worker": 2, "schedule": 1}
FEW_WEIGHTS = {"web worker": 3, "pool process": 2}
TROUBLE = {"webhook_duplicate_rate": 0.1, "webhook_shuffle_rate": 0.02, "webhook_shuffle_seconds": 0.3}


class Victims:
    """All of ours that may be killed; whoever is killed whole is started again at once."""

    def __init__(self, life: Life, *, is_small: bool) -> None:
        self.life = life
        self.weights = FEW_WEIGHTS if is_small else WEIGHTS
        self.dice = life.world.dice
        self.kills: Counter[str] = Counter()
        self._acts: dict[str, Callable[[], object]] = {
            "web worker": lambda: kill_one_of(life.web),
            "pool process": lambda: kill_one_of(life.worker),
            "deliverer": self._kill_deliverer,
            "web": self._kill_web,
            "worker": self._kill_worker,
            "schedule": self._kill_schedule,
        }
        if not is_small:
            self.deliverer, self.schedule = self._start_deliverer(), self._start_schedule()

    def kill_one(self) -> None:
        (name,) = self.dice.choices(list(self.weights), weights=list(self.weights.values()))
        self._acts[name]()
        self.kills[name] += 1

    def _start_deliverer(self) -> Child:
        return self.life.world.spawn("deliver_events", "--forever")

    def _start_schedule(self) -> Child:
        return self.life.world.spawn("beat")

    def _kill_deliverer(self) -> None:
        self.deliverer.kill()
        self.deliverer = self._start_deliverer()

    def _kill_schedule(self) -> None:
        self.schedule.kill()
        self.schedule = self._start_schedule()

    def _kill_web(self) -> None:
        self.life.web.kill()
        self.life.web = self.life.start_web()

    def _kill_worker(self) -> None:
        self.life.worker.kill()
        self.life.worker = self.life.start_worker()


def random_kills(world: World) -> dict[str, int]:
    is_small = world.is_bounded
    kills, grants = (FEW_KILLS, FEW_GRANTS) if is_small else (KILLS, GRANTS)
    with closing(Life(world, at_once=8, web_workers=2, pool=2)) as life:
        life.platform.put_faults(**TROUBLE)
        victims = Victims(life, is_small=is_small)
        life.issue(grants)
        _kill_along(life, victims, kills=kills, grants=grants)
        life.settle(seconds=SETTLE_SECONDS)
        return {"kills": kills, "requests repeated": life.caller.repeated, **lived(life)}


def _kill_along(life: Life, victims: Victims, *, kills: int, grants: int) -> None:
    """Spread over the time in which grants are asked for; what is left of their lives follows."""
    said_at = time.monotonic()
    moved_at, before = said_at, -1
    while (told := len(life.caller.answers)) < grants and life.caller.waiting:
        now = time.monotonic()
        if told != before:
            moved_at, before = now, told
        if now - moved_at > life.stuck_seconds:
            life.pass_time()
            moved_at = now
        if victims.kills.total() < kills * (told + 1) // grants:
            victims.kill_one()
        if now - said_at > SAY_EVERY_SECONDS:
            said_at = now
            life.caller.check()
            print(f"faults: … {told} of {grants} grants, {victims.kills.total()} of {kills} kills, left: {life.left()}")
            sys.stdout.flush()
        time.sleep(0.05)
    while victims.kills.total() < kills:
        victims.kill_one()
        time.sleep(1.0)
    if life.caller.refused:
        raise Violated(f"refused: {list(life.caller.refused.items())[:3]}")


RUNS = [Run("life: random kills", random_kills)]
