"""The kinds of values that answers hold. What a caller may send is in `bonuses.api.bodies` and is read strictly."""

import uuid
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, RootModel, WithJsonSchema

from bonuses.lifecycle import CauseKind
from bonuses.money import MAX_MINOR

Kind = TypeVar("Kind")


DESCRIBED_ONLY = ConfigDict(defer_build=True)
"""For models that nothing is ever read with: building their validators would only hold up the start."""


class Shape(BaseModel):
    """Part of an answer."""

    model_config = DESCRIBED_ONLY


class Choice(RootModel[Kind]):
    """One of several shapes."""

    model_config = DESCRIBED_ONLY


Id = Annotated[uuid.UUID, WithJsonSchema({"type": "string", "format": "uuid"})]
Moment = Annotated[
    datetime, WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2025-01-31T12:00:00Z"]})
]
Text = Annotated[str, WithJsonSchema({"type": "string"})]
Minor = Annotated[int, Field(ge=0, le=MAX_MINOR)]
SignedMinor = Annotated[int, Field(ge=-MAX_MINOR, le=MAX_MINOR)]
CurrencyCode = Annotated[str, WithJsonSchema({"x-ref": "Currency"})]
DecimalText = Annotated[
    str, WithJsonSchema({"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$", "examples": ["0.9217"]})
]
GrantStatus = Annotated[str, WithJsonSchema({"x-ref": "GrantStatus"})]
CauseName = Annotated[str, WithJsonSchema({"type": "string", "enum": [cause.value for cause in CauseKind]})]
AnyObject = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": True})]
