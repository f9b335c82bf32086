"""What a platform reports, by event, and what it is answered."""

from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, create_model

from bonuses.api.docs.scalars import Choice, GrantStatus, Id, Moment, Shape
from bonuses.webhook_events import DATA, Bet, Data, NoData, RevertedBet, Word

UnknownName = Annotated[
    str, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 200, "not": {"enum": sorted(DATA)}})
]


class PlatformEventShape(Shape):
    event_id: Word
    ts: Moment
    grant_id: Id
    platform_bonus_id: Word | None = None


class UnknownEvent(PlatformEventShape):
    """An event we don't know is received and not applied."""

    event: UnknownName
    data: dict[str, Any] | None = None


def _needs(*choices: tuple[str, ...]) -> dict[str, Any]:
    return {
        "anyOf": [
            {"required": list(names), "properties": {name: {"type": ["integer", "string"]} for name in names}}
            for names in choices
        ]
    }


NEEDS = {
    Bet: _needs(("wagering_progress",), ("total_wagered",), ("bet_amount", "game_category")),
    RevertedBet: _needs(("bet_id",), ("bet_amount", "game_category")),
}


def _variant(event: str, data: type[Data]) -> type[Shape]:
    name = "".join(part.capitalize() for part in event.replace(".", "_").split("_")) + "Event"
    must_be_there = any(field.is_required() for field in data.model_fields.values()) or data in NEEDS
    kind: Any = dict[str, Any] if data is NoData else data
    if data in NEEDS:
        kind = Annotated[kind, Field(json_schema_extra=NEEDS[data])]
    fields: dict[str, Any] = {
        "event": (Literal[event], ...),
        "data": (kind, ...) if must_be_there else (kind | None, None),
    }
    return create_model(
        name,
        __base__=PlatformEventShape,
        **fields,
    )


VARIANTS: list[Any] = [_variant(event, data) for event, data in DATA.items()]


ANY_EVENT: Any = reduce(or_, [*VARIANTS, UnknownEvent])
PlatformEvent = create_model(
    "PlatformEvent",
    __base__=Choice,
    __doc__="A platform's report. `platform_bonus_id` and `data` may be null or absent; unknown keys are ignored.",
    root=(ANY_EVENT, ...),
)


class Received(Shape):
    """Outside the envelope."""

    received: Literal[True]
    applied: bool
    new_status: GrantStatus
