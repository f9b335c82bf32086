from typing import Any
from urllib.parse import unquote_to_bytes

from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError


class StrictFilterBackend(DjangoFilterBackend):
    """A value that a filter can't use is refused, never ignored; an empty one does not filter."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        _check_query(request)
        kind = self.get_filterset_class(view, queryset)
        # The form behind a filterset costs as much as the query of a page, so it is built only when it is asked.
        if kind is None or not any(request.query_params.get(name) for name in kind.base_filters):
            return queryset
        filterset = kind(**self.get_filterset_kwargs(request, queryset, view))
        if not filterset.is_valid():
            raise ValidationError({name: messages[0] for name, messages in filterset.errors.items()})
        return filterset.qs


def _check_query(request: Any) -> None:
    """The framework would put in characters for bytes that are none, and take the last of several values."""
    try:
        unquote_to_bytes(request.META.get("QUERY_STRING", "").encode("latin-1")).decode()
    except UnicodeDecodeError:
        raise ValidationError({"query": "Must be UTF-8."}) from None
    repeated = [name for name, values in request.query_params.lists() if len(values) > 1]
    if repeated:
        raise ValidationError(dict.fromkeys(repeated, "Must be given once."))
