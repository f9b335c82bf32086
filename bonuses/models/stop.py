import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, QuerySet


class StopScope(models.TextChoices):
    ALL = "all", "everything"
    TEMPLATE = "template", "one template"
    CAMPAIGN = "campaign", "one campaign"
    ADAPTER = "adapter", "one adapter"


def stop_key(scope: str, target: uuid.UUID | None) -> str:
    return StopScope.ALL.value if scope == StopScope.ALL else f"{scope}:{target}"


class Stop(models.Model):
    """The kill switch: while a row is here no new credit is sent for what it names."""

    key = models.CharField(max_length=60, primary_key=True, editable=False)
    scope = models.CharField(max_length=8, choices=StopScope)
    target = models.UUIDField(null=True, blank=True, help_text="Id of the template, campaign or adapter.")
    reason = models.CharField(max_length=500)
    set_by = models.CharField(max_length=200, editable=False)
    set_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-set_at",)
        verbose_name = "kill switch"
        verbose_name_plural = "kill switches"
        permissions: ClassVar = [("use_kill_switch", "Can stop and resume issuing")]

    def __str__(self) -> str:
        return self.key


def stops_of(*, template: Any = None, adapter: Any = None, campaign: Any = None) -> QuerySet[Stop]:
    """The stops that hold back these three, each an id or, in a subquery, an `OuterRef`; a full stop is always one."""
    named = Q(scope=StopScope.ALL)
    for scope, target in ((StopScope.TEMPLATE, template), (StopScope.ADAPTER, adapter), (StopScope.CAMPAIGN, campaign)):
        if target is not None:
            named |= Q(scope=scope, target=target)
    return Stop.objects.filter(named).order_by()
