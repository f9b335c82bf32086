"""Who a campaign is for: the players of its segment, less those who are held out."""

from django.db.models import CharField, Func, QuerySet, Value
from django.db.models.functions import MD5, Cast, Concat, Replace, Substr
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from bonuses.models import Player
from campaigns.models import Campaign
from campaigns.segments import players_of

DIGITS = 8
"""Of the hash, in hexadecimal."""


def audience_of(campaign: Campaign) -> QuerySet[Player]:
    players = players_of(campaign.segment)
    return players.filter(GreaterThanOrEqual(*_draw(campaign))) if campaign.holdout_percent else players


def held_out_of(campaign: Campaign) -> QuerySet[Player]:
    """Those who get nothing, so that the others can be compared with them."""
    players = players_of(campaign.segment)
    return players.filter(LessThan(*_draw(campaign))) if campaign.holdout_percent else players.none()


def _draw(campaign: Campaign) -> tuple[Func, Value]:
    """A number from the hash of the campaign's salt and the player's id, the same whenever one looks, and its bound."""
    # SQLite keeps ids without their dashes.
    player_id = Replace(Cast("pk", CharField()), Value("-"), Value(""))
    hashed = MD5(Concat(Value(campaign.holdout_salt), player_id))
    bound = 16**DIGITS * campaign.holdout_percent // 100
    return Substr(hashed, 1, DIGITS), Value(f"{bound:0{DIGITS}x}")
