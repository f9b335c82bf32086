"""Confirmed events a second into RabbitMQ, against the client alone: as good as it gets, and as one first writes it."""

from dataclasses import replace

from scripts.bench import outbox_rows, turns
from scripts.bench.brokers import check_queue, queue
from scripts.bench.report import Row
from scripts.bench.senders.job import Job
from scripts.bench.turns import Turn, used
from scripts.bench.world import World

AT_LEAST, TIMES_NAIVE = 0.6, 5.0


def run(world: World) -> list[Row]:
    sizes = world.sizes
    job = Job("rabbitmq", sizes.events, turns.batch_size("rabbitmq"), outbox_rows.body(), server=world.rabbitmq_url)
    few = replace(job, events=sizes.one_by_one)
    rounds = [(_ours(job), _bare("rabbitmq", job), _bare("rabbitmq, one by one", few)) for _ in range(sizes.rounds)]
    ours, bare, naive = ([one[side] for one in rounds] for side in range(3))
    rates = [turn.per_second for turn in ours]
    name = "deliver to RabbitMQ"
    return [
        Row(
            name,
            "py-amqp, confirms in batches",
            "/s",
            rates,
            [turn.per_second for turn in bare],
            at_least=AT_LEAST,
            note=f"batches of {job.batch:,}; {used(ours, bare)}",
        ),
        Row(
            name,
            "py-amqp, a confirm a message",
            "/s",
            rates,
            [turn.per_second for turn in naive],
            at_least=TIMES_NAIVE,
            note=f"{few.events:,} messages one by one",
        ),
    ]


def _ours(job: Job) -> Turn:
    outbox_rows.fill(job)
    with queue(job.server) as name:
        turn = turns.take("ours", job, **environment(job.server, name))
        check_queue(job.server, name, job.events)
    outbox_rows.check_delivered(job)
    return turn


def environment(url: str, name: str) -> dict[str, str]:
    return {
        "EVENT_SINKS": "rabbitmq",
        "FASTTRACK_RABBITMQ_URL": url,
        "FASTTRACK_RABBITMQ_EXCHANGE": name,
        "FASTTRACK_RABBITMQ_ROUTING_KEY": name,
    }


def _bare(sender: str, job: Job) -> Turn:
    with queue(job.server) as name:
        turn = turns.take(sender, replace(job, target=name))
        check_queue(job.server, name, job.events)
    return turn
