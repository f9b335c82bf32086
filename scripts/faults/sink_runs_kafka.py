"""Kafka: readers of what is committed see each event exactly once, whatever happened."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from scripts.eyes.base import Seen
from scripts.faults import invariants
from scripts.faults.base import Run, Violated
from scripts.faults.proxy import Proxy
from scripts.faults.receivers import KafkaReceiver
from scripts.faults.sink_kills import kills
from scripts.faults.sink_play import (
    begin,
    deliver,
    finish,
    halted,
    intervene,
    killed,
    receiver,
    wait_for_trouble,
    wait_until_nothing_is_pending,
)
from scripts.faults.world import World

SINK = "kafka"
GRANTS = 1500
END_TRANSACTION = b"\x00\x1a\x00\x01"
"""How a request to commit or to abort begins: its number in the protocol, and the version our client speaks."""
EVENTS = b'"step":0'
TRIP_SECONDS = 30.0


@contextmanager
def proxied(world: World) -> Iterator[tuple[Proxy, dict[str, str]]]:
    """A proxy before the broker, and the environment of who goes by it."""
    with Proxy(world.kafka.behind_proxy, port=world.servers.kafka_proxy_port) as proxy:
        yield proxy, {"FASTTRACK_KAFKA_BOOTSTRAP_SERVERS": proxy.address}


def fresh(world: World, *others: str) -> None:
    world.fresh(SINK, *others)
    world.events(grants=GRANTS, each=3)


def counted(world: World) -> dict[str, int]:
    finish(world)
    found = "SELECT count(*) FROM integrations_outgoingevent WHERE sink = %s"
    return {"events": world.sql(found, SINK)[0][0], **invariants.settled(world)}


def wait_for_trip(proxy: Proxy) -> None:
    if not proxy.tripped.wait(TRIP_SECONDS):
        raise Violated("the deliverer has not come so far")


def both_killed(world: World, *, failpoint: str) -> dict[str, int]:
    """We, and the broker after us, which comes back on its data."""
    fresh(world)
    killed(world, SINK, failpoint)
    server = world.kafka
    server.kill()
    server.start()
    return counted(world)


def broker_killed(world: World) -> dict[str, int]:
    """We live, and never get to know whether it has read our commit."""
    fresh(world)
    with proxied(world) as (proxy, through):
        proxy.stall_requests_from(END_TRANSACTION)
        begin(world, SINK, env=through, forever=True)
        wait_for_trip(proxy)
        server = world.kafka
        server.kill()
        proxy.cut()
        server.start()
        proxy.resume()
        wait_until_nothing_is_pending(world)
    return counted(world)


def commits_answer_lost(world: World) -> dict[str, int]:
    fresh(world)
    with proxied(world) as (proxy, through):
        proxy.stall_answers_after(END_TRANSACTION)
        begin(world, SINK, env=through, forever=True)
        wait_for_trip(proxy)
        proxy.cut()
        proxy.resume()
        wait_until_nothing_is_pending(world)
    return counted(world)


def commits_answer_late(world: World) -> dict[str, int]:
    """Past the time-out; in the end it comes after all."""
    fresh(world)
    with proxied(world) as (proxy, through):
        proxy.stall_answers_after(END_TRANSACTION)
        begin(world, SINK, env=through, forever=True)
        wait_for_trip(proxy)
        wait_for_trouble(world, SINK)
        proxy.resume()
        wait_until_nothing_is_pending(world)
    return counted(world)


def taken_over(world: World, *, held: bytes) -> dict[str, int]:
    """Frozen with this request on its way, past its lease; another delivers everything; then it goes on."""
    fresh(world)
    with proxied(world) as (proxy, through):
        proxy.stall_requests_from(held)
        sleeper = begin(world, SINK, env=through, forever=True)
        wait_for_trip(proxy)
        sleeper.freeze()
        finish(world)
        proxy.resume()
        sleeper.thaw()
        world.events(grants=GRANTS, each=3)
        world.expire_lease(SINK)
        wait_until_nothing_is_pending(world)
        sleeper.stop()
    return counted(world)


class Remembering:
    """What was in the topic before its records went counts too."""

    def __init__(self, since: KafkaReceiver) -> None:
        self.since = since
        self.before: list[Seen] = since.read()

    def read(self) -> list[Seen]:
        return [*self.before, *self.since.read()]

    def environment(self) -> Mapping[str, str]:
        return self.since.environment()

    def close(self) -> None:
        self.since.close()


def records_gone(world: World, *, failpoint: str, is_topic_new: bool = False) -> dict[str, int]:
    """What would tell the fate of the batch is gone: the sink rests until a person has decided, and no other does."""
    fresh(world, "file")
    killed(world, SINK, failpoint)
    eye = receiver(world, KafkaReceiver).eye
    world.receivers[SINK] = remembering = Remembering(receiver(world, KafkaReceiver))
    arrived = bool(remembering.before)
    if is_topic_new:
        eye.delete()
        eye.create()
    else:
        eye.delete_records()
    pending = world.pending(SINK)
    for _ in range(2):
        deliver(world, SINK)
        world.expire_lease(SINK)
        if not halted(world, SINK):
            raise Violated(f"{SINK}: it goes on though nothing can tell what became of the batch")
    if world.pending(SINK) != pending or eye.read_uncommitted():
        raise Violated(f"{SINK}: something was sent before anybody had decided")
    deliver(world, "file")
    if world.pending("file"):
        raise Violated("file: held up by another sink that waits for a person")
    intervene(world, "decide_flight", SINK, arrived=arrived, by="faults", reason=f"read before: {arrived}")
    return {**counted(world), "arrived": len(remembering.before)}


RUNS = [
    *kills(SINK),
    Run(
        "kafka: we and the broker are killed before the commit",
        partial(both_killed, failpoint="kafka.produced"),
        is_bounded=False,
    ),
    Run(
        "kafka: we and the broker are killed after the commit",
        partial(both_killed, failpoint="kafka.committed"),
        is_bounded=False,
    ),
    Run("kafka: the broker is killed before it has read the commit", broker_killed),
    Run("kafka: the commit's answer is lost", commits_answer_lost),
    Run("kafka: the commit's answer comes after the time-out", commits_answer_late, is_bounded=False),
    Run("kafka: frozen with a commit on its way, taken over, thawed", partial(taken_over, held=END_TRANSACTION)),
    Run(
        "kafka: frozen with events on their way, taken over, thawed",
        partial(taken_over, held=EVENTS),
        is_bounded=False,
    ),
    Run("kafka: committed records are gone", partial(records_gone, failpoint="kafka.committed")),
    Run(
        "kafka: uncommitted records are gone",
        partial(records_gone, failpoint="kafka.produced"),
        is_bounded=False,
    ),
    Run(
        "kafka: the topic is made anew",
        partial(records_gone, failpoint="kafka.committed", is_topic_new=True),
        is_bounded=False,
    ),
]
