from typing import ClassVar

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils import timezone


class EventKind(models.TextChoices):
    BONUS = "BONUS"
    CUSTOM = "CUSTOM"


class OutgoingEvent(models.Model):
    """One event for one sink. It is pending until `delivered_at` or `skipped_at` is set; `parked_at` holds it back."""

    id = models.BigAutoField(primary_key=True)
    sink = models.CharField(max_length=16)
    event_id = models.UUIDField()
    key = models.CharField(max_length=100, help_text="<life>:<status>[:<step>]")
    kind = models.CharField(max_length=8, choices=EventKind)
    status = models.CharField(max_length=32, help_text="Event status, or the notification type of a CUSTOM event.")
    grant_id = models.UUIDField(help_text="Events of one grant go out in order.")
    user_id = models.CharField(max_length=200)
    body = models.TextField(help_text="The JSON that is sent, byte for byte, however often.")
    created_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)
    parked_at = models.DateTimeField(null=True, blank=True)
    skipped_at = models.DateTimeField(null=True, blank=True)
    skipped_by = models.CharField(max_length=200, blank=True)
    skip_reason = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            UniqueConstraint(fields=["sink", "event_id"], name="event_created_once_per_sink"),
            # Begins with the grant, so that it also finds the events of one.
            UniqueConstraint(fields=["grant_id", "key", "sink"], name="one_event_per_status_and_life"),
        ]
        indexes: ClassVar = [
            # Both hold few rows, so they stay small however long the history grows. No row is in both, so that a
            # planner without statistics, as after a burst of events, can't take the one for the other.
            Index(
                fields=["sink", "id"],
                condition=Q(delivered_at__isnull=True, skipped_at__isnull=True, parked_at__isnull=True),
                name="event_pending",
            ),
            Index(
                fields=["sink", "grant_id", "id"],
                condition=Q(delivered_at__isnull=True, skipped_at__isnull=True, parked_at__isnull=False),
                name="event_parked",
            ),
            # Few, and looked for: filters of the list.
            Index(fields=["-id"], condition=Q(skipped_at__isnull=False), name="event_skipped"),
            Index(fields=["-id"], condition=Q(kind="CUSTOM"), name="event_custom"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status} of {self.grant_id}"


class SinkState(models.Model):
    """Who delivers to a sink just now, and how it goes. Every progress write names the `epoch` it was leased under."""

    sink = models.CharField(max_length=16, primary_key=True)
    owner = models.CharField(max_length=100, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    epoch = models.BigIntegerField(default=0, db_default=0)
    failures = models.PositiveIntegerField(default=0, help_text="Rounds in a row that met trouble.")
    not_before = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=1000, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    last_delivered_at = models.DateTimeField(null=True, blank=True)
    delivered = models.BigIntegerField(default=0, db_default=0, help_text="Events it has taken so far.")
    refused = models.BigIntegerField(default=0, db_default=0, help_text="Times it refused an event for good.")
    troubles = models.BigIntegerField(default=0, db_default=0, help_text="Times an event met trouble.")
    in_flight = models.JSONField(null=True, blank=True, help_text="The batch being sent, for sinks that note it.")
    in_flight_since = models.DateTimeField(null=True, blank=True, help_text="When it was noted.")
    halted_at = models.DateTimeField(null=True, blank=True, help_text="Since when it waits for a person's decision.")
    halt_reason = models.CharField(max_length=1000, blank=True, db_default="")
    paused_at = models.DateTimeField(null=True, blank=True, help_text="Since when a person wants nothing sent.")
    paused_by = models.CharField(max_length=200, blank=True, db_default="")
    pause_reason = models.CharField(max_length=500, blank=True, db_default="")

    class Meta:
        ordering = ("sink",)

    def __str__(self) -> str:
        return self.sink
