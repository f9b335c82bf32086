"""Events a second to a receiver on this machine, over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.conf import settings

from scripts.bench import outbox_rows, turns
from scripts.bench.base import BenchFailed
from scripts.bench.report import Row
from scripts.bench.senders.job import Job
from scripts.bench.turns import Turn, used
from scripts.bench.world import FOLDER, World
from scripts.eyes.rest_process import RestProcess

AT_LEAST = 0.6
JOURNAL = FOLDER / "received.jsonl"


def run(world: World) -> list[Row]:
    concurrency = settings.FASTTRACK_REST_CONCURRENCY
    job = Job("rest", world.sizes.events, turns.batch_size("rest"), outbox_rows.body(), concurrency=concurrency)
    rounds = [(_ours(job), _bare(job)) for _ in range(world.sizes.rounds)]
    ours, bare = [mine for mine, _ in rounds], [theirs for _, theirs in rounds]
    return [
        Row(
            "deliver to REST",
            f"urllib3 with {concurrency} threads",
            "/s",
            [turn.per_second for turn in ours],
            [turn.per_second for turn in bare],
            at_least=AT_LEAST,
            note=f"{job.events:,} events; {used(ours, bare)}",
        )
    ]


def _ours(job: Job) -> Turn:
    outbox_rows.fill(job)
    with _receiver(job) as receiver:
        settings_of_sink = {"FASTTRACK_REST_URL": receiver.url, "FASTTRACK_REST_API_KEY": "bench"}
        turn = turns.take("ours", job, EVENT_SINKS=job.sink, **settings_of_sink)
    outbox_rows.check_delivered(job)
    return turn


def _bare(job: Job) -> Turn:
    with _receiver(job) as receiver:
        return turns.take("rest", replace(job, target=receiver.url))


@contextmanager
def _receiver(job: Job) -> Iterator[RestProcess]:
    """A process of its own. At the end it must have had each event."""
    JOURNAL.unlink(missing_ok=True)
    with RestProcess(JOURNAL) as receiver:
        yield receiver
        with JOURNAL.open("rb") as lines:
            found = sum(1 for _ in lines)
    JOURNAL.unlink()
    if found != job.events:
        raise BenchFailed(f"{found} of {job.events} events arrived.")
