"""The body of a platform's webhook, read strictly where we rely on it; keys we don't know are ignored. Pure."""

import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from bonuses.money import MAX_MINOR
from integrations.errors import DomainError

Minor = Annotated[int, Field(strict=True, ge=0, le=MAX_MINOR)]
Word = Annotated[str, Field(strict=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _written_out(value: Any) -> Any:
    """Nothing but RFC 3339: a bare number could be seconds or milliseconds."""
    if not isinstance(value, str) or _RFC_3339.fullmatch(value) is None:
        raise ValueError("must be a time like 2025-01-31T12:00:00Z")
    return value


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("is outside of the years 1 to 9999") from None


Time = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]


class MalformedEvent(DomainError):
    """`details` maps field paths to what is wrong with them."""

    code = "VALIDATION_ERROR"


class Data(BaseModel):
    model_config = ConfigDict(extra="ignore")


class NoData(Data):
    pass


class Spins(Data):
    winnings: Minor
    spins_played: Minor | None = None


class Bet(Data):
    """A bet by its amount, or the progress so far: absolute, already weighted, minor units."""

    bet_amount: Minor | None = None
    game_category: Word | None = None
    bet_id: Word | None = None
    wagering_progress: Minor | None = None
    total_wagered: Minor | None = None
    locked_amount: Minor | None = None

    @property
    def absolute(self) -> int | None:
        return self.total_wagered if self.wagering_progress is None else self.wagering_progress

    @model_validator(mode="after")
    def _says_something(self) -> "Bet":
        if self.absolute is None and (self.bet_amount is None or self.game_category is None):
            raise ValueError("needs bet_amount and game_category, or wagering_progress or total_wagered")
        return self


class RevertedBet(Data):
    bet_amount: Minor | None = None
    game_category: Word | None = None
    bet_id: Word | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "RevertedBet":
        if self.bet_id is None and (self.bet_amount is None or self.game_category is None):
            raise ValueError("needs bet_id, or bet_amount and game_category")
        return self


class Payout(Data):
    total_wagered: Minor | None = None
    turned_real: Minor | None = None


class Ending(Data):
    reason: Annotated[str, Field(pattern=r"^[^\x00]*$")] | None = None


class Reversal(Data):
    amount: Minor | None = None
    expires_at: Time | None = None


DATA: dict[str, type[Data]] = {
    "bonus.pending": NoData,
    "bonus.credited": NoData,
    "bonus.spins_completed": Spins,
    "bonus.wagered": Bet,
    "bonus.wager_reverted": RevertedBet,
    "bonus.completed": Payout,
    "bonus.auto_completed": Payout,
    "bonus.lost": NoData,
    "bonus.expired": Ending,
    "bonus.forfeited": Ending,
    "bonus.cancelled": Ending,
    "bonus.reversed": Reversal,
}


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="ignore")

    event: Word
    event_id: Word
    ts: Time
    grant_id: uuid.UUID
    platform_bonus_id: Word | None = None
    data: dict[str, Any] | None = Field(default=None)


@dataclass(frozen=True, slots=True)
class PlatformEvent:
    """`data` is an instance of `DATA[event]`, or None for an event that we don't know."""

    event: str
    event_id: str
    ts: datetime
    grant_id: uuid.UUID
    platform_bonus_id: str | None
    data: Any = field(default=None)


def parse(body: bytes) -> PlatformEvent:
    """Raises `MalformedEvent`."""
    try:
        envelope = _Envelope.model_validate_json(body)
        schema = DATA.get(envelope.event)
        data = None if schema is None else schema.model_validate(envelope.data or {})
    except ValidationError as error:
        raise MalformedEvent("The event is malformed.", **_by_field(error)) from error
    return PlatformEvent(
        event=envelope.event,
        event_id=envelope.event_id,
        ts=envelope.ts,
        grant_id=envelope.grant_id,
        platform_bonus_id=envelope.platform_bonus_id,
        data=data,
    )


def _by_field(error: ValidationError) -> dict[str, str]:
    prefix = "" if error.title == _Envelope.__name__ else "data"
    found: dict[str, str] = {}
    for problem in error.errors():
        path = ".".join(part for part in (prefix, *map(str, problem["loc"])) if part)
        found[path or "body"] = problem["msg"]
    return found
