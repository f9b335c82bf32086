"""From a change's commit to the moment a consumer has its event: woken by hints, and by a process that looks around."""

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scripts.bench import outbox_rows, to_kafka, to_rabbitmq, turns
from scripts.bench.arrivals import Arrivals, watched
from scripts.bench.brokers import queue, topic
from scripts.bench.report import Row
from scripts.bench.senders.job import Job
from scripts.bench.world import FOLDER, World
from scripts.local_stack import MANAGE, Stack

COMMITTED = FOLDER / "committed"
SECONDS = 60.0
FIRST = 20
"""Events before the measured ones: processes start and connections are made."""
DELIVERERS = {
    "worker": ("worker", "--beat", "--concurrency", "1", "--queues", "deliver"),
    "deliver_events": ("deliver_events", "--forever"),
}
NAMES = {"rabbitmq": "RabbitMQ", "kafka": "Kafka"}


def run(world: World) -> list[Row]:
    rows = [row for sink in NAMES for row in _compare(world, sink)]
    outbox_rows.clear()
    return rows


def _compare(world: World, sink: str) -> list[Row]:
    by_hints, by_looking = (_latencies(world, sink, deliverer) for deliverer in DELIVERERS)
    return [
        Row(
            f"from commit to {NAMES[sink]}, {label}",
            "`deliver_events --forever`",
            "ms",
            [pick(by_hints)],
            [pick(by_looking)],
            note=f"{world.sizes.steady:,} events; one round; ours is a worker that hints wake",
        )
        for label, pick in FIGURES.items()
    ]


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


FIGURES: dict[str, Callable[[list[float]], float]] = {"median": statistics.median, "99th percentile": _p99}


def _latencies(world: World, sink: str, deliverer: str) -> list[float]:
    """Milliseconds."""
    outbox_rows.clear()
    server = world.rabbitmq_url if sink == "rabbitmq" else world.kafka_servers
    with _destination(sink, server) as name, watched(sink, server, name) as arrivals:
        make = to_rabbitmq.environment if sink == "rabbitmq" else to_kafka.environment
        env = make(server, name)
        with Stack(FOLDER, {**world.stack.env, **env}, web_port=0) as stack:
            stack.start(f"{deliverer}-{sink}", *MANAGE, *DELIVERERS[deliverer])
            _record(sink, FIRST, env)
            arrivals.wait_for(FIRST, seconds=SECONDS)
            committed = _record(sink, world.sizes.steady, env)
            return _waited(committed, arrivals)


@contextmanager
def _destination(sink: str, server: str) -> Iterator[str]:
    with queue(server) if sink == "rabbitmq" else topic(server) as name:
        yield name


def _record(sink: str, count: int, env: dict[str, str]) -> dict[str, float]:
    turns.take("steady", Job(sink, count, 1, "", target=str(COMMITTED)), **env)
    lines = COMMITTED.read_text().splitlines()
    COMMITTED.unlink()
    return {event_id: float(at) for event_id, at in (line.split() for line in lines)}


def _waited(committed: dict[str, float], arrivals: Arrivals) -> list[float]:
    came = arrivals.wait_for(FIRST + len(committed), seconds=SECONDS)
    return [1000 * (came[event_id] - at) for event_id, at in committed.items()]
