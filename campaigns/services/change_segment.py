import uuid
from typing import Any

from django.db import transaction

from campaigns.models import Segment
from campaigns.models.segment import SegmentKind
from campaigns.rules import parse
from campaigns.services.errors import SegmentInvalid, SegmentNotFound
from campaigns.services.members import add_members, remove_members

WRONG_KIND = {
    SegmentKind.RULES: ("external_ids", "This segment has rules; make another one for a list."),
    SegmentKind.LIST: ("rules", "This segment is a fixed list; make another one for rules."),
}


@transaction.atomic
def change_segment(*, segment_id: uuid.UUID, changes: dict[str, Any]) -> Segment:
    """Change what is named: `name`, and `rules` or, replaced as a whole, `external_ids`. The kind can't be changed.

    A campaign that has taken its snapshot keeps its audience. Raises `SegmentNotFound`, `RulesInvalid` and
    `SegmentInvalid`.
    """
    segment = lock_segment(segment_id)
    field, message = WRONG_KIND[SegmentKind(segment.kind)]
    if field in changes:
        raise SegmentInvalid(message, **{field: message})
    if "rules" in changes:
        parse(changes["rules"])
    if "external_ids" in changes:
        remove_members(segment)
        add_members(segment, changes["external_ids"])
        segment.members_version += 1
    written = {name: value for name, value in changes.items() if name != "external_ids"}
    for name, value in written.items():
        setattr(segment, name, value)
    segment.save(update_fields=[*written, "members_version", "updated_at"])
    return segment


def lock_segment(segment_id: uuid.UUID) -> Segment:
    """The row as it is now, and nobody else's until the transaction ends. A campaign that is to use it asks here.

    Raises `SegmentNotFound`, also for one that was removed.
    """
    segment = Segment.objects.select_for_update().filter(pk=segment_id).first()
    if segment is None:
        raise SegmentNotFound(segment_id)
    return segment
