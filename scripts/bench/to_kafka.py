"""Events a second into Kafka's transactions, against each half of the work by itself."""

from dataclasses import replace

from scripts.bench import outbox_rows, turns
from scripts.bench.brokers import check_topic, topic
from scripts.bench.report import Row
from scripts.bench.senders.job import Job
from scripts.bench.turns import Turn, used
from scripts.bench.world import World

AT_LEAST = 0.65


def run(world: World) -> list[Row]:
    servers = world.kafka_servers
    job = Job("kafka", world.sizes.events, turns.batch_size("kafka"), outbox_rows.body(), server=servers)
    rounds = [(_ours(job), _bare(job), drain(job)) for _ in range(world.sizes.rounds)]
    ours, bare, drained = ([one[side] for one in rounds] for side in range(3))
    sides = {"a bare transactional producer": bare, "the database's part alone": drained}
    slower = min(sides, key=lambda name: sum(turn.per_second for turn in sides[name]))
    return [
        Row(
            "deliver to Kafka",
            name,
            "/s",
            [turn.per_second for turn in ours],
            [turn.per_second for turn in other],
            at_least=AT_LEAST if name == slower else None,
            note=f"batches of {job.batch:,}; {used(ours, other)}",
        )
        for name, other in sides.items()
    ]


def _ours(job: Job) -> Turn:
    outbox_rows.fill(job)
    with topic(job.server) as name:
        turn = turns.take("ours", job, **environment(job.server, name))
        check_topic(job.server, name, job.events)
    outbox_rows.check_delivered(job)
    return turn


def environment(servers: str, name: str) -> dict[str, str]:
    return {
        "EVENT_SINKS": "kafka",
        "FASTTRACK_KAFKA_BOOTSTRAP_SERVERS": servers,
        "FASTTRACK_KAFKA_TOPIC": name,
        "FASTTRACK_KAFKA_TRANSACTIONAL_ID": name,
    }


def _bare(job: Job) -> Turn:
    with topic(job.server) as name:
        turn = turns.take("kafka", replace(job, target=name))
        check_topic(job.server, name, job.events)
    return turn


def drain(job: Job) -> Turn:
    outbox_rows.fill(job)
    turn = turns.take("drain", job)
    outbox_rows.check_delivered(job)
    return turn
