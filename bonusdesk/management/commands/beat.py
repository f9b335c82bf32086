from typing import Any

from django.core.management.base import BaseCommand
from django.utils.module_loading import autodiscover_modules

from bonusdesk.celery import app


class Command(BaseCommand):
    help = "Keeps the schedule until it is told to stop. One of these is enough, and it keeps no file."

    def handle(self, **_: Any) -> None:
        autodiscover_modules("tasks")
        self.stdout.write(f"beat: {len(app.conf.beat_schedule)} entries")
        app.Beat(loglevel="INFO", quiet=True).run()
