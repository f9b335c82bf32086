"""Who may what, in one table: every address under /v1/, every method that it knows, every kind of caller.

Whoever may gets the status that is written there; whoever may not changes nothing. What is missing here fails.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, get_resolver
from pytest_django import Settings

from bonusdesk.tests.clerk_server import ClerkServer, token
from bonuses.models import BonusTemplate, Grant, Player
from bonuses.tests.api_client import SECRET
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from campaigns.models import Campaign, Segment
from campaigns.tests.approving import shown
from campaigns.tests.factories import CampaignFactory, SegmentFactory

pytestmark = pytest.mark.django_db

READERS = {"viewer", "operator", "manager", "admin", "service"}
ISSUERS = READERS - {"viewer"}
KEEPERS = ISSUERS - {"operator"}
APPROVERS = KEEPERS - {"service"}
GROUPS = ("viewer", "operator", "manager", "admin")
CALLERS = ("nobody", "no group", *GROUPS, "service")
WAYS = [("session", caller) for caller in CALLERS] + [("clerk", caller) for caller in ("no group", *GROUPS)]


@dataclass(frozen=True, slots=True)
class Row:
    method: str
    path: str
    may: set[str]
    status: int
    body: Callable[[], dict[str, Any]] | None = None
    name: str = ""
    """Of the row that the address is of, where there are several."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def a_template() -> dict[str, Any]:
    return {"name": "Welcome", "type": "no_deposit", "config": {"amount": 100, "currency": "EUR"}}


def a_grant() -> dict[str, Any]:
    template, player = BonusTemplate.objects.get(name="unused"), Player.objects.get()
    return {"template_id": template.pk, "player_id": player.pk, "granted_by_kind": "manual"}


def a_campaign() -> dict[str, Any]:
    draft = Campaign.objects.get(name="draft")
    return {"name": "New", "segment_id": draft.segment_id, "template_id": draft.template_id}


def as_shown() -> dict[str, Any]:
    return {"hash": shown(Campaign.objects.get(name="draft"))}


def a_player() -> dict[str, Any]:
    return {"external_id": "new", "currency": "EUR", "origin": "acme"}


TABLE = (
    Row("GET", "bonus-templates", READERS, 200),
    Row("POST", "bonus-templates", KEEPERS, 201, a_template),
    Row("GET", "bonus-templates/<str:pk>", READERS, 200, name="used"),
    Row("PATCH", "bonus-templates/<str:pk>", KEEPERS, 200, lambda: {"name": "Other"}, name="used"),
    Row("DELETE", "bonus-templates/<str:pk>", KEEPERS, 204, name="used"),
    Row("GET", "bonus-grants", READERS, 200),
    Row("POST", "bonus-grants", ISSUERS, 201, a_grant),
    Row("GET", "bonus-grants/<str:pk>", READERS, 200),
    Row("POST", "bonus-grants/<str:pk>/cancel", ISSUERS, 200, dict),
    Row("GET", "bonus-grants/<str:pk>/transitions", READERS, 200),
    Row("GET", "bonus-campaigns", READERS, 200),
    Row("POST", "bonus-campaigns", ISSUERS, 201, a_campaign),
    Row("GET", "bonus-campaigns/<str:pk>", READERS, 200, name="draft"),
    Row("PATCH", "bonus-campaigns/<str:pk>", ISSUERS, 200, lambda: {"name": "Other"}, name="draft"),
    Row("POST", "bonus-campaigns/<str:pk>/issue", ISSUERS, 202, dict, name="draft"),
    Row("POST", "bonus-campaigns/<str:pk>/approve", APPROVERS, 200, as_shown, name="draft"),
    Row("POST", "bonus-campaigns/<str:pk>/pause", ISSUERS, 200, dict, name="issuing"),
    Row("POST", "bonus-campaigns/<str:pk>/resume", ISSUERS, 200, dict, name="paused"),
    Row("POST", "bonus-campaigns/<str:pk>/cancel", ISSUERS, 200, dict, name="issuing"),
    Row("POST", "bonus-campaigns/<str:pk>/preview", READERS, 200, dict, name="draft"),
    Row("GET", "bonus-campaigns/<str:pk>/recipients", READERS, 200, name="issuing"),
    Row("GET", "segments", READERS, 200),
    Row("POST", "segments", KEEPERS, 201, lambda: {"name": "New", "external_ids": []}),
    Row("GET", "segments/<str:pk>", READERS, 200, name="nobody's"),
    Row("PATCH", "segments/<str:pk>", KEEPERS, 200, lambda: {"name": "Other"}, name="nobody's"),
    Row("DELETE", "segments/<str:pk>", KEEPERS, 204, name="nobody's"),
    Row("POST", "segments/<str:pk>/preview", READERS, 200, dict, name="nobody's"),
    Row("GET", "players", READERS, 200),
    Row("POST", "players/identify", KEEPERS, 201, a_player),
    Row("POST", "players/identify/batch", KEEPERS, 200, lambda: {"players": [a_player()]}),
    Row("GET", "players/<str:pk>", READERS, 200),
)
SIGNED = {"POST adapters/<slug:slug>/webhooks/bonus-events"}
"""By the platform; no credentials of ours open it."""
PUBLIC = {"GET openapi.json", "GET docs"}

