"""Several sinks at once: one that is down holds up no other, and one bad event holds up no other grant."""

import time
import uuid
from collections.abc import Callable
from functools import partial

from scripts.faults import invariants
from scripts.faults.base import Run, Violated
from scripts.faults.database import FIRST_GRANT
from scripts.faults.receivers import RestReceiver
from scripts.faults.sink_kills import RUNS as KNOWN
from scripts.faults.sink_play import (
    begin,
    begin_all,
    deliver,
    finish,
    intervene,
    last_error,
    receiver,
    wait_for_trouble,
    wait_until_nothing_is_pending,
)
from scripts.faults.waiting import wait_for
from scripts.faults.world import World

ALL = ("file", "rest", "rabbitmq", "kafka")
FEW = 200
DOWN_SECONDS, LONG_DOWN_SECONDS = 1.0, 120.0
EVERY_SECONDS = 0.5
TOO_LARGE = 1_200_000
TAKE_OVERS = 12


def down(world: World, *, sink: str) -> dict[str, int]:
    """One process delivers to all. What comes while one is down has been everywhere else before that is back."""
    world.fresh(*ALL)
    others = [name for name in ALL if name != sink]
    world.events(grants=FEW, each=2)
    begin_all(world)
    wait_until_nothing_is_pending(world)
    revive = _take_down(world, sink)
    until = time.monotonic() + (DOWN_SECONDS if world.is_bounded else LONG_DOWN_SECONDS)
    rounds = 0
    while not rounds or time.monotonic() < until:
        world.events(grants=FEW, each=2)
        wait_until_nothing_is_pending(world, *others, seconds=10)
        rounds += 1
        time.sleep(EVERY_SECONDS)
    wait_for_trouble(world, sink)
    if world.pending(sink) != 2 * FEW * rounds:
        raise Violated(f"{sink}: is down, and has {world.pending(sink)} pending of {2 * FEW * rounds}")
    for other in others:
        invariants.delivered(world, other)
    revive()
    wait_until_nothing_is_pending(world, sink)
    finish(world)
    return {"events": 2 * FEW * (rounds + 1), "rounds while down": rounds, **invariants.settled(world)}


def _take_down(world: World, sink: str) -> Callable[[], object]:
    """Returns what brings it back."""
    if sink == "rest":
        eye = receiver(world, RestReceiver).eye
        eye.kill()
        return partial(eye.start)
    server = world.servers.get(sink)
    server.kill()
    return server.start


def poisoned(world: World, *, sink: str, is_skipped: bool) -> dict[str, int]:
    """One event that the receiver will never take: it holds up the later ones of its grant, and nothing else."""
    world.fresh(sink)
    world.events(grants=FEW, each=3)
    grant = uuid.UUID(int=FIRST_GRANT + FEW // 2)
    find = "SELECT id, body FROM integrations_outgoingevent WHERE grant_id = %s ORDER BY id"
    (_, (bad, body), _) = world.sql(find, grant)
    _set_body(world, bad, _poison(sink, body))
    if sink == "rest":
        _refuse(world, "poison")
    wait_for("all but the poison and what follows it", lambda: _deliver_again(world, sink) == 2)
    parked = world.sql("SELECT id FROM integrations_outgoingevent WHERE parked_at IS NOT NULL")
    if parked != [(bad,)]:
        raise Violated(f"{sink}: parked are {parked}, the poison is {bad}: {last_error(world, sink)}")
    invariants.delivered(world, sink)
    if is_skipped:
        intervene(world, "skip", bad, by="faults", reason="poison")
    else:
        _set_body(world, bad, body)
        if sink == "rest":
            _refuse(world, "")
        intervene(world, "send_again", bad)
    finish(world)
    return {"events": 3 * FEW, "skipped": int(is_skipped), **invariants.settled(world)}


def _deliver_again(world: World, sink: str) -> int:
    world.expire_lease(sink)
    deliver(world, sink)
    return world.pending(sink)


def _poison(sink: str, body: str) -> str:
    """To REST it is what the receiver says it is; to the brokers what is beyond their limit."""
    return body.replace("xxxxxx", "poison", 1) if sink == "rest" else body.replace("x", "x" * TOO_LARGE, 1)


def _set_body(world: World, pk: int, body: str) -> None:
    world.sql("UPDATE integrations_outgoingevent SET body = %s WHERE id = %s", body, pk)


def _refuse(world: World, poison: str) -> None:
    eye = receiver(world, RestReceiver).eye
    eye.kill()
    eye.poison = poison
    eye.start()


def duel(world: World, *, sink: str) -> dict[str, int]:
    """Two deliverers who take the lease from each other in the middle of everything, again and again."""
    world.fresh(sink)
    both = [begin(world, sink, forever=True) for _ in range(2)]
    for _ in range(TAKE_OVERS):
        world.events(grants=FEW, each=2)
        world.expire_lease(sink)
        time.sleep(0.05)
        world.expire_lease(sink)
    wait_until_nothing_is_pending(world, sink)
    for one in both:
        one.stop()
    finish(world)
    return {"events": 2 * FEW * TAKE_OVERS, **invariants.settled(world)}


RUNS = [
    *KNOWN,
    *(
        Run(f"{sink} is down, the others go on", partial(down, sink=sink), is_bounded=sink == "rabbitmq")
        for sink in ("rest", "rabbitmq", "kafka")
    ),
    *(
        Run(
            f"poison for {sink} is {what}",
            partial(poisoned, sink=sink, is_skipped=what == "skipped"),
            is_bounded=what != "skipped",
        )
        for sink in ("rest", "rabbitmq", "kafka")
        for what in ("skipped", "mended and sent again")
    ),
    *(
        Run(
            f"{sink}: two deliverers take it from each other",
            partial(duel, sink=sink),
            is_bounded=sink in ("rabbitmq", "kafka"),
        )
        for sink in ALL
    ),
]
