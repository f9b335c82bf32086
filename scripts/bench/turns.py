"""Turns of sending, each in a fresh process, so that neither side profits from what the other left behind."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from django.utils.module_loading import import_string

from scripts.bench.base import BenchFailed
from scripts.bench.senders.job import Job
from scripts.local_stack import ROOT

SENDERS = {
    "ours": ("ours", "prepare"),
    "steady": ("steady", "prepare"),
    "drain": ("drain", "prepare"),
    "rest": ("rest", "prepare"),
    "kafka": ("kafka", "prepare"),
    "rabbitmq": ("rabbitmq", "prepare"),
    "rabbitmq, one by one": ("rabbitmq", "prepare_one_by_one"),
}
"""Module and function by name."""
SINKS = {
    "file": "file.FileSink",
    "kafka": "kafka.KafkaSink",
    "rabbitmq": "rabbitmq.RabbitMqSink",
    "rest": "rest.RestSink",
}
WITH_DJANGO = frozenset({"ours", "steady"})
TIMEOUT = 600


@dataclass(frozen=True)
class Turn:
    count: int
    seconds: float
    cpu: float
    """Seconds."""
    peak_before: int
    """KiB of memory at most, when everything was ready to start."""
    peak: int
    """At the end."""

    @property
    def per_second(self) -> float:
        return self.count / self.seconds

    @property
    def share(self) -> float:
        """Of one core."""
        return self.cpu / self.seconds


def batch_size(sink: str) -> int:
    """The product's own. Named, because models can be imported only once the world is made."""
    return int(import_string(f"integrations.sinks.{SINKS[sink]}").batch_size)


def take(name: str, job: Job, **env: str) -> Turn:
    """Raises `BenchFailed` unless all events of the job were sent."""
    turn = Turn(**json.loads(_run(name, job, os.environ | env).splitlines()[-1]))
    if turn.count != job.events:
        raise BenchFailed(f"{name}: {turn.count} of {job.events} events were sent.")
    return turn


def _run(name: str, job: Job, env: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.senders", name, json.dumps(asdict(job))],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    if done.returncode or not done.stdout.strip():
        raise BenchFailed(f"{name} ended with {done.returncode}: {(done.stderr or done.stdout)[-1500:]}")
    return done.stdout


def used(ours: Sequence[Turn], other: Sequence[Turn]) -> str:
    most = [max(turn.share for turn in turns) for turns in (ours, other)]
    return f"our process took at most {most[0]:.0%} of a core, the other {most[1]:.0%}"
