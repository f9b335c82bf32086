from functools import cached_property
from typing import Any, ClassVar, NoReturn

from django.db import models
from django.db.models import Index, UniqueConstraint
from simple_history.models import HistoricalRecords

from bonuses.terms import Terms, from_json
from integrations.ids import new_id


class BonusType(models.TextChoices):
    DEPOSIT_MATCH = "deposit_match", "deposit match"
    RELOAD = "reload"
    NO_DEPOSIT = "no_deposit", "no deposit"
    CASHBACK = "cashback"
    FREE_SPINS = "free_spins", "free spins"
    RISK_FREE_BET = "risk_free_bet", "risk-free bet"


class TemplateStatus(models.TextChoices):
    ACTIVE = "active"
    PAUSED = "paused"
    ARCHIVED = "archived"


class Product(models.TextChoices):
    CASINO = "Casino"
    SPORTSBOOK = "Sportsbook"
    LOTTO = "Lotto"
    POKER = "Poker"


class WageringBasis(models.TextChoices):
    BONUS = "bonus"
    DEPOSIT = "deposit"
    BONUS_PLUS_DEPOSIT = "bonus_plus_deposit", "bonus plus deposit"
    WINNINGS = "winnings"


class MaxBetAction(models.TextChoices):
    FORFEIT = "forfeit", "forfeit the bonus"
    IGNORE = "ignore", "do not count the bet"


def _read_name(row: Any) -> str:
    return str(row.history_user_id)


def _write_name(row: Any, name: str | None) -> None:
    row.history_user_id = name or ""


class TemplateHistory(HistoricalRecords):  # type: ignore[misc]  # has no types
    """A row for each save that changed something, by the name of a person of the admin or of a caller of the API.

    `services.template_history.signed` says whose change a save is. Who may view templates may view their history.
    """

    def __init__(self, **options: Any) -> None:
        names: Any = models.CharField(max_length=200, blank=True, default="")
        super().__init__(
            history_user_id_field=names,
            history_user_getter=_read_name,
            history_user_setter=_write_name,
            history_change_reason_field=models.CharField(max_length=500, null=True),
            excluded_fields=["revision", "created_at", "updated_at"],
            **options,
        )

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        return {**super().get_meta_options(model), "default_permissions": ()}


class BonusTemplate(models.Model):
    """What an operator offers. Amounts are minor units of `config["currency"]`; a grant is made under a revision."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=16, choices=BonusType)
    status = models.CharField(max_length=8, choices=TemplateStatus, default=TemplateStatus.ACTIVE)
    config = models.JSONField()
    product = models.CharField(max_length=10, choices=Product, default=Product.CASINO)
    bonus_code = models.CharField(max_length=64, blank=True)
    wagering_requirement_multiplier = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    wagering_basis = models.CharField(max_length=20, choices=WageringBasis, default=WageringBasis.BONUS)
    max_bet_during_wagering = models.BigIntegerField(null=True, blank=True)
    max_bet_action = models.CharField(max_length=8, choices=MaxBetAction, default=MaxBetAction.FORFEIT)
    time_limit_hours = models.PositiveIntegerField(null=True, blank=True)
    max_grants_per_player = models.PositiveIntegerField(null=True, blank=True, default=1)
    game_contribution = models.JSONField(default=dict, blank=True)
    max_win_cap = models.BigIntegerField(null=True, blank=True)
    fasttrack_type = models.CharField(max_length=16, blank=True)
    revision = models.ForeignKey("TermsRevision", on_delete=models.RESTRICT, related_name="+", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = TemplateHistory()
    # What the history reads from whoever saves; see `services.template_history`.
    _history_user: str
    _change_reason: str | None
    skip_history_when_saving: bool

    class Meta:
        ordering = ("-created_at", "-id")
        indexes: ClassVar = [Index(fields=["-created_at", "-id"], name="template_newest_first")]

    def __str__(self) -> str:
        return self.name


class ImmutableQuerySet(models.QuerySet["TermsRevision"]):
    def update(self, **kwargs: Any) -> NoReturn:
        refuse_change()


class TermsRevision(models.Model):
    """The terms of a template as they stood when it was made or changed. Never altered: grants point here."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    template = models.ForeignKey(BonusTemplate, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    terms = models.JSONField()
    created_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ImmutableQuerySet.as_manager()

    class Meta:
        ordering = ("template", "-number")
        constraints: ClassVar = [UniqueConstraint(fields=["template", "number"], name="terms_revision_numbered")]

    def __str__(self) -> str:
        return f"revision {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            refuse_change()
        super().save(*args, **kwargs)

    @cached_property
    def agreed(self) -> Terms:
        return from_json(self.terms)


def refuse_change() -> NoReturn:
    raise TypeError("A revision of the terms is immutable; make a new one.")
