from typing import Any

from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError


class StrictFilterBackend(DjangoFilterBackend):
    """A value that a filter can't use is refused, never ignored; an empty one does not filter."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        kind = self.get_filterset_class(view, queryset)
        # The form behind a filterset costs as much as the query of a page, so it is built only when it is asked.
        if kind is None or not any(request.query_params.get(name) for name in kind.base_filters):
            return queryset
        filterset = kind(**self.get_filterset_kwargs(request, queryset, view))
        if not filterset.is_valid():
            raise ValidationError({name: messages[0] for name, messages in filterset.errors.items()})
        return filterset.qs
