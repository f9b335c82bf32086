"""What is told to Fast Track CRM: the payloads of its BONUS and CUSTOM events, validated when they are made."""

import math
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Self

import orjson
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StrictStr,
    ValidationError,
    field_serializer,
    model_validator,
)

from integrations.errors import DomainError
from integrations.models import EventKind


class BonusStatus(StrEnum):
    PENDING = "Pending"
    CREATED = "Created"
    ONGOING = "Ongoing"
    COMPLETED = "Completed"
    AUTO_COMPLETED = "AutoCompleted"
    FORFEITED = "Forfeited"
    EXPIRED = "Expired"
    LOST = "Lost"
    REVERSED = "Reversed"


class BonusType(StrEnum):
    NO_DEPOSIT = "NoDeposit"
    WELCOME_BONUS = "WelcomeBonus"
    CASHBACK_BONUS = "CashbackBonus"
    RELOAD_BONUS = "ReloadBonus"
    WAGER_FREE = "WagerFree"
    FREE_SPINS = "FreeSpins"
    RISK_FREE_BET = "RiskFreeBet"
    UNDEFINED = "Undefined"


class Product(StrEnum):
    CASINO = "Casino"
    SPORTSBOOK = "Sportsbook"
    LOTTO = "Lotto"
    POKER = "Poker"


class PayloadInvalid(DomainError):
    """Our own code made an event that Fast Track would not understand; `details` maps field paths to messages."""

    code = "EVENT_PAYLOAD_INVALID"


# A custom event may carry two keys by which Fast Track contacts a player although he is blocked or excluded. They are
# told by what they name and not by their spelling, so that a variant is refused as well.
_OVERRIDE = re.compile(r"block(?!chain)|exclu(?!siv)|fail.?safe", re.IGNORECASE)


def names_override(key: object) -> bool:
    return bool(_OVERRIDE.search(str(key)))


def check_free_data(value: Any, path: str) -> None:
    """Raise `PayloadInvalid` unless `value` can be sent as part of an event, however deep the trouble sits.

    Ask this of what comes from outside (`meta`, references) before it is stored: its events must not fail later.
    """
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise _invalid({f"{path}.{key}": "Keys must be strings."})
            if names_override(key):
                raise _invalid({f"{path}.{key}": "No event may override the block or exclusion of a player."})
            check_free_data(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_free_data(item, f"{path}.{index}")
    elif isinstance(value, float) and not math.isfinite(value):
        raise _invalid({path: "Not a number that JSON knows."})


class Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="wrap")
    @classmethod
    def _refuse(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            troubles = {".".join(map(str, e["loc"])) or "payload": e["msg"] for e in error.errors(include_url=False)}
            raise _invalid(troubles) from error

    @field_serializer("timestamp", check_fields=False)
    def _in_utc(self, at: datetime) -> str:
        return rfc3339(at)

    def body(self) -> str:
        """The JSON to be stored and sent. Optional fields that are absent are left out; nulls within `meta` stay."""
        fields = {name: value for name, value in self.__dict__.items() if value is not None}
        fields["timestamp"] = rfc3339(fields["timestamp"])
        try:
            return orjson.dumps(fields).decode()
        except orjson.JSONEncodeError as error:
            raise _invalid({"payload": f"Can't be sent as JSON: {error}"}) from error


Text = Annotated[StrictStr, Field(min_length=1, max_length=1000)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
Timestamp = Annotated[AwareDatetime, Field(strict=True)]


class BonusPayload(Payload):
    """Amounts are major units. `exchange_rate`: what one unit of `currency` is worth in the base currency."""

    amount: Amount
    bonus_code: Text | None = None
    bonus_id: Text
    bonus_turned_real: Amount | None = None
    currency: Annotated[StrictStr, Field(pattern=r"^[A-Z][A-Z0-9]{2,9}$")]
    exchange_rate: Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
    locked_amount: Amount | None = None
    meta: dict[str, Any] | None = None
    origin: Text
    product: Product
    required_wagering_amount: Amount | None = None
    status: BonusStatus
    timestamp: Timestamp
    type: BonusType
    user_bonus_id: Text
    user_id: Text
    fasttrack_references: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _check_free_data(self) -> Self:
        check_free_data(self.meta, "meta")
        check_free_data(self.fasttrack_references, "fasttrack_references")
        return self


class CustomPayload(Payload):
    notification_type: Text
    user_id: Text
    origin: Text
    timestamp: Timestamp
    data: dict[StrictStr, StrictStr]

    @model_validator(mode="after")
    def _check_free_data(self) -> Self:
        check_free_data(self.data, "data")
        return self


PAYLOADS: dict[EventKind, type[Payload]] = {EventKind.BONUS: BonusPayload, EventKind.CUSTOM: CustomPayload}


def rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _invalid(troubles: dict[str, str]) -> PayloadInvalid:
    first, message = next(iter(troubles.items()))
    return PayloadInvalid(f"An event can't be sent: {first}: {message}", **troubles)
