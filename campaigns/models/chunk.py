from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from campaigns.models.campaign import Campaign

SIZE = 1000
"""Recipients in a chunk; the last one may have fewer."""


class Chunk(models.Model):
    """The recipients `number * SIZE` and following of a campaign: what one worker takes under a lease, and counts.

    Its row is locked by whoever changes its recipients, so that the counters are exact: they are its own, and a
    campaign's are their sum.
    """

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    untouched = models.PositiveIntegerField(help_text="Pending ones for whom no grant has been promised yet.")
    pending = models.PositiveIntegerField()
    granted = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    leased_by = models.CharField(max_length=100, blank=True)
    leased_until = models.DateTimeField(null=True)
    epoch = models.PositiveIntegerField(default=0, help_text="Raised by whoever takes the lease.")
    not_before = models.DateTimeField(null=True, help_text="The platform wants to be left alone until then.")

    class Meta:
        ordering = ("campaign", "number")
        constraints: ClassVar = [
            UniqueConstraint(fields=["campaign", "number"], name="chunk_numbered"),
            CheckConstraint(condition=Q(untouched__lte=F("pending")), name="chunk_untouched_are_pending"),
        ]
        indexes: ClassVar = [
            Index(fields=["campaign", "number"], condition=Q(untouched__gt=0), name="chunk_untouched"),
            Index(fields=["campaign", "number"], condition=Q(pending__gt=0), name="chunk_pending"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}/{self.number}"
