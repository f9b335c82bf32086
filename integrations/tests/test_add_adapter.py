from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from integrations.models import Adapter

pytestmark = pytest.mark.django_db

MAIN = (
    "--slug=main",
    "--kind=http",
    "--base-url=https://platform.example/api/",
    "--token=token-1",
    "--secret=secret-1",
    "--webhook-secret=hook-1",
)


def add(*arguments: str) -> str:
    out = StringIO()
    call_command("add_adapter", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def refused(*arguments: str) -> str:
    before = list(Adapter.objects.order_by("pk").values())
    with pytest.raises(CommandError) as caught:
        add(*arguments)
    assert list(Adapter.objects.order_by("pk").values()) == before
    return str(caught.value)


def with_changes(*changes: str) -> list[str]:
    names = {change.partition("=")[0] for change in changes}
    return [argument for argument in MAIN if argument.partition("=")[0] not in names] + list(changes)


def test_new_adapter() -> None:
    assert add(*MAIN, "--default", "--origin", "brand-a", "brand-b", "--origin=brand-a") == (
        "Added adapter main (http).\n"
    )
    adapter = Adapter.objects.get()
    assert (adapter.slug, adapter.name, adapter.kind) == ("main", "main", "http")
    assert adapter.base_url == "https://platform.example/api"
    assert (adapter.token, adapter.signing_secret) == ("token-1", "secret-1")
    assert adapter.webhook_secrets == ("hook-1",)
    assert adapter.origins == ["brand-a", "brand-b"]
    assert (adapter.is_default, adapter.is_active) == (True, True)


def test_secrets_are_encrypted_in_the_database() -> None:
    add(*MAIN)
    with connection.cursor() as cursor:
        cursor.execute("SELECT token, signing_secret, webhook_secret FROM integrations_adapter")
        row = cursor.fetchone()
    for stored, plain in zip(row, ("token-1", "secret-1", "hook-1"), strict=True):
        assert stored.startswith("gAAAA")
        assert plain not in stored


def test_update_changes_what_is_named_only() -> None:
    add(*MAIN, "--default", "--origin=brand-a")
    before = Adapter.objects.get()
    assert add("--slug=main", "--token=token-2", "--name=Main casino") == "Updated adapter main (http).\n"
    after = Adapter.objects.get()
    assert (after.pk, after.token, after.name) == (before.pk, "token-2", "Main casino")
    for field in ("kind", "base_url", "signing_secret", "webhook_secret", "origins", "is_default"):
        assert getattr(after, field) == getattr(before, field)


def test_replaced_webhook_secret_stays_valid_as_the_previous_one() -> None:
    add(*MAIN)
    add(*with_changes("--webhook-secret=hook-2"))
    assert Adapter.objects.get().webhook_secrets == ("hook-2", "hook-1")
    add(*with_changes("--webhook-secret=hook-2"))
    assert Adapter.objects.get().webhook_secrets == ("hook-2", "hook-1")


def test_default_moves() -> None:
    add(*MAIN, "--default")
    add(*with_changes("--slug=second"), "--default")
    assert dict(Adapter.objects.values_list("slug", "is_default")) == {"main": False, "second": True}
    add("--slug=main", "--default")
    assert dict(Adapter.objects.values_list("slug", "is_default")) == {"main": True, "second": False}


def test_default_stays_when_the_new_one_is_refused() -> None:
    add(*MAIN, "--default")
    refused(*with_changes("--slug=second", "--kind=carrier-pigeon"), "--default")


def test_unknown_kind() -> None:
    message = refused(*with_changes("--kind=carrier-pigeon"))
    assert message == "Unknown kind 'carrier-pigeon'. There are: http, simulator."


@pytest.mark.parametrize("kind", ["http", "simulator"])
def test_plain_http_outside_debug(kind: str, settings: Settings) -> None:
    plain = with_changes(f"--kind={kind}", "--base-url=http://platform:9000")
    assert refused(*plain) == "The base URL must begin with https:// outside of DEBUG."
    settings.DEBUG = True
    add(*plain)
    assert Adapter.objects.get().base_url == "http://platform:9000"


def test_simulator_at_home_needs_no_tls() -> None:
    add(*with_changes("--kind=simulator", "--base-url=http://127.0.0.1:9000"))
    assert Adapter.objects.get().kind == "simulator"


@pytest.mark.parametrize("url", ["platform.example", "ftp://platform.example", "https://u:hidden@platform.example"])
def test_useless_base_url(url: str) -> None:
    message = refused(*with_changes(f"--base-url={url}"))
    assert message.startswith("The base URL must")
    assert "hidden" not in message


def test_new_adapter_needs_everything() -> None:
    assert refused("--slug=main", "--kind=http") == "Missing: --base-url, --token, --secret, --webhook-secret."
    assert refused(*with_changes("--token=")) == "Missing: --token."


def test_slug_that_is_none() -> None:
    assert refused(*with_changes("--slug=no slug")).startswith("slug: ")


def test_nothing_secret_is_printed() -> None:
    said = add(*MAIN) + add(*with_changes("--token=token-2")) + refused(*with_changes("--kind=other"))
    for secret in ("token-1", "token-2", "secret-1", "hook-1"):
        assert secret not in said
