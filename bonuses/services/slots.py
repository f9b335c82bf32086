"""Anti-stacking: every grant holds a numbered slot of (template, player, window), unique in the database."""

from collections.abc import Collection
from typing import Any

from django.db import IntegrityError

from bonuses.models import BonusTemplate, Grant, Player
from bonuses.models.grant import GrantQuerySet
from integrations.errors import DomainError

CONSTRAINT = "grant_holds_its_slot_alone"


class GrantLimitReached(DomainError):
    code = "BONUS_GRANT_LIMIT_REACHED"

    def __init__(self) -> None:
        super().__init__("The player has had this bonus as often as allowed.")


def holding(*, template: Any, player: Any, window: int) -> GrantQuerySet:
    """The player's grants that count towards the limit. Rows, ids or, in a subquery, an `OuterRef`."""
    grants: GrantQuerySet = Grant.objects.filter(template=template, player=player, window=window, slot__isnull=False)
    return grants.order_by()


def held_slots(*, template: BonusTemplate, player: Player, window: int) -> set[int]:
    held_ones = holding(template=template, player=player, window=window)
    return {slot for slot in held_ones.values_list("slot", flat=True) if slot is not None}


def check_limit(held: Collection[int], *, limit: int | None) -> None:
    """Raises `GrantLimitReached`."""
    if limit is not None and len(held) >= limit:
        raise GrantLimitReached


def lowest_free(held: Collection[int]) -> int:
    """Who loses the race for it meets the constraint."""
    return next(slot for slot in range(len(held) + 1) if slot not in held)


def lost_race(error: IntegrityError) -> bool:
    """Whether another grant took the slot or the key first. PostgreSQL names the constraint, SQLite the columns."""
    return any(words in str(error) for words in (CONSTRAINT, "bonuses_grant.slot", "request_key"))
