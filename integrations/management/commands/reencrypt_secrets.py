"""Move all secrets at rest to the newest key of `BONUSDESK_FIELD_KEYS`, so that older keys can be taken away."""

from collections.abc import Iterator
from typing import Any

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction

from integrations.encryption import EncryptedTextField


class Command(BaseCommand):
    help = "Encrypts every stored secret again, with the newest of BONUSDESK_FIELD_KEYS."

    def handle(self, **_options: Any) -> None:
        moved, lost = 0, []
        for model, fields in _encrypted():
            for pk in model._default_manager.order_by("pk").values_list("pk", flat=True):
                try:
                    moved += _reencrypt(model, fields, pk)
                except InvalidToken:
                    lost.append(f"{model._meta.label} {pk}")
        self.stdout.write(f"Encrypted the secrets of {moved} rows with the newest key.")
        if lost:
            raise CommandError(f"No key of BONUSDESK_FIELD_KEYS opens the secrets of: {', '.join(lost)}.")


def _encrypted() -> Iterator[tuple[type[models.Model], list[str]]]:
    for model in apps.get_models():
        fields = [field.name for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]
        if fields:
            yield model, fields


def _reencrypt(model: type[models.Model], fields: list[str], pk: Any) -> bool:
    """Under the row's lock: a secret that is being changed in the admin must not be set back."""
    rows = model._default_manager.filter(pk=pk)
    with transaction.atomic():
        row = rows.select_for_update().values(*fields).first()
        return row is not None and bool(rows.update(**row))
