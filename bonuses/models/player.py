from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Index, Q

from integrations.ids import new_id


class PlayerStatus(models.TextChoices):
    ACTIVE = "active"
    SELF_EXCLUDED = "self_excluded", "self-excluded"
    BONUS_BLOCKED = "bonus_blocked", "bonus blocked"
    BANNED = "banned"


class Player(models.Model):
    """A player as the operator's systems describe them. Amounts are minor units of `currency`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    external_id = models.CharField(max_length=200, unique=True)
    currency = models.CharField(max_length=10)
    origin = models.CharField(max_length=200, help_text="The brand the player plays on.")
    status = models.CharField(max_length=16, choices=PlayerStatus, default=PlayerStatus.ACTIVE)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 alpha-2.")
    total_deposited = models.BigIntegerField(default=0)
    net_loss = models.BigIntegerField(default=0, help_text="Over the last cashback window the operator reported.")
    attributes = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes: ClassVar = [
            Index(fields=["-created_at", "-id"], name="player_newest_first"),
            # Few are not active, and their live grants are looked for.
            Index(fields=["status"], condition=~Q(status="active"), name="player_not_active"),
            # For segments: few players deposit much, and few have a certain attribute.
            Index(fields=["total_deposited"], name="player_by_deposits"),
            GinIndex(fields=["attributes"], opclasses=["jsonb_path_ops"], name="player_by_attributes"),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def may_be_granted(self) -> bool:
        return self.status == PlayerStatus.ACTIVE
