from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from integrations.models import Adapter

pytestmark = pytest.mark.django_db

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
FIELDS = ("token", "signing_secret", "webhook_secret", "webhook_secret_previous")
PLAIN = ("token-1", "secret-1", "hook-1", "")


def make(slug: str = "main") -> Adapter:
    secrets = dict(zip(FIELDS, PLAIN, strict=True))
    return Adapter.objects.create(slug=slug, name=slug, kind="http", base_url="https://platform.example", **secrets)


def stored() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(FIELDS)} FROM integrations_adapter ORDER BY slug")
        return list(cursor.fetchall())


def reencrypt() -> str:
    out = StringIO()
    call_command("reencrypt_secrets", stdout=out, stderr=out)
    return out.getvalue()


def opened(row: tuple[str, ...], key: str) -> tuple[str, ...]:
    return tuple(Fernet(key).decrypt(value).decode() if value else "" for value in row)


def test_secrets_move_to_the_newest_key(settings: Settings) -> None:
    settings.FIELD_KEYS = [OLD]
    before = make()
    settings.FIELD_KEYS = [NEW, OLD]
    assert reencrypt() == "Encrypted the secrets of 1 rows with the newest key.\n"
    (row,) = stored()
    assert opened(row, NEW) == PLAIN
    settings.FIELD_KEYS = [NEW]
    after = Adapter.objects.get()
    assert (after.token, after.webhook_secrets, after.updated_at) == ("token-1", ("hook-1",), before.updated_at)


def test_old_key_alone_opens_nothing_that_has_moved(settings: Settings) -> None:
    settings.FIELD_KEYS = [NEW, OLD]
    make()
    settings.FIELD_KEYS = [OLD]
    with pytest.raises(InvalidToken):
        Adapter.objects.get()


def test_rows_that_no_key_opens_are_named_and_left_alone(settings: Settings) -> None:
    settings.FIELD_KEYS = [OTHER]
    lost = make("a-lost")
    settings.FIELD_KEYS = [OLD]
    make("b-fine")
    before = stored()
    settings.FIELD_KEYS = [NEW, OLD]
    with pytest.raises(CommandError) as caught:
        reencrypt()
    assert str(caught.value) == f"No key of BONUSDESK_FIELD_KEYS opens the secrets of: integrations.Adapter {lost.pk}."
    after = stored()
    assert after[0] == before[0]
    assert opened(after[1], NEW) == PLAIN
