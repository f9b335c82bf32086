from typing import Any, ClassVar

from django.db.models import Case, Count, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce
from rest_framework.request import Request
from rest_framework.response import Response

from bonuses.api.bodies import read
from bonuses.api.columns import selected
from bonuses.api.rows import PLAYER_COLUMNS, player_row
from bonuses.api.viewsets import RowViewSet
from campaigns.api.docs.segments import describe_segments
from campaigns.api.segment_bodies import ChangeSegment, CreateSegment
from campaigns.api.segment_filters import SegmentFilters
from campaigns.api.serializers import NoFields
from campaigns.models import Segment, SegmentMember
from campaigns.models.segment import SegmentKind
from campaigns.segments import players_of
from campaigns.services.change_segment import change_segment
from campaigns.services.create_segment import create_segment
from campaigns.services.errors import SegmentNotFound
from campaigns.services.remove_segment import remove_segment

COLUMNS = ("id", "name", "kind", "rules", "created_at", "updated_at")
SAMPLE = 10
MEMBERS = SegmentMember.objects.filter(segment=OuterRef("pk")).values("segment").annotate(n=Count("pk")).values("n")
MEMBER_COUNT = Case(When(kind=SegmentKind.LIST, then=Coalesce(Subquery(MEMBERS), Value(0))))


def segment_row(found: dict[str, Any]) -> dict[str, Any]:
    return found


@describe_segments
class SegmentViewSet(RowViewSet):
    queryset = selected(Segment, COLUMNS).annotate(member_count=MEMBER_COUNT)
    columns = (*COLUMNS, "member_count")
    row = segment_row
    filterset_class = SegmentFilters
    max_body_bytes = 4 * 1024 * 1024
    permissions_needed: ClassVar = {
        "list": "campaigns.view_segment",
        "retrieve": "campaigns.view_segment",
        "preview": ("campaigns.view_segment", "bonuses.view_player"),
        "create": "campaigns.add_segment",
        "partial_update": "campaigns.change_segment",
        "destroy": "campaigns.delete_segment",
    }
    changes_nothing = frozenset({"preview"})

    def missing(self, pk: str) -> SegmentNotFound:
        return SegmentNotFound(pk)

    def create(self, request: Request) -> Response:
        segment = create_segment(**read(request, CreateSegment).model_dump())
        return Response(self.one(segment.pk), status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        segment_id = self.id_of(pk)
        change_segment(segment_id=segment_id, changes=read(request, ChangeSegment).model_dump(exclude_unset=True))
        return Response(self.one(segment_id))

    def destroy(self, request: Request, pk: str) -> Response:
        remove_segment(segment_id=self.id_of(pk))
        return Response(status=204)

    def preview(self, request: Request, pk: str) -> Response:
        segment = Segment.objects.filter(pk=self.id_of(pk)).first()
        if segment is None:
            raise self.missing(pk)
        read(request, NoFields, may_be_empty=True)
        players = players_of(segment)
        sample = players.order_by("-created_at", "-id").values(*PLAYER_COLUMNS)[:SAMPLE]
        return Response({"count": players.count(), "sample": [player_row(found) for found in sample]})
