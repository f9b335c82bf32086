"""Request bodies: JSON objects of a bounded size, holding nothing that could not be stored and given back."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from django.http import UnreadablePostError
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser

from integrations.errors import DomainError

MAX_BYTES = 1024 * 1024
"""A view with lists or batches says `max_body_bytes` itself."""
MAX_DEPTH = 64
MAX_NUMBER = 2**53 - 1
"""Beyond it JSON readers disagree about a number's value."""


Path = tuple[Any, ...]
"""Empty, or the path of what holds it and a key: to write each one out would let a long key fill the memory."""


class BodyUnreadable(DomainError):
    code = "INVALID_JSON"


class PayloadTooLarge(DomainError):
    code = "PAYLOAD_TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit} bytes.", max_bytes=limit)


class JSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, Any]:
        context = parser_context or {}
        limit: int = getattr(context.get("view"), "max_body_bytes", MAX_BYTES)
        return load(_read(stream, limit, _declared_length(context.get("request"))))


def load(raw: bytes) -> dict[str, Any]:
    """Raises `BodyUnreadable`, and `ValidationError` for text and numbers that we could not keep as they are."""
    try:
        body = json.loads(raw.decode(), parse_constant=_refuse_constant, object_pairs_hook=_object)
    except UnicodeDecodeError:
        raise BodyUnreadable("The body is not UTF-8.") from None
    except RecursionError:
        raise BodyUnreadable("The body is nested too deeply.") from None
    except ValueError as error:
        raise BodyUnreadable(f"The body is not JSON: {error}.") from None
    if not isinstance(body, dict):
        raise BodyUnreadable("The body must be a JSON object.")
    _check(body)
    return body


def _declared_length(request: Any) -> int:
    declared = request.META.get("CONTENT_LENGTH", "") if request is not None else ""
    return int(declared) if str(declared).isdecimal() else 0


def _read(stream: Any, limit: int, declared: int) -> bytes:
    if declared > limit:
        raise PayloadTooLarge(limit)
    try:
        raw: bytes = stream.read(limit + 1)
    except UnreadablePostError:
        raise BodyUnreadable("The body could not be read to its end.") from None
    if len(raw) > limit:
        raise PayloadTooLarge(limit)
    if len(raw) < declared:
        # What came may well be whole JSON, and still not all that was meant.
        raise BodyUnreadable("The body ended before its Content-Length.")
    return raw


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object names the same key twice")
    return found


def _check(body: dict[str, Any]) -> None:
    # Level by level rather than recursively: the caller decides how deep it goes.
    level: list[tuple[Path, Any]] = [((), body)]
    for _ in range(MAX_DEPTH):
        level = [inner for path, value in level for inner in _inside(path, value)]
        if not level:
            return
    raise BodyUnreadable(f"The body is nested more than {MAX_DEPTH} levels deep.")


def _inside(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    """What an object or a list holds that may hold more; the rest is checked here."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in entries:
        if isinstance(key, str) and not _is_storable(key):
            raise ValidationError({_written(path) or "body": "A key holds a character that can't be stored."})
        if isinstance(inner, str):
            if not _is_storable(inner):
                raise ValidationError({_written((path, key)): "Holds a character that can't be stored."})
        elif isinstance(inner, int | float):
            if not -MAX_NUMBER <= inner <= MAX_NUMBER:
                raise ValidationError({_written((path, key)): f"Must be within ±{MAX_NUMBER}."})
        elif inner is not None:
            yield (path, key), inner


def _written(path: Path) -> str:
    keys = []
    while path:
        path, key = path
        keys.append(str(key))
    return ".".join(reversed(keys))


def _is_storable(text: str) -> bool:
    """No NUL, which PostgreSQL can't hold, and no half of a surrogate pair, which is not text."""
    if text.isascii():
        return "\x00" not in text
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
