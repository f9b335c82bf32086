"""What the runs on sinks share: deliverers that die on time, those that come after them, and a look at the row."""

import re
import signal
import time
import weakref
from collections.abc import Mapping
from functools import partial
from typing import TypeVar

from scripts.faults.base import Violated
from scripts.faults.child import ROOT
from scripts.faults.forks import Fork, Forks
from scripts.faults.receivers import Receiver
from scripts.faults.waiting import wait_for
from scripts.faults.world import World

FINISH_SECONDS = 60.0

R = TypeVar("R", bound=Receiver)
_forks: "weakref.WeakKeyDictionary[World, Forks]" = weakref.WeakKeyDictionary()


def forks(world: World) -> Forks:
    """One for all runs; it ends with the world."""
    if world not in _forks:
        _forks[world] = Forks(world.environment(), world.root / "fork_server.log")
        weakref.finalize(world, _forks[world].close)
    return _forks[world]


def batch_size(sink: str) -> int:
    """By its source, as nothing of the product is loaded here."""
    source = (ROOT / "integrations/sinks" / f"{sink}.py").read_text()
    found = re.search(r"^    batch_size = ([\d_]+)$", source, re.MULTILINE)
    if not found:
        raise Violated(f"{sink}: how large its batches are can't be read from its source")
    return int(found[1])


def grants_of_three_batches(sink: str) -> int:
    """With three events each they fill two batches, and some are left for a third."""
    return batch_size(sink) * 2 // 3 + 50


def receiver(world: World, kind: type[R]) -> R:
    """This run's, as what it is."""
    for found in world.receivers.values():
        if isinstance(found, kind):
            return found
    raise LookupError(kind.__name__)


def deliver(world: World, sink: str, *, failpoint: str = "", env: Mapping[str, str] | None = None) -> int:
    """One deliverer, to its end: it stops when nothing is pending, at trouble, or dead. Its return code."""
    return forks(world).run(*_command(sink), env=world.environment(**(env or {})), failpoint=failpoint)


def begin(world: World, sink: str, *, env: Mapping[str, str] | None = None, forever: bool = False) -> Fork:
    """One that runs beside us."""
    more = ("--forever",) if forever else ()
    fork = forks(world).spawn(*_command(sink), *more, env=world.environment(**(env or {})))
    world.children.append(fork)
    return fork


def begin_all(world: World) -> Fork:
    """One process that delivers to all sinks."""
    fork = forks(world).spawn("deliver_events", "--skip-checks", "--forever", env=world.environment())
    world.children.append(fork)
    return fork


def _command(sink: str) -> tuple[str, ...]:
    return ("deliver_events", "--skip-checks", "--sink", sink)


def killed(world: World, sink: str, failpoint: str) -> None:
    code = deliver(world, sink, failpoint=failpoint)
    if code != -signal.SIGKILL:
        raise Violated(f"{sink}: nobody came by {failpoint}: the deliverer ended with {code}")
    world.expire_lease(sink)


def finish(world: World, *sinks: str, seconds: float = FINISH_SECONDS) -> None:
    """Further deliverers, without the waits for leases and after trouble, until nothing is pending."""
    until = time.monotonic() + seconds
    for sink in sinks or world.sinks:
        while world.pending(sink):
            if time.monotonic() >= until:
                raise Violated(f"{sink}: {world.pending(sink)} are pending still: {last_error(world, sink)}")
            world.expire_lease(sink)
            deliver(world, sink)
            if reason := halted(world, sink):
                raise Violated(f"{sink}: halted: {reason}")


def last_error(world: World, sink: str) -> str:
    return _of_state(world, sink, "last_error")


def halted(world: World, sink: str) -> str:
    return _of_state(world, sink, "CASE WHEN halted_at IS NULL THEN '' ELSE halt_reason END")


def failures(world: World, sink: str) -> int:
    return int(_of_state(world, sink, "failures::text") or 0)


def _of_state(world: World, sink: str, column: str) -> str:
    rows = world.sql(f"SELECT {column} FROM integrations_sinkstate WHERE sink = %s", sink)  # noqa: S608  our own
    return str(rows[0][0]) if rows else ""


def forget_trouble(world: World, sink: str) -> None:
    world.sql("UPDATE integrations_sinkstate SET last_error = '', failures = 0 WHERE sink = %s", sink)


def wait_for_trouble(world: World, sink: str, *, seconds: float = 30.0) -> str:
    return wait_for(f"{sink}: trouble is noted", lambda: last_error(world, sink), seconds=seconds)


def wait_until_delivered(world: World, sink: str, count: int) -> None:
    done = "SELECT count(*) FROM integrations_outgoingevent WHERE sink = %s AND delivered_at IS NOT NULL"
    wait_for(f"{sink}: {count} delivered", lambda: world.sql(done, sink)[0][0] >= count)


def wait_until_nothing_is_pending(world: World, *sinks: str, seconds: float = FINISH_SECONDS) -> None:
    for sink in sinks or world.sinks:
        wait_for(f"{sink}: nothing pending", partial(_has_nothing_pending, world, sink), seconds=seconds)


def _has_nothing_pending(world: World, sink: str) -> bool:
    return not world.pending(sink)


def ask_product(world: World, code: str) -> None:
    """Run a line inside the product, as its admin would."""
    ended = forks(world).run("shell", "-c", code, env=world.environment())
    if ended:
        raise Violated(f"the product ended with {ended}: {code}")


def intervene(world: World, function: str, *args: object, **kwargs: object) -> None:
    """A function of `integrations.outbox` that a person calls by a button."""
    ask_product(world, f"from integrations import outbox; assert outbox.{function}(*{args!r}, **{kwargs!r})")
