"""The bodies of the write calls on campaigns."""

from typing import Annotated, Any

from pydantic import Field

from bonuses.api.bodies import Amount, Body, Currency, Id, Moment, Name
from bonuses.api.serializers import absent

Percent = Annotated[int, Field(ge=0, le=50)]


class CreateCampaign(Body):
    name: Name
    segment_id: Id
    template_id: Id
    scheduled_at: Moment | None = None
    deposit_amount: Amount | None = None
    currency_override: Currency | None = None
    budget_amount: Amount | None = None
    holdout_percent: Percent | None = None


class ChangeCampaign(Body):
    """Fields that are absent stay; null is for those that can be without a value."""

    name: Name = absent()
    segment_id: Id = absent()
    template_id: Id = absent()
    scheduled_at: Moment | None = absent()
    deposit_amount: Amount | None = absent()
    currency_override: Currency | None = absent()
    budget_amount: Amount | None = absent()
    holdout_percent: Percent = absent()


class NoFields(Body):
    """Nothing needs to be said, and nothing can be."""


def campaign_fields(body: CreateCampaign | ChangeCampaign) -> dict[str, Any]:
    """What was sent, as the services take it; a null where a campaign needs a value leaves the default."""
    fields = body.model_dump(exclude_unset=True)
    if fields.get("holdout_percent", ...) is None:
        del fields["holdout_percent"]
    return fields
