"""Anti-stacking: every grant holds a numbered slot of (template, player, window), unique in the database."""

from django.db import IntegrityError

from bonuses.models import BonusTemplate, Grant, Player
from integrations.errors import DomainError

CONSTRAINT = "grant_holds_its_slot_alone"


class GrantLimitReached(DomainError):
    code = "BONUS_GRANT_LIMIT_REACHED"

    def __init__(self) -> None:
        super().__init__("The player has had this bonus as often as allowed.")


def free_slot(*, template: BonusTemplate, player: Player, window: int, limit: int | None) -> int:
    """The lowest free slot. Raises `GrantLimitReached`; who loses the race for it meets the constraint instead."""
    held_ones = Grant.objects.filter(template=template, player=player, window=window, slot__isnull=False)
    held = set(held_ones.order_by().values_list("slot", flat=True))
    if limit is not None and len(held) >= limit:
        raise GrantLimitReached
    return next(slot for slot in range(len(held) + 1) if slot not in held)


def lost_race(error: IntegrityError) -> bool:
    """Whether another grant took the slot or the key first. PostgreSQL names the constraint, SQLite the columns."""
    return any(words in str(error) for words in (CONSTRAINT, "bonuses_grant.slot", "request_key"))