OBJECTS: dict[str, type[Model]] = {
    "bonus-templates": BonusTemplate,
    "bonus-grants": Grant,
    "bonus-campaigns": Campaign,
    "segments": Segment,
    "players": Player,
}
METHODS = {"get", "post", "put", "patch", "delete"}


def patterns(found: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in found:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield path, pattern
        else:
            yield from patterns(pattern.url_patterns, path)


def methods(view: Any) -> set[str]:
    """Those that it does something for; HEAD is GET."""
    if hasattr(view, "actions"):
        return set(view.actions) & METHODS
    kind = getattr(view, "view_class", None) or getattr(view, "cls", None)
    return {name for name in METHODS if hasattr(kind, name)} if kind else {"get"}


def endpoints() -> set[str]:
    return {
        f"{method.upper()} {path.removeprefix('v1/')}"
        for path, pattern in patterns(get_resolver().url_patterns)
        if path.startswith("v1/")
        for method in methods(pattern.callback)
    }


def test_table_names_every_endpoint() -> None:
    assert endpoints() == {str(row) for row in TABLE} | SIGNED | PUBLIC


@pytest.fixture
def _world(clerk: ClerkServer, settings: Settings, platform: type[FakePlatform]) -> None:
    settings.INTERNAL_SECRETS = [SECRET]
    settings.CLERK_ROLE_CLAIM = "role"
    AdapterFactory(kind=KIND)
    GrantFactory(player=PlayerFactory(), template__name="used")
    template = TemplateFactory(name="unused")
    SegmentFactory(name="nobody's")
    for status in ("draft", "issuing", "paused"):
        CampaignFactory(name=status, status=status, template=template, revision=template.revision)


def client_for(way: str, caller: str) -> Client:
    """Its headers go with every request."""
    if caller == "nobody":
        return Client()
    if caller == "service":
        return Client(headers={"X-Internal-Secret": SECRET})
    if way == "clerk":
        return Client(headers={"Authorization": f"Bearer {token(role=caller)}"})
    user = User.objects.create_user("olga")
    user.groups.set(Group.objects.filter(name=caller))
    client = Client(enforce_csrf_checks=True, headers={"X-CSRFToken": "a" * 32})
    client.cookies["csrftoken"] = "a" * 32
    client.force_login(user)
    return client


def row_id(row: Row) -> str:
    """Of the one that has the name, or is the only one."""
    rows = OBJECTS[row.path.partition("/")[0]]._default_manager.filter(**({"name": row.name} if row.name else {}))
    return str(rows.get().pk) if "<str:pk>" in row.path else ""


def call(client: Client, row: Row) -> Any:
    path = f"/v1/{row.path.replace('<str:pk>', row_id(row))}"
    body = {"data": row.body(), "content_type": "application/json"} if row.body else {}
    return getattr(client, row.method.lower())(path, **body)


def everything() -> dict[str, list[Any]]:
    """All that the campaigns, the bonuses and the outside world have in the database."""
    models = [
        model for app in ("campaigns", "bonuses", "integrations") for model in apps.get_app_config(app).get_models()
    ]
    return {model.__name__: sorted(map(repr, model.objects.values())) for model in models}


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize(("way", "caller"), WAYS, ids=lambda value: str(value).replace(" ", "-"))
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_who_may_what(row: Row, way: str, caller: str) -> None:
    client, before = client_for(way, caller), everything()
    response = call(client, row)
    if caller in row.may:
        assert response.status_code == row.status, response.content
        return
    status, code = (401, "UNAUTHENTICATED") if caller == "nobody" else (403, "FORBIDDEN")
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert ("WWW-Authenticate" in response) == (caller == "nobody")
    assert everything() == before
    assert FakePlatform.asked == []


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize(("way", "caller"), WAYS, ids=lambda value: str(value).replace(" ", "-"))
def test_signature_alone_opens_the_webhook(way: str, caller: str) -> None:
    client, before = client_for(way, caller), everything()
    response = client.post("/v1/adapters/acme/webhooks/bonus-events", {}, content_type="application/json")
    assert (response.status_code, response.json()["error"]["code"]) == (401, "FORBIDDEN")
    assert everything() == before


@pytest.mark.parametrize("endpoint", sorted(PUBLIC))
def test_documents_are_public(endpoint: str) -> None:
    assert Client().get(f"/v1/{endpoint.partition(' ')[2]}").status_code == 200


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize("caller", CALLERS)
def test_unknown_address_is_the_same_to_everyone(caller: str) -> None:
    response = client_for("session", caller).post("/v1/nothing", {}, content_type="application/json")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize("row", [row for row in TABLE if row.method != "GET"], ids=str)
def test_session_without_csrf_token_changes_nothing(row: Row) -> None:
    client, before = client_for("session", "admin"), everything()
    client.defaults.pop("HTTP_X_CSRFTOKEN")
    response = call(client, row)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert everything() == before
