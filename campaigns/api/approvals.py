"""The approval of a campaign: what a caller sends, and what was decided last."""

from datetime import UTC, datetime
from typing import Annotated, Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from pydantic import Field

from bonuses.api.bodies import AmountOrZero, Body
from bonuses.api.serializers import absent
from campaigns.models import Approval

Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

LAST_DECISION = Subquery(
    Approval.objects.filter(campaign=OuterRef("pk"))
    .order_by("-id")
    .values(found=JSONObject(decision="decision", by="by", at="at", hash="hash", cost="cost"))[:1]
)
"""Beside a campaign's columns; `approval_in` makes it readable. None where nobody has decided anything."""


class ApproveCampaign(Body):
    """`hash` and `cost` as they were shown; without a `cost` it is what the campaign costs now."""

    hash: Hash
    cost: AmountOrZero | None = absent()


def approval_in(found: dict[str, Any] | None) -> dict[str, Any] | None:
    if found is None:
        return None
    at = datetime.fromisoformat(found["at"])
    # SQLite keeps times in UTC, and does not say so.
    return {**found, "at": at if at.tzinfo else at.replace(tzinfo=UTC)}
