"""Campaigns that have begun, with recipients and the chunks that count them, without a fan-out."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from bonuses.tests.factories import PlayerFactory, TemplateFactory
from campaigns.models import Campaign, Chunk, Recipient
from campaigns.models.chunk import SIZE
from campaigns.tests.factories import CampaignFactory


def begun(status: str = "issuing", **fields: Any) -> Campaign:
    """Under the terms that its template has now."""
    template = fields.pop("template", None) or TemplateFactory()
    campaign: Campaign = CampaignFactory(
        template=template, revision=template.revision, status=status, issued_at=timezone.now(), **fields
    )
    return campaign


def with_recipients(campaign: Campaign, statuses: Sequence[str]) -> list[Recipient]:
    """One for each status, in their order, and the chunks that count them."""
    made = [
        Recipient(campaign=campaign, number=number, player=PlayerFactory(), status=status)
        for number, status in enumerate(statuses)
    ]
    Recipient.objects.bulk_create(made)
    for start in range(0, len(made), SIZE):
        counts = Counter(statuses[start : start + SIZE])
        Chunk.objects.create(campaign=campaign, number=start // SIZE, untouched=0, **{"pending": 0, **counts})
    return made
