"""Secrets at rest: a text column whose value is encrypted with the keys of `BONUSDESK_FIELD_KEYS`, newest first."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    return _cipher(tuple(settings.FIELD_KEYS))


def encrypt(plain: str) -> str:
    return cipher().encrypt(plain.encode()).decode() if plain else ""


def decrypt(stored: str) -> str:
    """Raises `cryptography.fernet.InvalidToken` when no key fits."""
    return cipher().decrypt(stored.encode()).decode() if stored else ""


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Reads and writes plain text; the database holds a Fernet token. Not searchable."""

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None else encrypt(value)

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        return value if value is None else decrypt(value)
