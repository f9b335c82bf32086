from typing import ClassVar

from django.db import models
from django.db.models import Index, UniqueConstraint
from django.utils import timezone

from integrations.ids import new_id


class IdempotencyKey(models.Model):
    """What became of the request that a caller sent under an `Idempotency-Key`. Changed by `bonusdesk.api.keys` alone.

    Its id goes into the service as the request's key, so it stays the same through all tries of one request.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    caller = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, blank=True, help_text="Of the request; empty: any may take it.")
    # By the last try: whoever takes the key over makes it young again.
    created_at = models.DateTimeField(default=timezone.now)
    running_until = models.DateTimeField(null=True, help_text="A try that has not ended by then was killed.")
    attempt = models.PositiveIntegerField(default=1, help_text="A fence: who was taken over writes nothing any more.")
    status = models.PositiveSmallIntegerField(null=True, help_text="Of the last answer; none before the first.")
    body = models.TextField(blank=True)
    is_final = models.BooleanField(default=False, help_text="The answer is given again as it is.")

    class Meta:
        # Nobody looks at these in the admin.
        default_permissions = ()
        constraints: ClassVar = [UniqueConstraint(fields=["caller", "key"], name="idempotency_key_of_a_caller")]
        indexes: ClassVar = [Index(fields=["created_at"], name="idempotency_key_oldest")]

    def __str__(self) -> str:
        return f"{self.key} of {self.caller}"
