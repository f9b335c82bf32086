"""What the lists and the single rows of this API have in common."""

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from bonuses.api.bodies import as_uuid
from bonuses.lifecycle import Cause, CauseKind
from integrations.errors import DomainError

Row = dict[str, Any]


class RowViewSet(GenericViewSet[Any]):
    """Rows straight from `.values()` to JSON: a page of 50 costs less than one model serializer's set-up."""

    http_method_names = ("get", "head", "post", "patch", "delete")
    columns: ClassVar[tuple[str, ...]]
    """What `row` needs, the key of the list among it."""
    row: ClassVar[Callable[[Row], Row]]
    permissions_needed: ClassVar[dict[str, str | tuple[str, ...]]]
    """By action; of several all are needed."""

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.rows())) or []
        return self.get_paginated_response([type(self).row(found) for found in page])

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.one(self.id_of(pk)))

    def rows(self) -> QuerySet[Any, Any]:
        return self.get_queryset().values(*self.columns)

    def one(self, pk: uuid.UUID) -> Row:
        found = self.rows().filter(pk=pk).first()
        if found is None:
            raise self.missing(str(pk))
        return type(self).row(found)

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
