"""The whole product at work: web, worker, schedule, deliverer and the platform, playing the lives of grants.

All but the platform, which is the outside world, may be killed.
"""

import itertools
import os
import re
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import urllib3
from celery import Celery

from integrations.simulator.remote import Remote
from scripts.faults.base import Violated
from scripts.faults.caller import Asked, Caller
from scripts.faults.child import Child
from scripts.faults.waiting import wait_for
from scripts.faults.world import ADAPTER, MANAGE, PLATFORM_SECRET, World
from scripts.services import process

ALL_SINKS = ("file", "rest", "rabbitmq", "kafka")
UNLIMITED = "1000000"
PAST = "2020-01-01T00:00:00Z"
STUCK_SECONDS, LONG_STUCK_SECONDS = 1.5, 120.0
TICK_SECONDS, TICK_EXPIRES, LOOK_SECONDS = 0.5, 2.0, 0.2
TICKS = {
    "bonuses.tasks.retry_queued": "sweeps",
    "bonuses.tasks.carry_out_wishes": "sweeps",
    "campaigns.tasks.tick": "sweeps",
    "integrations.tasks.deliver_all": "deliver",
}
PLAYERS = """
INSERT INTO bonuses_player (id, external_id, currency, origin, status, country, total_deposited, net_loss,
                            attributes, created_at, updated_at)
SELECT gen_random_uuid(), 'player-' || n, 'EUR', 'faults', 'active', '', 0, 0, '{}', now(), now()
FROM generate_series(%s::int, %s::int) n RETURNING id::text
"""


