"""Callers known by a secret or a session. Who may what is in `test_api_roles.py`, Clerk in `test_clerk_*.py`."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from bonusdesk.api.service import PERMISSIONS, SERVICE
from bonuses.models import BonusTemplate, Player
from bonuses.tests.api_client import SECRET, ApiClient
from bonuses.tests.factories import TemplateFactory

pytestmark = pytest.mark.django_db

PLAYER = {"external_id": "a", "currency": "EUR", "origin": "acme"}


def assert_refused(response: Any, status: int, code: str) -> None:
    assert response.status_code == status
    assert response.json()["error"]["code"] == code


def assert_unauthenticated(response: Any) -> None:
    assert_refused(response, 401, "UNAUTHENTICATED")
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", SECRET[:-1], "ümlaut"])
def test_wrong_secret(api: ApiClient, secret: str) -> None:
    api.headers = {"X-Internal-Secret": secret}
    assert_unauthenticated(api.post("players/identify", PLAYER))
    assert Player.objects.count() == 0


def test_no_secret_configured_lets_nobody_in(settings: Settings) -> None:
    settings.INTERNAL_SECRETS = [""]
    assert_unauthenticated(Client().get("/v1/players", headers={"X-Internal-Secret": ""}))


def test_any_of_several_secrets(settings: Settings, api: ApiClient) -> None:
    settings.INTERNAL_SECRETS = ["the-old-one", SECRET]
    assert api.get("players").status_code == 200
    api.headers = {"X-Internal-Secret": "the-old-one"}
    assert api.get("players").status_code == 200
    settings.INTERNAL_SECRETS = [SECRET]
    assert_unauthenticated(api.get("players"))


def test_knowing_the_service_costs_no_query(api: ApiClient, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        api.get("players")


def test_service_may_what_operator_and_manager_may_but_approve_and_no_more() -> None:
    groups = Group.objects.filter(name__in=["operator", "manager"])
    names = groups.values_list("permissions__content_type__app_label", "permissions__codename")
    assert {f"{app}.{codename}" for app, codename in names} - {"campaigns.approve_campaign"} == PERMISSIONS
    assert not SERVICE.has_perm("campaigns.approve_campaign")
    assert not SERVICE.has_perm("bonuses.use_kill_switch")
    assert not SERVICE.has_perm("auth.change_user")


def browser(group: str | None = None, **fields: Any) -> Client:
    user = User.objects.create_user("olga", password="x", **fields)
    if group:
        user.groups.add(Group.objects.get(name=group))
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    client.cookies["csrftoken"] = "a" * 32
    return client


TOKEN = {"X-CSRFToken": "a" * 32}


def test_permission_is_asked_before_anything_else_is_looked_at() -> None:
    template = TemplateFactory()
    client = browser("operator")
    for method in ("patch", "delete"):
        response = getattr(client, method)(f"/v1/bonus-templates/{template.pk}", "{", "application/json", headers=TOKEN)
        assert_refused(response, 403, "FORBIDDEN")
    assert BonusTemplate.objects.get() == template


@pytest.mark.parametrize("headers", [{}, {"X-CSRFToken": "b" * 32}])
def test_session_without_csrf_token_changes_nothing(headers: dict[str, str]) -> None:
    client = browser("admin")
    response = client.post("/v1/players/identify", PLAYER, content_type="application/json", headers=headers)
    assert_refused(response, 403, "FORBIDDEN")
    assert Player.objects.count() == 0


def test_secret_needs_no_csrf_token(api: ApiClient) -> None:
    api.client = Client(enforce_csrf_checks=True)
    assert api.post("players/identify", PLAYER).status_code == 201


def test_disabled_user_is_nobody() -> None:
    client = browser("admin")
    User.objects.update(is_active=False)
    assert_unauthenticated(client.get("/v1/players"))


def test_signed_out_session_is_nobody() -> None:
    client = browser("admin")
    assert client.get("/v1/players").status_code == 200
    client.logout()
    assert_unauthenticated(client.get("/v1/players"))
