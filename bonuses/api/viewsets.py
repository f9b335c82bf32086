"""What the lists and the single rows of this API have in common."""

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from bonuses.api.bodies import as_uuid
from bonuses.lifecycle import Cause, CauseKind
from integrations.errors import DomainError

Row = dict[str, Any]


class RowViewSet(GenericViewSet[Any]):
    """Rows straight from the database to JSON; `queryset` is `selected(model, columns)`."""

    http_method_names = ("get", "head", "post", "patch", "delete")
    columns: ClassVar[tuple[str, ...]]
    """What `row` needs, the key of the list among it."""
    row: ClassVar[Callable[[Row], Row]]
    permissions_needed: ClassVar[dict[str, str | tuple[str, ...]]]
    """By action; of several all are needed."""
    calls_out: ClassVar[frozenset[str]] = frozenset()
    """Actions that call the platform: no transaction may be held around them."""
    changes_nothing: ClassVar[frozenset[str]] = frozenset()
    """Actions that are a POST and only look: an Idempotency-Key means nothing to them."""

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response([self.shown(found) for found in page])

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.one(self.id_of(pk)))

    def one(self, pk: uuid.UUID) -> Row:
        for found in self.get_queryset().filter(pk=pk):
            return self.shown(found)
        raise self.missing(str(pk))

    def shown(self, found: tuple[Any, ...]) -> Row:
        return type(self).row(dict(zip(self.columns, found, strict=True)))

    def id_of(self, text: str) -> uuid.UUID:
        """The id in the address. What can't be one is not there, like any other that is not."""
        found = as_uuid(text)
        if found is None:
            raise self.missing(text)
        return found

    def missing(self, pk: str) -> DomainError:
        """What to raise when there is no such row."""
        raise NotImplementedError


def actor(request: Request) -> str:
    return str(request.user.get_username())


def api_cause(request: Request) -> Cause:
    return Cause(CauseKind.API, actor=actor(request))
