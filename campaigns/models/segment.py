from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Index, Q, QuerySet, UniqueConstraint

from bonuses.models import Player
from integrations.ids import new_id


class SegmentKind(models.TextChoices):
    RULES = "rules"
    LIST = "list", "fixed list"


class SegmentManager(models.Manager["Segment"]):
    """Those that were not removed; a campaign still finds the one it was made from."""

    def get_queryset(self) -> "QuerySet[Segment]":
        return super().get_queryset().filter(removed_at__isnull=True)


class Segment(models.Model):
    """A set of players: those that rules choose at the moment of asking, or a fixed list."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=5, choices=SegmentKind)
    rules = models.JSONField(null=True, blank=True)
    members_version = models.PositiveIntegerField(default=0, editable=False, help_text="Raised when the list changes.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    removed_at = models.DateTimeField(
        null=True, editable=False, help_text="Kept for the campaigns that were made from it."
    )

    objects = SegmentManager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes: ClassVar = [Index(fields=["-created_at", "-id"], name="segment_newest_first")]
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(kind="rules", rules__isnull=False) | Q(kind="list", rules__isnull=True),
                name="segment_has_rules_or_list",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SegmentMember(models.Model):
    """A player on a fixed list."""

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="members", db_index=False)
    player = models.ForeignKey(Player, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["segment", "player"], name="segment_lists_player_once")]

    def __str__(self) -> str:
        return f"{self.segment_id}: {self.player_id}"
