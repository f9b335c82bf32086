from typing import Any, ClassVar, NoReturn

from django.db import models
from django.db.models import UniqueConstraint

from bonuses.lifecycle import CauseKind, Status
from bonuses.models.grant import Grant


class AppendOnlyQuerySet(models.QuerySet["GrantTransition"]):
    def update(self, **kwargs: Any) -> NoReturn:
        refuse_change()

    def delete(self) -> NoReturn:
        refuse_change()


class GrantTransition(models.Model):
    """One change of a grant's status: the audit trail. Amounts are minor units, as they stood after the change."""

    id = models.BigAutoField(primary_key=True)
    # The unique index below begins with it.
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="transitions", db_index=False)
    seq = models.PositiveIntegerField()
    life = models.PositiveIntegerField(default=0)
    from_status = models.CharField(max_length=16, choices=[(s.value, s.value) for s in Status], blank=True)
    to_status = models.CharField(max_length=16, choices=[(s.value, s.value) for s in Status])
    at = models.DateTimeField()
    cause = models.CharField(max_length=8, choices=[(c.value, c.value) for c in CauseKind])
    actor = models.CharField(max_length=200, blank=True)
    webhook_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    amounts = models.JSONField(default=dict)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("grant", "seq")
        constraints: ClassVar = [UniqueConstraint(fields=["grant", "seq"], name="transition_numbered")]

    def __str__(self) -> str:
        return f"{self.from_status or 'new'} → {self.to_status}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            refuse_change()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        refuse_change()


def refuse_change() -> NoReturn:
    raise TypeError("Transitions are append-only.")
