from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bonuses.services.forget_player import forget_player
from integrations.errors import DomainError


class Command(BaseCommand):
    help = (
        "Erase what describes a player as a person: attributes and country. Grants, their history and events, amounts "
        "and the status stay, under the same id. This can't be undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("external_id")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            forgotten = forget_player(external_id=options["external_id"])
        except DomainError as error:
            raise CommandError(error.message) from error
        erased = " and ".join(forgotten.erased) or "nothing, there was nothing left"
        self.stdout.write(
            self.style.SUCCESS(
                f"Player {forgotten.player.external_id}: erased {erased}. "
                f"Kept under {forgotten.player.pk}: {forgotten.grants:,} grants."
            )
        )
