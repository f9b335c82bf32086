from django.db import models


class GrantDay(models.Model):
    """The grants made on one day (UTC), by what has become of them. Counted by the schedule, so that pages need not.

    `figures` is `{status: {"count": n, "credited": n, "cost": n, "turned_real": n}}`; see `services.count_grants`.
    """

    day = models.DateField(primary_key=True)
    counted_at = models.DateTimeField(null=True, help_text="What was committed by then is in it.")
    figures = models.JSONField(default=dict)

    class Meta:
        ordering = ("day",)
        # Nobody looks at these rows themselves.
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.day)
