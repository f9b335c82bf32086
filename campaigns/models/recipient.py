from typing import ClassVar

from django.db import models
from django.db.models import Index, UniqueConstraint

from bonuses.models import Player
from campaigns.lifecycle import Outcome
from campaigns.models.campaign import Campaign


class Recipient(models.Model):
    """A player of a campaign's audience, as it was when issuing began, and what has become of the bonus."""

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="recipients", db_index=False)
    number = models.PositiveIntegerField(help_text="From 0, in the order of the players' ids; chunks are cut by it.")
    # No index of its own: it would cost a tenth of a large snapshot, and the unique one below begins with it.
    player = models.ForeignKey(Player, on_delete=models.PROTECT, related_name="+", db_index=False)
    status = models.CharField(
        max_length=7, choices=[(o.value, o.value) for o in Outcome], default=Outcome.PENDING.value
    )
    reason = models.CharField(max_length=100, blank=True, help_text="Code of a skip, or the platform's of a failure.")
    message = models.CharField(max_length=500, blank=True)
    grant_id = models.UUIDField(null=True)

    class Meta:
        ordering = ("campaign", "number")
        constraints: ClassVar = [
            UniqueConstraint(fields=["player", "campaign"], name="recipient_once_a_campaign"),
            UniqueConstraint(fields=["campaign", "number"], name="recipient_numbered"),
        ]
        indexes: ClassVar = [Index(fields=["campaign", "status", "number"], name="recipient_by_status")]

    def __str__(self) -> str:
        return f"{self.campaign_id}/{self.number}"
