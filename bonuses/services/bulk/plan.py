"""What many players are to be given, and what has come of it: the words between a campaign and the grants."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.models import Adapter
from integrations.platforms.base import GrantOrder


@dataclass(frozen=True, slots=True)
class Plan:
    """Frozen when a campaign begins. `deposit_amount` in minor units of the grants' currency."""

    campaign_id: uuid.UUID
    template_id: uuid.UUID
    revision_id: uuid.UUID
    terms: dict[str, Any]
    """The revision's, as stored."""
    deposit_amount: int | None = None
    currency: str | None = None
    """Overrides the template's."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A player, and the id that his grant gets: the same however often it is tried."""

    grant_id: uuid.UUID
    player_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a player is given nothing."""

    code: str
    message: str


def exceeds(cost: int, budget: int | None) -> bool:
    """Both in minor units of the base currency; None: there is no budget."""
    return budget is not None and cost > budget


@dataclass(frozen=True, slots=True)
class Promise:
    """A grant that is committed as queued, its first call to the platform claimed for the caller."""

    order: GrantOrder
    adapter: Adapter
    claimed_until: datetime


@dataclass(slots=True)
class Promised:
    """Who is in none of these lost a race for something; he is to be tried again."""

    promises: list[Promise] = field(default_factory=list)
    refusals: dict[uuid.UUID, Refusal] = field(default_factory=dict)
    """By player."""
    left_out: list[uuid.UUID] = field(default_factory=list)
    """Players for whom the budget was not enough."""
    cost: int = 0
    """Face value of the promises, in minor units of the base currency."""
