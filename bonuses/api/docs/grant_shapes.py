"""A grant and its history, as they come back."""

from typing import Annotated

from pydantic import Field

from bonuses.api.docs.scalars import (
    AnyObject,
    CauseName,
    CurrencyCode,
    DecimalText,
    GrantStatus,
    Id,
    Minor,
    Moment,
    Shape,
    Text,
)
from bonuses.api.docs.template_shapes import Terms
from bonuses.api.serializers import GrantedBy


class GrantFailure(Shape):
    """What the platform said when it refused."""

    code: Text
    message: Text


class Grant(Shape):
    """A bonus given to one player. All amounts are minor units of `currency`."""

    id: Id
    template_id: Id
    player_id: Id
    campaign_id: Id | None
    status: GrantStatus
    amount: Minor
    currency: CurrencyCode
    deposit_amount: Minor | None
    wagering_required: Minor
    wagering_progress: Minor
    locked_amount: Minor
    bonus_turned_real: Minor | None
    exchange_rate: DecimalText
    adapter: Text
    platform_bonus_id: Text | None
    granted_by_kind: GrantedBy
    granted_by_id: Id | None
    terms: Terms
    failure: GrantFailure | None
    meta: AnyObject
    fasttrack_references: AnyObject
    created_at: Moment
    activated_at: Moment | None
    expires_at: Moment | None
    ended_at: Moment | None
    updated_at: Moment


class TransitionAmounts(Shape):
    """Minor units of the grant's currency."""

    amount: Minor
    wagering_required: Minor
    wagering_progress: Minor
    locked_amount: Minor
    bonus_turned_real: Minor | None


class GrantTransition(Shape):
    """One change of a grant's status."""

    seq: Annotated[int, Field(ge=1)]
    from_: Annotated[GrantStatus | None, Field(alias="from")]
    to: GrantStatus
    at: Moment
    cause: CauseName
    actor: Text | None
    webhook_id: Id | None
    reason: Text | None
    amounts: TransitionAmounts
