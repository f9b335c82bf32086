"""Reading request bodies: strict types (the text "5" is not 5, true is not 1), and no unknown fields."""

import re
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from rest_framework import exceptions
from rest_framework.request import Request

from bonuses.money import MAX_MINOR
from integrations.currencies import is_known

UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
NO_TIME = "Must be an RFC 3339 time with its offset, such as 2025-01-31T12:00:00Z."
JSON_TYPE = "application/json"

SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "Unknown field.",
    "model_type": "Must be an object.",
    "dict_type": "Must be an object.",
}

Model = TypeVar("Model", bound=BaseModel)


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


def as_uuid(text: str) -> uuid.UUID | None:
    """An id in its usual form, else None; Python itself takes braces, URNs and missing hyphens too."""
    return uuid.UUID(text) if UUID_FORM.fullmatch(text) else None


def as_moment(text: str) -> datetime | None:
    """A time with its offset, in UTC; else None."""
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC) if RFC_3339.fullmatch(text) else None
    except (ValueError, OverflowError):
        return None


def _id(value: Any) -> uuid.UUID:
    found = as_uuid(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("id", "Must be a UUID.")
    return found


def _moment(value: Any) -> datetime:
    found = as_moment(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("moment", NO_TIME)
    return found


def _known_currency(value: Any) -> Any:
    if isinstance(value, str) and not is_known(value):
        raise PydanticCustomError("currency", "Not a currency code we know, such as EUR.")
    return value


Id = Annotated[uuid.UUID, BeforeValidator(_id, json_schema_input_type=uuid.UUID)]
Moment = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=datetime)]
Currency = Annotated[
    str,
    BeforeValidator(_known_currency, json_schema_input_type=str),
    Field(json_schema_extra={"x-ref": "Currency"}),
]
Amount = Annotated[int, Field(ge=1, le=MAX_MINOR)]
AmountOrZero = Annotated[int, Field(ge=0, le=MAX_MINOR)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]


def read(request: Request, model: type[Model], *, may_be_empty: bool = False) -> Model:
    """The validated body; raises what becomes 400, 413, 415 or a 422 that names each bad field."""
    if not may_be_empty or "Transfer-Encoding" in request.headers:
        _refuse_empty(request)
    try:
        return model.model_validate(request.data)
    except ValidationError as error:
        raise exceptions.ValidationError(faults(error)) from None


def faults(error: ValidationError) -> dict[str, str]:
    """Field path → what is wrong, one sentence each."""
    return {".".join(map(str, fault["loc"])) or "body": _sentence(fault) for fault in error.errors()}


def _refuse_empty(request: Request) -> None:
    """The framework takes a body without a Content-Length for an empty object, and never looks at its type."""
    if request.META.get("CONTENT_LENGTH") not in {None, "", "0"}:
        return
    if request.content_type and not request.content_type.lower().startswith(JSON_TYPE):
        raise exceptions.UnsupportedMediaType(request.content_type)
    raise exceptions.ParseError("The body is empty, or came without a Content-Length.")


def _sentence(fault: ErrorDetails) -> str:
    text = SENTENCES.get(fault["type"], fault["msg"].replace("Input should be", "Must be"))
    return text if text.endswith(".") else f"{text}."
