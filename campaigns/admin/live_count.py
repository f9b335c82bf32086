"""How many players there are, and some of them, for pages that must answer at once whatever is asked."""

from dataclasses import dataclass

from django.db.models import QuerySet

from bonuses.models import Player
from integrations.admin.common import Table, link
from integrations.jit import without_jit
from integrations.time_limit import TookTooLong, within

SECONDS = 1.5
SAMPLE = 10
TOO_LONG = "Counting them takes more than a moment. The campaign counts them when it is issued."


@dataclass(frozen=True, slots=True)
class Counted:
    count: int | None = None
    """None: that took too long."""
    some: tuple[Player, ...] = ()

    @property
    def words(self) -> str:
        if self.count is None:
            return TOO_LONG
        return "1 player matches." if self.count == 1 else f"{self.count:,} players match."


def counted(players: QuerySet[Player], *, sample: int = SAMPLE) -> Counted:
    try:
        with within(SECONDS), without_jit():
            return Counted(players.count(), tuple(players.order_by("pk")[:sample]))
    except TookTooLong:
        return Counted()


def table_of(found: Counted) -> Table:
    columns = ("Player", "Status", "Brand", "Currency", "Country")
    rows = ((link(p), p.get_status_display(), p.origin, p.currency, p.country or "-") for p in found.some)
    if found.count is None:
        return Table("Players", columns, (), empty=TOO_LONG)
    title = "1 player now" if found.count == 1 else f"{found.count:,} players now"
    return Table(f"{title}, some of them" if found.count > SAMPLE else title, columns, rows, empty="Nobody.")
