"""How much memory a deliverer takes with few and with many events pending."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from scripts.bench import outbox_rows, to_kafka, turns
from scripts.bench.brokers import topic
from scripts.bench.report import Row
from scripts.bench.senders.job import Job
from scripts.bench.turns import Turn
from scripts.bench.world import FOLDER, World

AT_MOST = 1.1
EVENT_FILE = FOLDER / "delivered.jsonl"
KIB_A_MIB = 1024


def run(world: World) -> list[Row]:
    body = outbox_rows.body()
    jobs = [
        Job("file", 0, turns.batch_size("file"), body),
        Job("kafka", 0, turns.batch_size("kafka"), body, server=world.kafka_servers),
    ]
    rows = [_compare(job, *world.sizes.backlogs) for job in jobs]
    outbox_rows.clear()
    return rows


def _compare(job: Job, few: int, many: int) -> Row:
    small, large = (_deliver(replace(job, events=events)) for events in (few, many))
    return Row(
        f"memory while {many:,} wait for `{job.sink}`",
        f"with {few:,}",
        "MiB",
        [large.peak / KIB_A_MIB],
        [small.peak / KIB_A_MIB],
        at_most=AT_MOST,
        note=f"{large.per_second:,.0f} /s and {small.per_second:,.0f} /s; one round",
    )


def _deliver(job: Job) -> Turn:
    outbox_rows.fill(job)
    with _environment(job) as env:
        turn = turns.take("ours", job, **env)
    outbox_rows.check_delivered(job)
    return turn


@contextmanager
def _environment(job: Job) -> Iterator[dict[str, str]]:
    if job.sink == "kafka":
        with topic(job.server) as name:
            yield to_kafka.environment(job.server, name)
        return
    EVENT_FILE.unlink(missing_ok=True)
    yield {"EVENT_SINKS": "file", "EVENT_FILE": str(EVENT_FILE)}
    EVENT_FILE.unlink()
