"""A deliverer that is held up past its lease, and wakes up when another has long done its work."""

from functools import partial
from pathlib import Path
from typing import Any

from scripts.faults import invariants
from scripts.faults.base import Run, Violated
from scripts.faults.sink_play import deliver, finish, forks
from scripts.faults.waiting import wait_for
from scripts.faults.world import World

ALL = ("file", "rest", "rabbitmq", "kafka")
GRANTS = 50
FREEZE = {"FAULTS_FREEZE": "1"}
"""It stops at the failpoint, where others are killed."""
COLUMNS = (
    "e.delivered_at",
    "e.parked_at",
    "e.attempts",
    "e.last_error",
    "s.epoch",
    "s.owner",
    "s.failures",
    "s.last_delivered_at",
    "s.last_error",
    "s.in_flight::text",
)
WRITTEN = f"""
SELECT {", ".join(COLUMNS)}
FROM integrations_outgoingevent e JOIN integrations_sinkstate s ON s.sink = e.sink ORDER BY e.id
"""  # noqa: S608  our own names


def frozen(world: World, *, sink: str, failpoint: str) -> dict[str, int]:
    """While its lease runs nobody else delivers; then another does; and what the late one says is not written."""
    world.fresh(sink)
    world.events(grants=GRANTS, each=3)
    env = world.environment(**FREEZE)
    sleeper = forks(world).spawn("deliver_events", "--skip-checks", "--sink", sink, env=env, failpoint=failpoint)
    world.children.append(sleeper)
    wait_for(f"{sink}: a deliverer frozen at {failpoint}", lambda: _is_stopped(sleeper.pid))
    before = world.pending(sink)
    _hold(world, sink)
    deliver(world, sink)
    if world.pending(sink) != before:
        raise Violated(f"{sink}: somebody delivered while another had the lease")
    finish(world)
    written = _written(world)
    sleeper.thaw()
    sleeper.wait(60)
    if (now := _written(world)) != written:
        changed = {name for was, is_ in zip(written, now, strict=True) for name in COLUMNS if was[name] != is_[name]}
        raise Violated(f"{sink}: the late one wrote {', '.join(sorted(changed))}")
    return {"events": 3 * GRANTS, **invariants.settled(world)}


def _hold(world: World, sink: str) -> None:
    """However slow this machine is, its lease has not run out yet."""
    world.sql("UPDATE integrations_sinkstate SET leased_until = now() + interval '1 minute' WHERE sink = %s", sink)


def _written(world: World) -> list[dict[str, Any]]:
    return [dict(zip(COLUMNS, row, strict=True)) for row in world.sql(WRITTEN)]


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


RUNS = [
    Run(f"{sink}: frozen at {failpoint}, taken over, thawed", partial(frozen, sink=sink, failpoint=failpoint))
    for sink in ALL
    for failpoint in ("outbox.before_send", "outbox.after_send")
]
