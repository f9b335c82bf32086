import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from campaigns.models import Segment
from campaigns.models.segment import SegmentKind
from campaigns.rules import parse
from campaigns.services.errors import SegmentInvalid
from campaigns.services.members import add_members
from integrations.ids import new_id


@transaction.atomic
def create_segment(
    *, name: str, rules: Any = None, external_ids: Sequence[str] | None = None, segment_id: uuid.UUID | None = None
) -> Segment:
    """Make a segment of rules, or a fixed list of the players with these ids: one of the two.

    Raises `RulesInvalid`, and `SegmentInvalid`, which names each id that no player has: `external_ids.17`.
    """
    if (rules is None) == (external_ids is None):
        raise SegmentInvalid("A segment has rules or a fixed list.", rules="Give either rules or external_ids.")
    pk = segment_id or new_id()
    if external_ids is None:
        parse(rules)
        return Segment.objects.create(pk=pk, name=name, kind=SegmentKind.RULES, rules=rules)
    segment = Segment.objects.create(pk=pk, name=name, kind=SegmentKind.LIST)
    add_members(segment, external_ids)
    return segment
