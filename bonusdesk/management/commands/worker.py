import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import autodiscover_modules

from bonusdesk.celery import app
from integrations.queues import Queue


class Command(BaseCommand):
    help = "Runs tasks until it is told to stop; SIGTERM or Ctrl-C lets the tasks in hand end first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--beat", action="store_true", help="Keep the schedule too; for one worker only.")
        parser.add_argument("--concurrency", type=int, default=max(2, os.cpu_count() or 1), help="Processes.")
        parser.add_argument("--queues", default="", help="Comma-separated; all of them unless given.")

    def handle(self, *, beat: bool, concurrency: int, queues: str, **_: Any) -> None:
        chosen = [name.strip() for name in queues.split(",") if name.strip()] or [queue.value for queue in Queue]
        if unknown := set(chosen) - {queue.value for queue in Queue}:
            raise CommandError(f"There is no queue {', '.join(sorted(unknown))}; they are {', '.join(Queue)}.")
        if concurrency < 1:
            raise CommandError("--concurrency must be 1 or more.")
        # Celery would only log it when one can't be imported, and go on without.
        autodiscover_modules("tasks")
        worker = app.Worker(
            beat=beat,
            concurrency=concurrency,
            queues=chosen,
            loglevel="INFO",
            # Workers say nothing to each other: what must be agreed on is agreed on in the database.
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            quiet=True,
        )
        self.stdout.write(f"worker: {concurrency} processes, queues {', '.join(chosen)}{', with beat' * beat}")
        worker.start()
        sys.exit(worker.exitcode)
