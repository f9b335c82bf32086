"""How many of a campaign's recipients stand where: the sum of its chunks, read in one statement."""

import uuid
from typing import Any

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import JSONObject

from campaigns.lifecycle import Outcome
from campaigns.models import Chunk

OUTCOMES = tuple(outcome.value for outcome in Outcome)
"""Whose counts add up to the audience at every moment."""

STATS = Subquery(
    Chunk.objects.filter(campaign=OuterRef("pk"))
    .order_by()
    .values("campaign")
    .annotate(stats=JSONObject(**{outcome: Sum(outcome) for outcome in OUTCOMES}))
    .values("stats")
)
"""`Campaign.objects.annotate(chunk_stats=STATS)`; `stats_in` makes it readable. None before the snapshot."""


def stats_of(campaign_id: uuid.UUID) -> dict[str, int]:
    """`{"pending": n, "granted": n, "skipped": n, "failed": n}`."""
    return stats_in(Chunk.objects.filter(campaign=campaign_id).aggregate(**{name: Sum(name) for name in OUTCOMES}))


def stats_in(counted: dict[str, Any] | None) -> dict[str, int]:
    """What the database counted; nobody where there is nothing to count."""
    return {name: int((counted or {}).get(name) or 0) for name in OUTCOMES}
