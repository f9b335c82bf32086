from typing import ClassVar

from django.db import models
from django.db.models import Index, Q
from django.utils import timezone

from bonuses.models.grant import Grant


class Drift(models.Model):
    """The platform and we disagree about a grant, and a person should look."""

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="drifts")
    kind = models.CharField(max_length=40)
    ours = models.CharField(max_length=100, blank=True)
    theirs = models.CharField(max_length=100, blank=True)
    seen_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-seen_at",)
        indexes: ClassVar = [Index(fields=["-seen_at"], condition=Q(resolved_at__isnull=True), name="drift_open")]

    def __str__(self) -> str:
        return f"{self.kind}: ours {self.ours}, theirs {self.theirs}"
