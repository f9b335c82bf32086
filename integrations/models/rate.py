from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint


class ExchangeRate(models.Model):
    """From `valid_from` on, one unit of `base` is worth `rate` units of `quote`, says `source`."""

    base = models.CharField(max_length=10)
    quote = models.CharField(max_length=10)
    rate = models.DecimalField(max_digits=28, decimal_places=12)
    valid_from = models.DateTimeField()
    source = models.CharField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-valid_from", "base", "quote")
        constraints: ClassVar = [
            UniqueConstraint(fields=["base", "quote", "valid_from"], name="one_rate_per_pair_and_time"),
            CheckConstraint(condition=Q(rate__gt=0), name="rate_is_positive"),
            CheckConstraint(condition=~Q(base=F("quote")), name="rate_between_two_currencies"),
        ]
        indexes: ClassVar = [Index(fields=["quote", "base", "-valid_from"], name="rate_newest")]

    def __str__(self) -> str:
        return f"1 {self.base} = {self.rate} {self.quote} from {self.valid_from:%Y-%m-%d}"
