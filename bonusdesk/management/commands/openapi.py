# The library is typed, but not to the last function.
# mypy: disable-error-code="no-untyped-call"

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from bonusdesk.api.openapi.document import COMMITTED, as_committed, document


class Command(BaseCommand):
    help = "Writes docs/openapi.json from the code."

    def handle(self, *args: Any, **options: Any) -> None:
        made = document()
        if GENERATOR_STATS:
            GENERATOR_STATS.emit_summary()
            raise CommandError("Something could not be described.")
        validate_schema(made)
        COMMITTED.write_bytes(as_committed())
