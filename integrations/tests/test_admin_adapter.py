import pytest

from integrations.models import Adapter
from integrations.platforms import breaker
from integrations.tests.admin_client import INLINE, signed_in, text

pytestmark = pytest.mark.django_db

ADD = "/admin/integrations/adapter/add/"
WRITE = ("integrations.view_adapter", "integrations.add_adapter", "integrations.change_adapter")


def filled(**changes: object) -> dict[str, object]:
    form = {
        "slug": "acme",
        "name": "Acme",
        "kind": "http",
        "base_url": "https://platform.example/api/",
        "token": "the-token",
        "signing_secret": "the-signing-secret",
        "webhook_secret": "the-webhook-secret",
        "origins": "acme.example\n\n  acme.test \nacme.example",
        "is_active": "on",
        "capabilities": ["issue", "cancel"],
        "connect_timeout_ms": "2000",
        "read_timeout_ms": "5000",
        "total_timeout_ms": "8000",
        "max_requests_per_second": "200",
        "max_concurrency": "32",
        "max_processing_seconds": "60",
        **changes,
    }
    return {name: value for name, value in form.items() if value is not None}


def stored(**changes: object) -> Adapter:
    fields = {
        "slug": "acme",
        "name": "Acme",
        "kind": "http",
        "base_url": "https://platform.example",
        "token": "old-token",
        "signing_secret": "old-signing",
        "webhook_secret": "old-webhook",
        **changes,
    }
    return Adapter.objects.create(**fields)


def page_of(adapter: Adapter) -> str:
    return f"/admin/integrations/adapter/{adapter.pk}/change/"


def test_adds_an_adapter_from_typed_fields() -> None:
    response = signed_in(*WRITE).post(ADD, filled())

    assert response.status_code == 302
    adapter = Adapter.objects.get()
    assert adapter.base_url == "https://platform.example/api"
    assert adapter.origins == ["acme.example", "acme.test"]
    assert adapter.capabilities == ["issue", "cancel"]
    assert (adapter.token, adapter.signing_secret) == ("the-token", "the-signing-secret")
    assert adapter.webhook_secrets == ("the-webhook-secret",)


def test_secrets_are_never_rendered_back() -> None:
    adapter = stored(webhook_secret_previous="older-webhook")
    client = signed_in(*WRITE)

    page = text(client.get(page_of(adapter)))
    refused = text(client.post(page_of(adapter), filled(token="typed-now", name="")))

    assert 'type="password"' in page
    for secret in ("old-token", "old-signing", "old-webhook", "older-webhook", "typed-now"):
        assert secret not in page
        assert secret not in refused


def test_a_blank_secret_keeps_what_is_stored() -> None:
    adapter = stored()

    signed_in(*WRITE).post(page_of(adapter), filled(name="Renamed", token="", signing_secret="", webhook_secret=""))

    adapter.refresh_from_db()
    assert adapter.name == "Renamed"
    assert (adapter.token, adapter.signing_secret, adapter.webhook_secret) == (
        "old-token",
        "old-signing",
        "old-webhook",
    )


def test_rotation_moves_the_present_webhook_secret_to_previous_and_ends() -> None:
    adapter = stored()
    client = signed_in(*WRITE)

    client.post(page_of(adapter), filled(webhook_secret="new-webhook", rotate="on"))
    adapter.refresh_from_db()
    assert (adapter.webhook_secret, adapter.webhook_secret_previous) == ("new-webhook", "old-webhook")

    client.post(page_of(adapter), filled(webhook_secret="", forget_previous="on"))
    adapter.refresh_from_db()
    assert (adapter.webhook_secret, adapter.webhook_secret_previous) == ("new-webhook", "")


def test_a_rotation_without_a_new_secret_is_refused() -> None:
    adapter = stored()

    response = signed_in(*WRITE).post(page_of(adapter), filled(webhook_secret="", rotate="on"))

    assert response.context["adminform"].form.errors == {"webhook_secret": ["A rotation needs the new secret."]}
    adapter.refresh_from_db()
    assert adapter.webhook_secrets == ("old-webhook",)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"base_url": "http://platform.example"}, "base_url"),
        ({"base_url": "platform"}, "base_url"),
        ({"kind": "telepathy"}, "kind"),
        ({"capabilities": ["issue", "fly"]}, "capabilities"),
        ({"connect_timeout_ms": "9000"}, "connect_timeout_ms"),
        ({"max_concurrency": "0"}, "max_concurrency"),
        ({"slug": "not a slug"}, "slug"),
    ],
)
def test_bad_input_is_said_at_its_field_and_nothing_is_stored(changes: dict[str, object], field: str) -> None:
    response = signed_in(*WRITE).post(ADD, filled(**changes))

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    assert not Adapter.objects.exists()


def test_a_second_default_names_the_first() -> None:
    stored(slug="first", is_default=True)

    response = signed_in(*WRITE).post(ADD, filled(is_default="on"))

    errors = response.context["adminform"].form.errors
    assert list(errors) == ["is_default"]
    assert "“first” is the default already" in errors["is_default"][0]
    assert Adapter.objects.count() == 1


def test_who_may_only_view_sees_no_secret_field_and_can_not_save() -> None:
    adapter = stored()
    client = signed_in("integrations.view_adapter")

    page = client.get(page_of(adapter))

    assert page.status_code == 200
    assert 'type="password"' not in text(page)
    assert client.post(page_of(adapter), filled(name="Renamed")).status_code == 403
    assert client.get(ADD).status_code == 403
    adapter.refresh_from_db()
    assert adapter.name == "Acme"


def test_shows_the_breaker(monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = stored()
    shut = breaker.state(adapter.pk)
    monkeypatch.setattr(breaker, "state", lambda adapter_id: shut)
    client = signed_in("integrations.view_adapter")

    assert "closed, 0 troubles in a row" in text(client.get(page_of(adapter)))
    assert "closed, 0 troubles in a row" in text(client.get("/admin/integrations/adapter/"))


def test_pages_hold_nothing_inline() -> None:
    adapter = stored()
    client = signed_in(*WRITE)

    for url in (ADD, page_of(adapter), "/admin/integrations/adapter/"):
        assert INLINE.search(text(client.get(url))) is None, url