class Life:
    def __init__(
        self,
        world: World,
        *,
        at_once: int = 4,
        web_workers: int = 1,
        pool: int = 1,
        ticks: bool = True,
        sinks: Sequence[str] = ALL_SINKS,
    ) -> None:
        self.world = world
        world.fresh(*world.available(*sinks), with_redis=True)
        self._web_workers, self._pool = web_workers, pool
        self.stuck_seconds = STUCK_SECONDS if world.is_bounded else LONG_STUCK_SECONDS
        """After so long without a move, what waits for time gets it; a long run lets real time do most."""
        self.keys: list[str] = []
        self._players = 0
        self.platform_process = self._start_platform()
        self.web = self.start_web()
        self.worker = self.start_worker()
        self.platform = Remote(world.platform_url)
        self.caller = Caller(world.web_url, world.secret, at_once=at_once)
        self._celery = Celery(broker=world.redis.url)
        self._is_over = threading.Event()
        self._schedule = threading.Thread(target=self._keep_ticking, name="schedule", daemon=True)
        if ticks:
            self._schedule.start()
        templates = world.sql("SELECT name, id::text FROM bonuses_bonustemplate")
        self.templates: dict[str, str] = dict(templates)
        self._answers(world.platform_url + "/control/state", self.platform_process)
        self._answers(world.web_url + "/v1/bonus-templates", self.web)

    # Our processes.

    def start_web(self) -> Child:
        bind = f"127.0.0.1:{self.world.web_port}"
        gunicorn = [sys.executable, "-m", "gunicorn", "scripts.faults.web", "--preload", "--bind", bind]
        sizes = ["--workers", str(self._web_workers), "--threads", "4", "--no-control-socket"]
        return self._run_armable("web", [*gunicorn, *sizes])

    def start_worker(self) -> Child:
        command = [sys.executable, "-m", "scripts.faults.worker", "--concurrency", str(self._pool)]
        return self._run_armable("worker", command)

    def _run_armable(self, name: str, command: Sequence[str]) -> Child:
        env = {"THROTTLE_SERVICE_PER_SECOND": UNLIMITED, "FAULTS_ARM": str(self._arms_of(name))}
        return self.world.run_beside(name, command, env=env)

    def _arms_of(self, name: str) -> Path:
        return self.world.folder / f"{name}.arm"

    def _start_platform(self) -> Child:
        world = self.world
        webhooks = f"{world.web_url}/v1/adapters/{ADAPTER}/webhooks/bonus-events"
        secrets = ["--token", PLATFORM_SECRET, "--secret", PLATFORM_SECRET, "--webhook-secret", PLATFORM_SECRET]
        arguments = ["--port", str(world.platform_port), "--life-seconds", "1", "--seed", str(world.seed)]
        command = [*MANAGE, "simulate_platform", *arguments, *secrets, "--webhook-url", webhooks]
        return world.run_beside("platform", command)

    def close(self) -> None:
        self._is_over.set()
        self.caller.close()
        if self._schedule.ident is not None:
            self._schedule.join()
        self.platform.close()
        self._celery.close()

    # What is asked for.

    def players(self, count: int) -> list[str]:
        """New ones."""
        first = self._players + 1
        self._players += count
        return [row[0] for row in self.world.sql(PLAYERS, first, self._players)]

    def issue(self, count: int, *, template: str = "") -> list[str]:
        """Ask for so many grants, one a player, and go on; the keys they were asked for under."""
        names = itertools.cycle([template] if template else ["short", "short", "wagered"])
        asked = [self.wish(player, template=name) for player, name in zip(self.players(count), names, strict=False)]
        self.ask(*asked)
        return [one.key for one in asked]

    def wish(self, player: str, *, template: str = "short") -> Asked:
        key = str(uuid.uuid4())
        body = {
            "template_id": self.templates[template],
            "player_id": player,
            "granted_by_kind": "api",
            "meta": {"asked": key},
        }
        return Asked(key, "/v1/bonus-grants", body)

    def ask(self, *asked: Asked) -> None:
        self.keys = list(dict.fromkeys([*self.keys, *(one.key for one in asked)]))
        self.caller.ask(*asked)

    def cancel(self, grant_ids: Iterable[str]) -> None:
        cancels = [Asked(str(uuid.uuid4()), f"/v1/bonus-grants/{id_}/cancel", {"reason": "test"}) for id_ in grant_ids]
        self.caller.ask(*cancels)

    # Killing from inside.

    def arm(self, parent: Child, failpoint: str) -> int:
        """One of the parent's processes, forked anew, dies when it passes there; its pid."""
        told = self._arms_of("web" if parent is self.web else "worker")
        pid = told.with_suffix(".pid")
        size = self._web_workers if parent is self.web else self._pool

        def are_complete() -> bool:
            """Else a fork that is under way would take the arms, and be killed for it."""
            return len(pids := parent.children) == size and all(told.with_suffix(f".{pid}").exists() for pid in pids)

        wait_for("those that died before to be replaced", are_complete)
        pid.unlink(missing_ok=True)
        told.write_text(failpoint)
        kill_one_of(parent)
        wait_for(f"a process armed with {failpoint}", pid.exists)
        return int(wait_for(f"the pid of who is armed with {failpoint}", pid.read_text))

    def wait_for_death(self, parent: Child, pid: int, failpoint: str) -> None:
        """By its own SIGKILL, as its parent tells."""
        wait_for(f"death at {failpoint}", lambda: _was_sent_sigkill(parent, pid), seconds=60)

    # Time.

    def pass_time(self) -> None:
        """As half a minute would: claims, leases and pauses of those that died are over."""
        sql = self.world.sql
        sql("UPDATE bonusdesk_idempotencykey SET running_until = %s WHERE running_until IS NOT NULL", PAST)
        sql("UPDATE bonuses_grant SET claimed_until = %s WHERE claimed_until IS NOT NULL", PAST)
        sql("UPDATE bonuses_grant SET next_attempt_at = %s WHERE next_attempt_at IS NOT NULL", PAST)
        sql("UPDATE campaigns_campaign SET snapshot_claimed_until = %s WHERE snapshot_claimed_until IS NOT NULL", PAST)
        sql("UPDATE campaigns_chunk SET not_before = %s WHERE not_before IS NOT NULL", PAST)
        self.expire_dead_leases()

    def expire_dead_leases(self) -> None:
        """A deliverer's names its process, and so does a chunk's."""
        for sink, owner in self.world.sql("SELECT sink, owner FROM integrations_sinkstate WHERE owner <> ''"):
            if not process.started(int(owner.split(":")[1])):
                self.world.expire_lease(sink)
        for (owner,) in self.world.sql("SELECT DISTINCT leased_by FROM campaigns_chunk WHERE leased_by <> ''"):
            if not process.started(int(owner.split(":")[1])):
                self.world.sql("UPDATE campaigns_chunk SET leased_until = %s WHERE leased_by = %s", PAST, owner)

    def settle(self, *, seconds: float = 120.0) -> None:
        """Wait until every caller was answered, every life is over and every event delivered."""
        self._wait_until_empty(self.left, seconds)
        self.caller.join()

    def join(self, *, seconds: float = 120.0) -> None:
        """Wait until every caller was answered; the rest goes on."""
        self._wait_until_empty(lambda: {"callers": self.caller.waiting} if self.caller.waiting else {}, seconds)
        self.caller.join()

    def _wait_until_empty(self, left: Callable[[], dict[str, int]], seconds: float) -> None:
        """When nothing moves any more, what only waits for time gets it. For `seconds` it may not become less."""
        before: dict[str, int] = {}
        moved_at = less_at = time.monotonic()
        least = sys.maxsize
        while work := left():
            self.caller.check()
            now = time.monotonic()
            if (total := sum(work.values())) < least:
                least, less_at = total, now
            if now - less_at > seconds:
                raise Violated(f"no less work for {seconds:.0f} s: {work}")
            if work != before:
                before, moved_at = work, now
            if now - moved_at > self.stuck_seconds:
                self.pass_time()
                moved_at = now
            time.sleep(LOOK_SECONDS)

    def tick(self) -> None:
        for task, queue in TICKS.items():
            self._celery.send_task(task, queue=queue, expires=TICK_EXPIRES, ignore_result=True)

    def start_ticking(self) -> None:
        self._schedule.start()

    def _keep_ticking(self) -> None:
        """The schedule, a little faster."""
        while not self._is_over.wait(TICK_SECONDS):
            with suppress(Exception):  # The broker may be dead, by our own hand.
                self.tick()

    def left(self) -> dict[str, int]:
        """What is left to do, by kind; empty when nothing is."""
        state = self.platform.state()
        ((queued, wished),) = self.world.sql(
            "SELECT count(*) FILTER (WHERE status = 'queued'), count(*) FILTER (WHERE wish <> '') FROM bonuses_grant"
        )
        work = {
            "callers waiting": self.caller.waiting,
            "lives": state["lives_running"] + state["late_work"],
            "webhooks": state["webhooks"]["pending"],
            "queued": queued,
            "wishes": wished,
            "events": sum(self.world.pending(sink) for sink in self.world.sinks),
        }
        return {name: count for name, count in work.items() if count}

    def _answers(self, url: str, child: Child) -> None:
        http = urllib3.PoolManager(retries=False, timeout=2)

        def ask() -> bool:
            if not child.is_alive:
                raise RuntimeError(f"{child.log.name}: {child.said[-2000:]}")
            with suppress(urllib3.exceptions.HTTPError):
                return http.request("GET", url, redirect=False).status < 500
            return False

        wait_for(f"{url} answers", ask, seconds=120)


def kill_one_of(parent: Child) -> int:
    """One of the processes that it forked; it forks another."""
    pid: int = wait_for("a process of its own", lambda: parent.children)[0]
    os.kill(pid, signal.SIGKILL)
    return pid


def _was_sent_sigkill(parent: Child, pid: int) -> bool:
    return any(re.search(rf"pid:{pid}\b.*SIGKILL", line) for line in parent.said.splitlines())
