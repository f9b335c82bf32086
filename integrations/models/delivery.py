from typing import ClassVar

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils import timezone

from integrations.ids import new_id
from integrations.models.adapter import Adapter


class DeliveryOutcome(models.TextChoices):
    APPLIED = "applied"
    NOT_APPLIED = "not_applied", "not applied"
    """Taken, but the state no longer allows it, or the event is unknown to us."""
    EARLY = "early"
    """Taken, and kept until the change it builds on has arrived."""
    REPLAY = "replay"
    UNKNOWN_GRANT = "unknown_grant", "unknown grant"
    MALFORMED = "malformed"
    FAILED = "failed"
    """It met an error of ours. The platform was told so and will send it again, or a person applies it."""


class WebhookDelivery(models.Model):
    """An authenticated webhook as it arrived. `dedup_key` is the event id of the delivery that counted, else NULL."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    adapter = models.ForeignKey(Adapter, on_delete=models.PROTECT, related_name="deliveries")
    event_id = models.CharField(max_length=200, blank=True)
    dedup_key = models.CharField(max_length=200, null=True, editable=False)  # noqa: DJ001  NULLs do not collide
    event = models.CharField(max_length=64, blank=True)
    grant_id = models.UUIDField(null=True)
    body = models.TextField()
    headers = models.JSONField(default=dict)
    outcome = models.CharField(max_length=16, choices=DeliveryOutcome)
    detail = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        ordering = ("-received_at", "-id")
        constraints: ClassVar = [UniqueConstraint(fields=["adapter", "dedup_key"], name="webhook_event_counted_once")]
        indexes: ClassVar = [
            Index(fields=["grant_id", "received_at"], name="delivery_by_grant"),
            Index(fields=["-received_at", "-id"], name="delivery_newest_first"),
            # Few, and looked for: a filter of the list.
            Index(
                fields=["outcome", "-received_at", "-id"],
                condition=~Q(outcome="applied"),
                name="delivery_not_applied",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event or 'unreadable'} {self.event_id}"
