"""Query parameters of the lists: what `bonusdesk.api.filters` and `bonusdesk.api.pagination` take."""

# The library is typed, but not to the last function.
# mypy: disable-error-code="no-untyped-call"

from typing import Any

import django_filters
from drf_spectacular.extensions import OpenApiFilterExtension

from bonusdesk.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from bonuses.api.filters import IdFilter, TimeFilter

UUID_OR_EMPTY = r"^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$"
NO_NUL = r"^[^\x00]*$"
EMPTY = {"type": "string", "maxLength": 0}

CURSOR = {
    "name": "cursor",
    "in": "query",
    "description": "`meta.next_cursor` of the page before, as it was given; empty or absent: the first page.",
    "schema": {"type": "string"},
}
LIMIT = {
    "name": "limit",
    "in": "query",
    "description": "Rows on a page.",
    "schema": {
        "anyOf": [{"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}, EMPTY],
        "default": DEFAULT_LIMIT,
    },
}


class FilterParameters(OpenApiFilterExtension):
    target_class = "bonusdesk.api.filters.StrictFilterBackend"
    priority = 1

    def get_schema_operation_parameters(self, auto_schema: Any, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
        words = auto_schema.get_extensions()["x-filters"]
        filters = auto_schema.view.filterset_class.base_filters
        return [
            {"name": name, "in": "query", "description": words[name], "schema": _schema(kind)}
            for name, kind in filters.items()
        ]


def _schema(kind: django_filters.Filter) -> dict[str, Any]:
    """Empty is always allowed."""
    if isinstance(kind, IdFilter):
        return {"type": "string", "pattern": UUID_OR_EMPTY}
    if isinstance(kind, TimeFilter):
        return {"anyOf": [{"type": "string", "format": "date-time"}, EMPTY]}
    if isinstance(kind, django_filters.ChoiceFilter):
        return {"type": "string", "enum": [*(choice for choice, _ in kind.extra["choices"]), ""]}
    return {"type": "string", "pattern": NO_NUL}
