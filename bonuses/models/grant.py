from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from bonuses import terms
from bonuses.lifecycle import ENDED, LIVE, ON_ACCOUNT, Status
from bonuses.models.player import Player
from bonuses.models.template import BonusTemplate, TermsRevision
from integrations.ids import new_id
from integrations.models import Adapter
from integrations.rows import update_rows


class GrantedByKind(models.TextChoices):
    MANUAL = "manual"
    API = "api"
    JOURNEY = "journey"
    CAMPAIGN = "campaign"
    AUTO = "auto"


class StatusAssigned(TypeError):
    """Someone changed a grant's status without `services.transition`, so without its history and its event."""

    def __init__(self) -> None:
        super().__init__("A grant's status changes through bonuses.services.transition only.")


class GrantQuerySet(models.QuerySet["Grant"]):
    def update(self, **kwargs: Any) -> int:
        if "status" in kwargs:
            raise StatusAssigned
        return super().update(**kwargs)

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        if "status" in fields:
            raise StatusAssigned
        return super().bulk_update(objs, fields, batch_size)

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list["Grant"]:
        if "status" in (kwargs.get("update_fields") or ()):
            raise StatusAssigned
        made = super().bulk_create(objs, *args, **kwargs)
        for grant in made:
            grant._stored_status = grant.status
        return made

    def locked(self) -> Self:
        """Rows locked until the transaction ends, in key order, so that two callers can't lock each other out."""
        return self.select_for_update(of=("self",)).order_by("pk")

    def live(self) -> Self:
        return self.filter(status__in=LIVE)

    def write_changes(self, *, grants: "Sequence[Grant]", fields: Sequence[str]) -> int:
        """For `services.transition` alone: writes what it decided on those whose status is still what it decided on.

        How many these were. One grant takes the plain statement, which is the cheapest for one.
        """
        if len(grants) == 1:
            found = self.filter(pk=grants[0].pk, status=grants[0]._stored_status)
            return models.QuerySet.update(found, **{name: getattr(grants[0], name) for name in fields})
        row = attrgetter("pk", "_stored_status", *fields)
        return update_rows(self.model, found_by=("id", "status"), fields=fields, rows=map(row, grants))

    def unclaimed(self, now: datetime) -> Self:
        """Grants for which nobody is calling the platform just now."""
        return self.filter(Q(claimed_until__isnull=True) | Q(claimed_until__lt=now))


