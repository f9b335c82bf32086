"""The product: what is pending for a sink, from the outbox to the receiver, and the outcome back."""

from django.db import connection

from bonusdesk import garbage
from integrations import outbox
from scripts.bench.base import BenchFailed
from scripts.bench.senders.job import Job, Run


def prepare(job: Job) -> Run:
    connection.ensure_connection()
    garbage.settle()

    def run() -> int:
        report = outbox.deliver(job.sink, seconds=float("inf"))
        if report.trouble or report.halted:
            raise BenchFailed(f"{job.sink}: {report.trouble or report.halted}")
        return report.delivered

    return run
