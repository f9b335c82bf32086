from typing import Any

from django.core.management.base import BaseCommand

from bonusdesk.api import keys
from integrations import retention


class Command(BaseCommand):
    help = (
        "Removes webhook deliveries, delivered events and idempotency keys that are older than KEEP_DELIVERIES_DAYS, "
        "KEEP_EVENTS_DAYS and KEEP_IDEMPOTENCY_KEYS_HOURS."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        pruned = retention.prune(on_batch=lambda pruned: self._tell(pruned.deliveries + pruned.events))
        removed = keys.remove_old(on_batch=self._tell)
        self.stdout.write(
            f"Removed {pruned.deliveries} deliveries, {pruned.events} events and {removed} idempotency keys."
        )

    def _tell(self, count: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{count} rows …", ending="")
