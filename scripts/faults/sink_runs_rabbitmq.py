"""RabbitMQ: at least once under a stable id, in order per grant; confirmed is what counts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlsplit

from scripts.faults import invariants
from scripts.faults.base import Run, Violated
from scripts.faults.proxy import Proxy
from scripts.faults.receivers import RabbitReceiver
from scripts.faults.sink_kills import kills
from scripts.faults.sink_play import (
    batch_size,
    begin,
    deliver,
    failures,
    finish,
    forget_trouble,
    last_error,
    receiver,
    wait_for_trouble,
    wait_until_delivered,
    wait_until_nothing_is_pending,
)
from scripts.faults.waiting import wait_for
from scripts.faults.world import World

SINK = "rabbitmq"
FIRST, SECOND = b'"step":0', b'"step":1'
"""What is in the bodies of the first event of each grant, and of the second."""
GRANTS = 1500
TRIP_SECONDS = 30.0


@contextmanager
def proxied(world: World) -> Iterator[tuple[Proxy, dict[str, str]]]:
    """A proxy before the broker, and the environment of who goes by it."""
    url = urlsplit(world.rabbitmq.url)
    with Proxy(f"127.0.0.1:{url.port}") as proxy:
        through = url._replace(netloc=url.netloc.replace(f":{url.port}", f":{proxy.port}")).geturl()
        yield proxy, {"FASTTRACK_RABBITMQ_URL": through}


def fresh(world: World, *, grants: int = GRANTS) -> None:
    world.fresh(SINK)
    world.events(grants=grants, each=3)


def counted(world: World) -> dict[str, int]:
    finish(world)
    return {"events": world.sql("SELECT count(*) FROM integrations_outgoingevent")[0][0], **invariants.settled(world)}


def wait_for_trip(proxy: Proxy) -> None:
    if not proxy.tripped.wait(TRIP_SECONDS):
        raise Violated("the deliverer has sent nothing")


def broker_killed(world: World) -> dict[str, int]:
    """What was published before had no confirm yet, and some of it the broker loses."""
    fresh(world)
    eye = receiver(world, RabbitReceiver).eye
    with proxied(world) as (proxy, through):
        proxy.stall_answers_after(SECOND)
        begin(world, SINK, env=through, forever=True)
        wait_for_trip(proxy)
        wait_for("the broker has a whole batch", lambda: eye.count() == min(batch_size(SINK), 2 * GRANTS))
        server = world.rabbitmq
        server.kill()
        proxy.cut()
        wait_for_trouble(world, SINK)
        server.start()
        proxy.resume()
        wait_until_nothing_is_pending(world)
    return counted(world)


def queue_unbound(world: World) -> dict[str, int]:
    """The broker takes what it can't route, confirms it even, and drops it."""
    fresh(world)
    eye = receiver(world, RabbitReceiver).eye
    begin(world, SINK, forever=True)
    wait_until_delivered(world, SINK, 1)
    eye.unbind()
    world.events(grants=GRANTS, each=3)
    if "NO_ROUTE" not in (said := wait_for_trouble(world, SINK)):
        raise Violated(f"{SINK}: nothing was returned; the trouble was {said}")
    eye.bind()
    wait_until_nothing_is_pending(world)
    return counted(world)


def confirms_delayed(world: World) -> dict[str, int]:
    """Past the time-out, and then they come while other messages are on their way, which are lost.

    Five events that were published before the time-out do not go with the next batch, so late confirms, if they were
    listened to, would be taken for those of five others.
    """
    world.fresh(SINK)
    world.events(grants=10, each=1)
    # The pause after the next trouble is then the longest, so that nothing happens in between.
    world.sql("INSERT INTO integrations_sinkstate (sink, failures, owner, last_error) VALUES (%s, 9, '', '')", SINK)
    with proxied(world) as (proxy, through):
        proxy.stall_answers_after(FIRST)
        begin(world, SINK, env=through, forever=True)
        wait_for_trip(proxy)
        wait_for_trouble(world, SINK)
        parked = "WHERE id IN (SELECT id FROM integrations_outgoingevent ORDER BY id LIMIT 5)"
        world.sql(f"UPDATE integrations_outgoingevent SET parked_at = now() {parked}")  # noqa: S608  our own
        world.events(grants=10, each=1)
        before = failures(world, SINK)
        proxy.stall_requests()
        world.sql("UPDATE integrations_sinkstate SET not_before = NULL")
        wait_for("another attempt has ended", lambda: failures(world, SINK) != before or world.pending(SINK) != 20)
        proxy.cut()
        proxy.resume()
        world.sql("UPDATE integrations_outgoingevent SET parked_at = NULL")
        wait_until_nothing_is_pending(world)
    return counted(world)


def connection_cut(world: World) -> dict[str, int]:
    """In the middle of a wave, again and again."""
    fresh(world)
    cuts = 3
    with proxied(world) as (proxy, through):
        begin(world, SINK, env=through, forever=True)
        for _ in range(cuts):
            proxy.stall_requests_from(b'"step":')
            wait_for_trip(proxy)
            proxy.cut()
            wait_for_trouble(world, SINK)
            forget_trouble(world, SINK)
            proxy.resume()
        wait_until_nothing_is_pending(world)
    return {"cuts": cuts, **counted(world)}


def connection_stalled(world: World, *, stall: Callable[[Proxy], None]) -> dict[str, int]:
    """In the middle of a wave, past every time-out; and then it goes on as if nothing had been."""
    fresh(world)
    with proxied(world) as (proxy, through):
        stall(proxy)
        begin(world, SINK, env=through, forever=True)
        wait_for_trip(proxy)
        wait_for_trouble(world, SINK)
        proxy.resume()
        wait_until_nothing_is_pending(world)
    return counted(world)


def unknown_exchange(world: World) -> dict[str, int]:
    """A slip of the operator's: nothing may count as delivered."""
    fresh(world, grants=10)
    deliver(world, SINK, env={"FASTTRACK_RABBITMQ_EXCHANGE": "faults-nowhere"})
    if not last_error(world, SINK) or world.pending(SINK) != 30:
        raise Violated(f"{SINK}: {30 - world.pending(SINK)} events count as delivered to an exchange that is not there")
    return counted(world)


RUNS = [
    *kills(SINK),
    Run("rabbitmq: the broker is killed between publish and confirm", broker_killed),
    Run("rabbitmq: the queue is unbound in the middle of a stream", queue_unbound),
    Run("rabbitmq: the exchange is not there", unknown_exchange),
    Run("rabbitmq: confirms come after the time-out", confirms_delayed),
    Run("rabbitmq: the connection is cut in the middle of a wave", connection_cut),
    Run(
        "rabbitmq: the connection stalls in the middle of a wave",
        partial(connection_stalled, stall=lambda proxy: proxy.stall_requests_from(SECOND)),
        is_bounded=False,
    ),
    Run(
        "rabbitmq: the confirms stall in the middle of a wave",
        partial(connection_stalled, stall=lambda proxy: proxy.stall_answers_after(SECOND)),
        is_bounded=False,
    ),
]
