"""The document: generated from the code by `make openapi`, committed, and served as it was committed."""

# The library is typed, but not to the last function.
# mypy: disable-error-code="no-untyped-call"

from functools import cache
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from bonusdesk.api.errors import STATUS
from bonusdesk.api.openapi import errors
from bonusdesk.api.openapi.components import HEADERS, PARAMETERS, SCHEMAS

COMMITTED = Path(settings.BASE_DIR) / "docs" / "openapi.json"


@cache
def document() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


@cache
def as_served() -> bytes:
    """As it was committed: a test sees to it that this is what the code says."""
    return orjson.dumps(orjson.loads(COMMITTED.read_bytes()))


def as_committed() -> bytes:
    return orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def add_components(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """What operations refer to by name. A hook of the generator, which itself knows of models only."""
    codes = _codes(result["paths"])
    components = result["components"]
    components["schemas"] |= SCHEMAS | {errors.schema_name(code): errors.schema(code) for code in codes}
    components["parameters"] = PARAMETERS
    components["headers"] = HEADERS
    components["responses"] = {code: errors.response(STATUS[code], [code]) for code in codes}
    components["examples"] = {code: errors.example(code) for code in codes}
    result["components"] = {kind: dict(sorted(found.items())) for kind, found in sorted(components.items())}
    return result


def _codes(paths: dict[str, Any]) -> list[str]:
    """Those that any operation may answer with."""
    written = orjson.dumps(paths).decode()
    return sorted(
        code
        for code in errors.ERRORS
        if f'components/responses/{code}"' in written or f'components/examples/{code}"' in written
    )
