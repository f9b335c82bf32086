"""A cancelled campaign: whoever has not been promised anything is skipped."""

import time

from django.db import transaction
from django.db.models import F

from campaigns.fanout.settle import lock_chunk, recipients_of
from campaigns.lifecycle import Outcome
from campaigns.models import Campaign, Chunk

REASON = "CAMPAIGN_CANCELLED"
MESSAGE = "The campaign was cancelled first."


def skip_untouched(campaign: Campaign, *, until: float) -> bool:
    """Whether there is more to do than there was time for."""
    chunks = Chunk.objects.filter(campaign=campaign, untouched__gt=0).order_by("number")
    for chunk_id in chunks.values_list("pk", flat=True).iterator():
        if time.monotonic() >= until:
            return True
        _skip(chunk_id)
    return False


@transaction.atomic(durable=True)
def _skip(chunk_id: int) -> None:
    # Whoever is in the middle of a promise finishes it first; those promised one are no longer untouched.
    chunk = lock_chunk(chunk_id)
    untouched = recipients_of(chunk).order_by().filter(status=Outcome.PENDING, grant_id__isnull=True)
    skipped = untouched.update(status=Outcome.SKIPPED, reason=REASON, message=MESSAGE)
    Chunk.objects.filter(pk=chunk_id).update(
        untouched=F("untouched") - skipped, pending=F("pending") - skipped, skipped=F("skipped") + skipped
    )
