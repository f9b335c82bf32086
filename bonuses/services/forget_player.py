from dataclasses import dataclass

import structlog
from django.db import transaction

from bonuses.models import Grant, Player
from bonuses.services.issue import PlayerNotFound

log = structlog.get_logger(__name__)

PERSONAL = {"attributes": dict, "country": str}
"""What describes the person, and what is left of it. All else is money, or must stay: an exclusion first of all."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    player: Player
    erased: list[str]
    """Names of fields, those that held anything."""
    grants: int
    """They stay."""


def forget_player(*, external_id: str) -> Forgotten:
    """Erase what describes the person; grants, their history and their events stay under the id.

    Again it erases nothing more. Whoever describes the player anew afterwards is believed. Raises `PlayerNotFound`.
    """
    with transaction.atomic():
        player = Player.objects.select_for_update(no_key=True).filter(external_id=external_id).first()
        if player is None:
            raise PlayerNotFound(f"There is no player {external_id}.")
        erased = [name for name in PERSONAL if getattr(player, name)]
        for name in erased:
            setattr(player, name, PERSONAL[name]())
        if erased:
            player.save(update_fields=[*erased, "updated_at"])
    log.info("player_forgotten", player_id=str(player.pk), erased=erased)
    return Forgotten(player, erased, Grant.objects.filter(player=player).count())
