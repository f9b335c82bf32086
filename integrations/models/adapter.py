from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q, UniqueConstraint

from integrations.encryption import EncryptedTextField
from integrations.ids import new_id

CAPABILITIES = ("issue", "cancel", "query_status", "idempotent")


def all_capabilities() -> list[str]:
    return list(CAPABILITIES)


class Adapter(models.Model):
    """A casino platform we call and are called by. `kind` names an entry of `integrations.platforms.registry`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=32)
    base_url = models.CharField(max_length=500)
    token = EncryptedTextField(blank=True)
    signing_secret = EncryptedTextField(blank=True)
    webhook_secret = EncryptedTextField(blank=True)
    webhook_secret_previous = EncryptedTextField(blank=True)
    origins = models.JSONField(default=list, blank=True, help_text="The brands this platform serves.")
    is_default = models.BooleanField(default=False, help_text="Serves every brand that no other adapter names.")
    connect_timeout_ms = models.PositiveIntegerField(default=2000, validators=[MinValueValidator(1)])
    read_timeout_ms = models.PositiveIntegerField(default=5000, validators=[MinValueValidator(1)])
    total_timeout_ms = models.PositiveIntegerField(default=8000, validators=[MinValueValidator(1)])
    max_requests_per_second = models.PositiveIntegerField(default=200, validators=[MinValueValidator(1)])
    max_concurrency = models.PositiveIntegerField(default=32, validators=[MinValueValidator(1)])
    max_processing_seconds = models.PositiveIntegerField(
        default=60, help_text="For this long after a call a 404 does not prove that the platform will not credit."
    )
    capabilities = models.JSONField(default=all_capabilities)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("slug",)
        constraints: ClassVar = [
            UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_adapter"),
        ]

    def __str__(self) -> str:
        return self.slug

    def can(self, capability: str) -> bool:
        return capability in self.capabilities

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Those that verify an inbound signature: the current one and, during a rotation, the previous one."""
        return tuple(s for s in (self.webhook_secret, self.webhook_secret_previous) if s)
