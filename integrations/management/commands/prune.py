from typing import Any

from django.core.management.base import BaseCommand

from integrations import retention


class Command(BaseCommand):
    help = (
        "Removes webhook deliveries and delivered events that are older than KEEP_DELIVERIES_DAYS and KEEP_EVENTS_DAYS."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        pruned = retention.prune(on_batch=self._tell)
        self.stdout.write(f"Removed {pruned.deliveries} deliveries and {pruned.events} events.")

    def _tell(self, pruned: retention.Pruned) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{pruned.deliveries + pruned.events} rows …", ending="")
