import uuid

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from campaigns.lifecycle import Status
from campaigns.models import Campaign, Chunk


def finish(*campaign_ids: uuid.UUID) -> None:
    """Close those of them that have nobody pending. Nobody ever becomes pending again, so one look is enough."""
    waiting = Chunk.objects.filter(campaign=OuterRef("pk"), pending__gt=0)
    through = Campaign.objects.filter(
        ~Exists(waiting), pk__in=campaign_ids, finished_at=None, snapshot_at__isnull=False
    )
    through.filter(status=Status.ISSUING).update(status=Status.ISSUED, finished_at=Now(), updated_at=Now())
    through.filter(status=Status.CANCELLED).update(finished_at=Now(), updated_at=Now())
