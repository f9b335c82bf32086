from typing import Any, ClassVar, NoReturn

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q

from campaigns.models.campaign import Campaign


class Decision(models.TextChoices):
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class AppendOnlyQuerySet(models.QuerySet["Approval"]):
    def update(self, **kwargs: Any) -> NoReturn:
        _refuse_change()

    def delete(self) -> NoReturn:
        _refuse_change()


class Approval(models.Model):
    """What somebody has said of a campaign as it stood then. Never altered: the newest of a campaign's rows counts."""

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="approvals", db_index=False)
    decision = models.CharField(max_length=9, choices=Decision)
    by = models.CharField(max_length=200)
    created_by = models.CharField(max_length=200, blank=True, help_text="Who made the campaign.")
    at = models.DateTimeField(auto_now_add=True)
    hash = models.CharField(max_length=64, help_text="Of what was reviewed, and of the cost.")
    reviewed = models.JSONField()
    audience = models.PositiveIntegerField()
    cost = models.BigIntegerField(help_text="The cost shown. Base currency, minor units.")
    worst_cost = models.BigIntegerField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        default_permissions = ("view",)
        indexes: ClassVar = [Index(fields=["campaign", "-id"], name="approval_newest_first")]
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(decision=Decision.WITHDRAWN) | ~Q(by=F("created_by")), name="approver_is_not_the_creator"
            ),
            CheckConstraint(condition=~Q(by=""), name="approval_has_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.decision} by {self.by}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            _refuse_change()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse_change()


def _refuse_change() -> NoReturn:
    raise TypeError("The history of approvals is append-only.")