class Grant(models.Model):
    """A bonus given to one player. Amounts are minor units of `currency` unless a name says otherwise."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No indexes of their own, where every change of the status would write an entry: those below begin with the
    # template and the player, and nobody looks for grants by platform alone.
    template = models.ForeignKey(BonusTemplate, on_delete=models.PROTECT, related_name="grants", db_index=False)
    revision = models.ForeignKey(TermsRevision, on_delete=models.PROTECT, related_name="grants")
    player = models.ForeignKey(Player, on_delete=models.PROTECT, related_name="grants", db_index=False)
    adapter = models.ForeignKey(Adapter, on_delete=models.PROTECT, related_name="+", db_index=False)
    campaign_id = models.UUIDField(null=True, blank=True)
    status = models.CharField(max_length=16, choices=[(s.value, s.value) for s in Status], default=Status.QUEUED)
    life = models.PositiveIntegerField(default=0, help_text="How often it was reversed.")
    life_began_at = models.DateTimeField(null=True, help_text="Platform's time of the last reversal.")
    life_ended_at = models.DateTimeField(null=True, help_text="Platform's time of the ending that it reported.")
    transition_count = models.PositiveIntegerField(default=0)

    amount = models.BigIntegerField()
    currency = models.CharField(max_length=10)
    deposit_amount = models.BigIntegerField(null=True, blank=True)
    loss_amount = models.BigIntegerField(null=True, blank=True)
    terms_rate = models.DecimalField(
        max_digits=28, decimal_places=12, null=True, help_text="Template's currency into `currency`, as locked."
    )
    exchange_rate = models.DecimalField(
        max_digits=28, decimal_places=12, help_text="One unit of `currency` in the base currency, as locked."
    )
    amount_base = models.BigIntegerField(help_text="`amount` in the base currency at the locked rate.")
    player_currency = models.CharField(max_length=10)
    player_rate = models.DecimalField(
        max_digits=28, decimal_places=12, null=True, help_text="`currency` into the player's, as locked."
    )

    wagering_required = models.BigIntegerField(default=0)
    progress_hundredths = models.BigIntegerField(default=0, help_text="Hundredths of a minor unit.")
    progress_at = models.DateTimeField(null=True, help_text="Platform's time of the newest absolute progress.")
    ongoing_step = models.IntegerField(null=True, help_text="Highest progress step that was reported as Ongoing.")
    locked_amount = models.BigIntegerField(default=0)
    bonus_turned_real = models.BigIntegerField(null=True, blank=True)
    spins_completed_at = models.DateTimeField(null=True, blank=True)
    issue_reported = models.BooleanField(default=False, help_text="free_spins_issued has been sent.")

    platform_bonus_id = models.CharField(max_length=200, blank=True)
    granted_by_kind = models.CharField(max_length=8, choices=GrantedByKind)
    granted_by_id = models.UUIDField(null=True, blank=True)
    meta = models.JSONField(default=dict, blank=True)
    fasttrack_references = models.JSONField(default=dict, blank=True)
    request_key = models.CharField(max_length=400, null=True, editable=False)  # noqa: DJ001
    failure_code = models.CharField(max_length=100, blank=True)
    failure_message = models.CharField(max_length=500, blank=True)

    slot = models.PositiveIntegerField(null=True, editable=False)
    window = models.IntegerField(default=0, editable=False)

    attempts = models.PositiveIntegerField(default=0, help_text="Calls to credit it.")
    attempted_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True, help_text="Somebody is calling the platform for it until then.")
    next_attempt_at = models.DateTimeField(null=True)
    needs_person = models.BooleanField(default=False, help_text="Unknown outcome, and the platform can't be asked.")
    wish = models.CharField(max_length=16, blank=True, help_text="How we want it to end; carried out by a sweep.")
    wish_reason = models.CharField(max_length=500, blank=True)
    wish_cause = models.CharField(max_length=8, blank=True)
    wish_actor = models.CharField(max_length=200, blank=True)
    wish_attempts = models.PositiveIntegerField(default=0)
    heard_at = models.DateTimeField(null=True, help_text="When the platform last said something about it.")

    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints: ClassVar = [
            UniqueConstraint(fields=["template", "player", "window", "slot"], name="grant_holds_its_slot_alone"),
            # Without the many grants of campaigns, which have none.
            UniqueConstraint(
                fields=["request_key"], condition=Q(request_key__isnull=False), name="grant_request_key_once"
            ),
            CheckConstraint(condition=~Q(status__in=sorted(LIVE)) | Q(slot__isnull=False), name="live_grant_has_slot"),
            CheckConstraint(condition=Q(amount__gte=0), name="grant_amount_not_negative"),
            CheckConstraint(condition=Q(progress_hundredths__gte=0), name="grant_progress_not_negative"),
        ]
        indexes: ClassVar = [
            Index(fields=["-created_at", "-id"], name="grant_newest_first"),
            Index(fields=["player", "-created_at", "-id"], name="grant_by_player"),
            Index(fields=["template", "-created_at", "-id"], name="grant_by_template"),
            Index(
                fields=["campaign_id", "-created_at", "-id"],
                condition=Q(campaign_id__isnull=False),
                name="grant_by_campaign",
            ),
            Index(fields=["platform_bonus_id"], condition=~Q(platform_bonus_id=""), name="grant_by_platform_id"),
            Index(fields=["next_attempt_at"], condition=Q(next_attempt_at__isnull=False), name="grant_due"),
            Index(
                fields=["expires_at"],
                condition=Q(status__in=sorted(LIVE), expires_at__isnull=False),
                name="grant_expiring",
            ),
            Index(fields=["heard_at"], condition=Q(status__in=sorted(LIVE - {Status.QUEUED})), name="grant_silent"),
            # For the lists of the back office: a filter and the order in which they are read.
            Index(fields=["status", "-created_at", "-id"], name="grant_by_status"),
            Index(fields=["granted_by_kind", "-created_at", "-id"], name="grant_by_origin"),
            Index(fields=["-created_at", "-id"], condition=Q(needs_person=True), name="grant_needs_person"),
            Index(fields=["-created_at", "-id"], condition=~Q(wish=""), name="grant_wished"),
        ]
        permissions: ClassVar = [
            ("issue_grant", "Can issue grants"),
            ("cancel_grant", "Can cancel grants"),
            ("resolve_grant", "Can say what became of a grant"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Everything but the status; `services.transition` alone changes that."""
        # Read from the instance itself: a row that was read without its status has neither of the two.
        if not self._state.adding and self.__dict__.get("status") != self.__dict__.get("_stored_status"):
            raise StatusAssigned
        super().save(*args, **kwargs)
        if "status" in self.__dict__:
            self._stored_status = self.status

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any]) -> Self:
        grant = super().from_db(db, field_names, values)
        if "status" in grant.__dict__:
            grant._stored_status = grant.status
        return grant

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: "models.QuerySet[Grant] | None" = None,
    ) -> None:
        super().refresh_from_db(using, fields, from_queryset)
        if "status" in self.__dict__ and (fields is None or "status" in fields):
            self._stored_status = self.status

    @cached_property
    def terms(self) -> terms.Terms:
        """Those of its revision, with all amounts in the grant's own currency at the locked rate."""
        if self.terms_rate is None:
            return self.revision.agreed
        return terms.converted(self.revision.agreed, currency=self.currency, rate=self.terms_rate)

    @property
    def was_attempted(self) -> bool:
        """Whether the platform may have seen it: a call was made and did not certainly fail to arrive."""
        return self.attempted_at is not None

    @property
    def state(self) -> Status:
        return Status(self.status)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_on_account(self) -> bool:
        return self.state in ON_ACCOUNT

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def was_credited(self) -> bool:
        return self.activated_at is not None

    @property
    def wagering_progress(self) -> int:
        """Whole minor units, rounded down for display."""
        return self.progress_hundredths // 100
