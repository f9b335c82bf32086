import uuid

from django.db import transaction
from django.utils import timezone

from campaigns.lifecycle import ENDED
from campaigns.models import Campaign
from campaigns.services.change_segment import lock_segment
from campaigns.services.errors import SegmentInUse
from campaigns.services.members import remove_members

MAX_NAMED = 10


@transaction.atomic
def remove_segment(*, segment_id: uuid.UUID) -> None:
    """Delete a segment; of one that a campaign was made from, the row alone stays, for the campaign to name.

    Raises `SegmentNotFound`, and `SegmentInUse` while a campaign that has not ended uses it.
    """
    segment = lock_segment(segment_id)
    campaigns = Campaign.objects.filter(segment=segment)
    unended = campaigns.exclude(status__in=ENDED).order_by("pk").values_list("pk", flat=True)
    if found := [str(pk) for pk in unended[:MAX_NAMED]]:
        raise SegmentInUse("A campaign that has not ended uses the segment.", campaigns=found)
    remove_members(segment)
    if campaigns.exists():
        segment.removed_at = timezone.now()
        segment.save(update_fields=["removed_at"])
        return
    segment.delete()
