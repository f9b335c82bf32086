import uuid
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response
from structlog.contextvars import bind_contextvars

from bonuses.api.bodies import read
from bonuses.api.columns import selected
from bonuses.api.docs.grants import describe_grants
from bonuses.api.filters import GrantFilters
from bonuses.api.references import references_of
from bonuses.api.rows import GRANT_COLUMNS, TRANSITION_COLUMNS, grant_row, transition_row, values_of
from bonuses.api.serializers import CancelGrant, IssueGrant
from bonuses.api.viewsets import RowViewSet, api_cause
from bonuses.models import Grant, GrantTransition
from bonuses.services.cancel import cancel
from bonuses.services.issue import IssueRequest, issue
from bonuses.services.transition import GrantNotFound


@describe_grants
class GrantViewSet(RowViewSet):
    queryset = selected(Grant, GRANT_COLUMNS)
    columns = GRANT_COLUMNS
    row = grant_row
    filterset_class = GrantFilters
    permissions_needed: ClassVar = {
        "list": "bonuses.view_grant",
        "retrieve": "bonuses.view_grant",
        "transitions": "bonuses.view_grant",
        "create": "bonuses.issue_grant",
        "cancel": "bonuses.cancel_grant",
    }
    calls_out = frozenset({"create", "cancel"})

    def missing(self, pk: str) -> GrantNotFound:
        return GrantNotFound(pk)

    def id_of(self, text: str) -> uuid.UUID:
        grant_id = super().id_of(text)
        bind_contextvars(grant_id=str(grant_id))
        return grant_id

    def create(self, request: Request) -> Response:
        body = read(request, IssueGrant)
        asked = IssueRequest(
            template_id=body.template_id,
            player_id=body.player_id,
            granted_by_kind=body.granted_by_kind,
            granted_by_id=body.granted_by_id,
            deposit_amount=body.deposit_amount,
            loss_amount=body.loss_amount,
            currency_override=body.currency_override,
            meta=body.meta or {},
            fasttrack_references={**references_of(request), **(body.fasttrack_references or {})},
            request_key=getattr(request, "request_key", None),
        )
        grant = issue(request=asked, cause=api_cause(request))
        return Response(grant_row(values_of(grant)), status=201)

    def cancel(self, request: Request, pk: str) -> Response:
        grant_id = self.id_of(pk)
        body = read(request, CancelGrant, may_be_empty=True)
        is_repeat = getattr(request, "is_repeat", False)
        cancel(grant_id=grant_id, cause=api_cause(request), reason=body.reason or "", is_repeat=is_repeat)
        return Response(self.one(grant_id))

    def transitions(self, request: Request, pk: str) -> Response:
        grant_id = self.id_of(pk)
        found = list(GrantTransition.objects.filter(grant=grant_id).order_by("seq").values(*TRANSITION_COLUMNS))
        if not found:
            self.one(grant_id)
        return self.get_paginated_response([transition_row(change) for change in found])
