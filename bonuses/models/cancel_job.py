"""Many grants to be cancelled: who is meant, written down before it begins, and what became of each."""

from typing import ClassVar

from django.db import models
from django.db.models import Index, UniqueConstraint
from django.utils import timezone

from bonuses.models.grant import Grant
from integrations.ids import new_id


class JobStatus(models.TextChoices):
    DRAFT = "draft"
    """Chosen, and waiting for a person's word."""
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


class ItemOutcome(models.TextChoices):
    OPEN = "", "not touched"
    CANCELLED = "cancelled"
    WAITING = "waiting", "waits for the platform"
    """The wish is kept; the sweep carries it out."""
    REFUSED = "refused"
    ENDED = "ended", "had ended before"
    BROKEN = "broken", "went wrong"


class CancelJob(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    status = models.CharField(max_length=8, choices=JobStatus, default=JobStatus.DRAFT)
    selection = models.CharField("chosen", max_length=500, blank=True, help_text="How the grants were chosen.")
    total = models.PositiveIntegerField("grants", default=0)
    reason = models.CharField(max_length=500, blank=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    started_by = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=200, blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "cancellation"
        ordering = ("-created_at", "-id")
        # Who may look at grants may look at these, and who may cancel one may cancel many.
        default_permissions = ()
        indexes: ClassVar = [
            Index(fields=["-created_at", "-id"], name="cancel_job_newest_first"),
            Index(fields=["status", "created_at"], name="cancel_job_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.total} grants, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_running(self) -> bool:
        return self.status == JobStatus.RUNNING


class CancelItem(models.Model):
    """One grant of a job. Its row is claimed before the grant is touched, so that two workers never do the same."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(CancelJob, on_delete=models.CASCADE, related_name="items", db_index=False)
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="+", db_index=False)
    outcome = models.CharField(max_length=9, choices=ItemOutcome, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    tries = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        default_permissions = ()
        constraints: ClassVar = [UniqueConstraint(fields=["job", "grant"], name="grant_once_in_a_job")]
        indexes: ClassVar = [
            Index(fields=["job", "outcome", "id"], name="cancel_item_by_outcome"),
            Index(fields=["job", "id"], name="cancel_item_of_job"),
        ]

    def __str__(self) -> str:
        return f"{self.grant_id}: {self.get_outcome_display()}"
