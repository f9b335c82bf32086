from typing import ClassVar

from django.db import models
from django.db.models import UniqueConstraint
from django.utils import timezone

from bonuses.models.grant import Grant


class Bet(models.Model):
    """A bet the platform named by id, so that it counts once and can be taken back once."""

    # The unique index below begins with it.
    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="bets", db_index=False)
    bet_id = models.CharField(max_length=200)
    counted_hundredths = models.BigIntegerField(default=0, help_text="What it added to the progress.")
    is_reverted = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["grant", "bet_id"], name="bet_counted_once")]

    def __str__(self) -> str:
        return self.bet_id
