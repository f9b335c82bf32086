from typing import Any

from django.core.management.base import BaseCommand

from bonuses.services.sweep import reconcile_grants


class Command(BaseCommand):
    help = "Ask the platform about grants it has not spoken of for RECONCILE_AFTER_HOURS, and take over what we missed."

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        while True:
            swept = reconcile_grants()
            total += swept.done
            self.stdout.write(f"reconciled {swept.done}, put off {swept.put_off}, broken {swept.broken}")
            if not swept.done:
                break
        self.stdout.write(self.style.SUCCESS(f"{total} grants reconciled"))
