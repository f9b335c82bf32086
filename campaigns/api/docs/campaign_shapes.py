"""Campaigns and their recipients: what a caller sends, and what comes back."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, WithJsonSchema

from bonuses.api.docs.scalars import DESCRIBED_ONLY, CurrencyCode, Id, Minor, Moment, Shape, Text
from campaigns.api.approvals import Hash
from campaigns.api.serializers import CreateCampaign, Percent

CampaignStatus = Literal["draft", "scheduled", "issuing", "paused", "issued", "cancelled"]
RecipientStatus = Literal["pending", "granted", "skipped", "failed"]
Number = Annotated[int, Field(ge=0)]
Counted = Annotated[
    dict[str, int],
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}),
]


def _with_default(schema: dict[str, Any]) -> None:
    schema["properties"]["holdout_percent"]["default"] = 0


class NewCampaign(CreateCampaign):
    """A campaign to be made. Nothing is given before it is issued, by hand or at `scheduled_at`."""

    model_config = ConfigDict(json_schema_extra=_with_default, **DESCRIBED_ONLY)


class CampaignStats(Shape):
    """What has become of the audience so far. The four add up to it; held-out players are outside of it."""

    pending: Number
    granted: Number
    skipped: Number
    failed: Number


class CampaignApproval(Shape):
    """What was decided last, of the campaign as it stood then; `cost` is in minor units of the base currency."""

    decision: Literal["approved", "withdrawn"]
    by: Text
    at: Moment
    hash: Hash
    cost: Minor


class Campaign(Shape):
    """A bonus for a whole segment."""

    id: Id
    name: Text
    segment_id: Id
    template_id: Id
    status: CampaignStatus
    status_reason: Text | None
    scheduled_at: Moment | None
    deposit_amount: Minor | None
    currency_override: CurrencyCode | None
    budget_amount: Minor | None
    holdout_percent: Percent
    stats: CampaignStats
    approval: CampaignApproval | None
    holdout_count: Number | None
    issued_at: Moment | None
    finished_at: Moment | None
    created_at: Moment
    updated_at: Moment


class CampaignRecipient(Shape):
    """A player of the audience, and what has become of the bonus."""

    player_id: Id
    external_id: Text
    status: RecipientStatus
    reason: Text | None
    message: Text | None
    grant_id: Id | None


class PreviewedPlayer(Shape):
    """What issuing now would do for one player."""

    player_id: Id
    external_id: Text
    status: Literal["granted", "skipped"]
    reason: Text | None
    message: Text | None
    amount: Minor | None
    currency: CurrencyCode | None


class CampaignPreview(Shape):
    """What issuing now would do. Money is in minor units of `currency`, the base currency."""

    audience: Number
    exclusions: Counted
    expected_cost: Minor
    worst_cost: Minor
    currency: CurrencyCode
    sample: Annotated[list[PreviewedPlayer], Field(max_length=10)]
