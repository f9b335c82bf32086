import secrets
from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Index, Q

from bonuses.models import BonusTemplate, TermsRevision
from campaigns.lifecycle import Status
from campaigns.models.segment import Segment
from integrations.ids import new_id


def new_salt() -> str:
    return secrets.token_hex(16)


class Campaign(models.Model):
    """A bonus for a whole segment. Amounts are minor units: of the grants' currency, for the budget of the base one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="campaigns")
    template = models.ForeignKey(BonusTemplate, on_delete=models.PROTECT, related_name="campaigns")
    status = models.CharField(max_length=9, choices=[(s.value, s.value) for s in Status], default=Status.DRAFT.value)
    status_reason = models.CharField(max_length=500, blank=True)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    planned_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When a draft is meant to begin. Nothing begins by it: `scheduled_at` does that.",
    )
    deposit_amount = models.BigIntegerField(null=True, blank=True)
    currency_override = models.CharField(max_length=10, blank=True)
    budget_amount = models.BigIntegerField(null=True, blank=True, help_text="Base currency, minor units.")
    budget_used = models.BigIntegerField(default=0, editable=False, help_text="Face value promised and not given back.")
    holdout_percent = models.PositiveSmallIntegerField(default=0)
    holdout_salt = models.CharField(max_length=32, default=new_salt, editable=False)

    # Frozen when issuing begins, or known since.
    revision = models.ForeignKey(TermsRevision, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    audience_count = models.PositiveIntegerField(null=True, editable=False)
    holdout_count = models.PositiveIntegerField(null=True, editable=False)
    snapshot_claimed_until = models.DateTimeField(null=True, editable=False)
    snapshot_at = models.DateTimeField(null=True, editable=False)
    issued_at = models.DateTimeField(null=True, editable=False, help_text="When issuing began.")
    finished_at = models.DateTimeField(null=True, editable=False)

    created_by = models.CharField(max_length=200, blank=True, editable=False)
    edited_by = models.CharField(max_length=200, blank=True, editable=False, help_text="Who changed it last.")
    issued_by = models.CharField(max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes: ClassVar = [
            Index(fields=["-created_at", "-id"], name="campaign_newest_first"),
            Index(fields=["status"], condition=~Q(status__in=["draft", "issued"]), name="campaign_at_work"),
        ]
        constraints: ClassVar = [
            CheckConstraint(condition=Q(holdout_percent__lte=50), name="campaign_holdout_at_most_half"),
            CheckConstraint(condition=Q(budget_used__gte=0), name="campaign_budget_used_not_negative"),
            CheckConstraint(
                condition=Q(budget_amount__isnull=True) | Q(budget_used__lte=models.F("budget_amount")),
                name="campaign_within_budget",
            ),
            CheckConstraint(
                condition=Q(status__in=["draft", "scheduled", "cancelled"]) | Q(revision__isnull=False),
                name="begun_campaign_has_its_terms",
            ),
        ]
        permissions: ClassVar = [
            ("issue_campaign", "Can issue, pause, resume and cancel campaigns"),
            ("approve_campaign", "Can approve campaigns of others"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> Status:
        return Status(self.status)
