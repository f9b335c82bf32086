"""A player, and what becomes of the rows of a batch."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from bonuses.api.bodies import Body
from bonuses.api.docs.scalars import (
    DESCRIBED_ONLY,
    AnyObject,
    Choice,
    CurrencyCode,
    Id,
    Minor,
    Moment,
    Shape,
    SignedMinor,
    Text,
)
from bonuses.api.serializers import BATCH, Country, IdentifyPlayer, PlayerStatus

AnyValue = Annotated[Any, WithJsonSchema({"x-ref": "JsonValue"})]
Faults = Annotated[
    dict[str, str], WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1})
]


class Player(Shape):
    """A player as the operator's systems describe them. Amounts are minor units of `currency`."""

    id: Id
    external_id: Text
    currency: CurrencyCode
    origin: Text
    status: PlayerStatus
    country: Country | None
    total_deposited: Minor
    net_loss: SignedMinor
    attributes: AnyObject
    created_at: Moment
    updated_at: Moment


class PlayerBatch(Body):
    """Rows to be made or updated. Whatever is no acceptable `IdentifyPlayer` gets the result `error`."""

    model_config = DESCRIBED_ONLY

    players: Annotated[list[IdentifyPlayer | AnyValue], Field(max_length=BATCH)]


class BatchDone(Shape):
    """A row that was taken."""

    external_id: Text
    result: Literal["created", "updated"]
    id: Id


class BatchFault(Shape):
    """In the form of every error of this API."""

    code: Literal["VALIDATION_ERROR"]
    message: Text
    details: Faults


class BatchRefused(Shape):
    """A row that was not."""

    external_id: AnyValue
    result: Literal["error"]
    error: BatchFault


class BatchResult(Choice[BatchDone | BatchRefused]):
    """What became of one row; the results come in the order of the rows."""
