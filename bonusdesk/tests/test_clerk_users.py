"""Whom a believed token stands for, and what that user may."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connections
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings
from structlog.contextvars import get_contextvars

from bonusdesk import rights
from bonusdesk.api import clerk_users
from bonusdesk.tests.clerk_server import PATIENCE, SUBJECT, ClerkServer, token
from bonuses.models import Player
from bonuses.tests.api_client import SECRET

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clerk")]

USERNAME = f"{SUBJECT}@clerk"


def ask(path: str = "players", client: Client | None = None, **claims: Any) -> Any:
    sent = {"Authorization": f"Bearer {token(**claims)}"}
    return (client or Client()).get(f"/v1/{path}", headers=sent)


def a_user(*groups: str, **fields: Any) -> User:
    user = User.objects.create_user(USERNAME, **fields)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def groups() -> set[str]:
    return set(User.objects.get(username=USERNAME).groups.values_list("name", flat=True))


def test_user_is_made_on_first_sight() -> None:
    assert ask().status_code == 403
    user = User.objects.get()
    assert user.username == USERNAME
    assert not user.has_usable_password()
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert groups() == set()
    assert ask().status_code == 403
    assert User.objects.get() == user


def test_caller_is_on_every_log_line() -> None:
    ask()
    assert get_contextvars()["caller"] == USERNAME


def test_groups_of_the_admin_stand_where_tokens_name_none() -> None:
    a_user("viewer", "operator")
    assert ask(metadata={"role": "admin"}).status_code == 200
    assert groups() == {"viewer", "operator"}


def test_one_query_says_who_it_is_and_what_they_may(
    settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.CLERK_ROLE_CLAIM = "role"
    assert ask(role="manager").status_code == 200
    with django_assert_num_queries(2):  # This one, and the page's own.
        assert ask(role="manager").status_code == 200


@pytest.mark.parametrize(
    ("claim", "claims", "expected"),
    [
        ("role", {"role": "viewer"}, {"viewer"}),
        ("role", {"role": "org:operator"}, {"operator"}),
        ("metadata.role", {"metadata": {"role": "manager"}}, {"manager"}),
        ("o.rol", {"o": {"id": "org_1", "rol": "admin"}}, {"admin"}),
        ("role", {"role": "org:guest"}, set()),
        ("role", {"role": "guest"}, set()),
        ("role", {"role": "ADMIN"}, set()),
        ("role", {"role": " admin"}, set()),
        ("role", {"role": ""}, set()),
        ("role", {"role": ["admin"]}, set()),
        ("role", {"role": {"admin": True}}, set()),
        ("role", {"role": True}, set()),
        ("role", {}, set()),
        ("metadata.role", {"metadata": "role"}, set()),
        ("metadata.role", {"role": "admin", "metadata": {}}, set()),
        ("metadata.role", {"metadata.role": "admin"}, set()),
    ],
)
def test_claim_decides_the_group(claim: str, claims: dict[str, Any], expected: set[str], settings: Settings) -> None:
    settings.CLERK_ROLE_CLAIM = claim
    assert ask(**claims).status_code == (200 if expected else 403)
    assert groups() == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("support", {"operator"}),
        ("org:admin", {"viewer"}),
        ("admin", set()),
        ("org:manager", set()),
        ("operator", set()),
    ],
)
def test_where_values_are_mapped_no_other_counts(value: str, expected: set[str], settings: Settings) -> None:
    settings.CLERK_ROLE_CLAIM = "role"
    settings.CLERK_ROLE_GROUPS = {"support": "operator", "org:admin": "viewer"}
    assert ask(role=value).status_code == (200 if expected else 403)
    assert groups() == expected


def test_groups_follow_the_claim(settings: Settings) -> None:
    settings.CLERK_ROLE_CLAIM = "role"
    a_user("viewer", "admin").groups.add(Group.objects.create(name="night shift"))
    assert ask(role="manager").status_code == 200
    assert groups() == {"manager", "night shift"}
    assert ask().status_code == 403
    assert groups() == {"night shift"}
    assert ask(role="operator").status_code == 200
    assert groups() == {"operator", "night shift"}


def test_change_of_role_counts_in_the_same_request(settings: Settings) -> None:
    settings.CLERK_ROLE_CLAIM = "role"
    body = {"external_id": "a", "currency": "EUR", "origin": "acme"}

    def identify(role: str) -> int:
        sent = {"Authorization": f"Bearer {token(role=role)}"}
        path = "/v1/players/identify"
        return Client().post(path, body, content_type="application/json", headers=sent).status_code

    assert identify("manager") == 201
    assert identify("viewer") == 403
    assert identify("manager") == 200


def test_change_of_what_a_group_may_counts_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    a_user("viewer")
    assert ask().status_code == 200
    Group.objects.get(name="viewer").permissions.clear()
    later = rights.monotonic() + rights.MAX_AGE
    monkeypatch.setattr(rights, "monotonic", lambda: later)
    assert ask().status_code == 403


def test_group_that_was_removed_gives_nothing(settings: Settings) -> None:
    settings.CLERK_ROLE_CLAIM = "role"
    Group.objects.get(name="viewer").delete()
    assert ask(role="viewer").status_code == 403
    assert groups() == set()


@pytest.mark.parametrize("flag", ["is_superuser", "is_staff"])
def test_only_groups_give_rights(flag: str) -> None:
    user = a_user(**{flag: True})
    user.user_permissions.set(Permission.objects.all())
    assert ask().status_code == 403


def test_disabled_user_is_refused_and_left_alone(settings: Settings) -> None:
    settings.CLERK_ROLE_CLAIM = "role"
    a_user("viewer", is_active=False)
    response = ask(role="admin")
    assert (response.status_code, response.json()["error"]["message"]) == (401, "The user is disabled.")
    assert response["WWW-Authenticate"] == "Bearer"
    assert groups() == {"viewer"}


def test_user_that_is_removed_meanwhile_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CLERK_ROLE_CLAIM = "role"
    regroup = clerk_users._regrouped

    def regroup_too_late(username: str, wanted: set[str]) -> Any:
        User.objects.all().delete()
        return regroup(username, wanted)

    monkeypatch.setattr(clerk_users, "_regrouped", regroup_too_late)
    response = ask(role="viewer")
    assert (response.status_code, response.json()["error"]["message"]) == (401, "The user was removed.")
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["hunter22", ""])
def test_user_with_a_password_is_never_picked_up(password: str, settings: Settings) -> None:
    settings.CLERK_ROLE_CLAIM = "role"
    user = a_user("admin", password="x")
    if not password:
        User.objects.update(password="")
    response = ask(role="viewer")
    message = "The user of this name signs in with a password."
    assert (response.status_code, response.json()["error"]["message"]) == (401, message)
    assert User.objects.get() == user
    assert groups() == {"admin"}


def in_thread(work: Callable[[], Any], results: list[Any] | None = None) -> Callable[[], None]:
    """Work for a thread, with a database connection of its own."""

    def run() -> None:
        try:
            answer = work()
        finally:
            connections.close_all()
        if results is not None:
            results.append(answer)

    return run


@pytest.fixture
def _two_groups(transactional_db: None) -> None:
    """What a transactional test leaves behind is emptied tables: permissions come back by themselves, groups do not."""
    for name, codenames in (("viewer", ["view_player"]), ("admin", ["view_player", "use_kill_switch"])):
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(Permission.objects.filter(codename__in=codenames))


@pytest.mark.usefixtures("_two_groups")
def test_first_sight_by_two_requests_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CLERK_ROLE_CLAIM = "role"
    both_found_nobody = threading.Barrier(2)
    make = clerk_users._made

    def make_together(username: str) -> Any:
        both_found_nobody.wait(PATIENCE)
        return make(username)

    monkeypatch.setattr(clerk_users, "_made", make_together)
    statuses: list[int] = []
    threads = [threading.Thread(target=in_thread(lambda: ask(role="viewer").status_code, statuses)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert statuses == [200, 200]
    assert User.objects.count() == 1
    assert groups() == {"viewer"}


@pytest.mark.usefixtures("_two_groups")
def test_older_token_does_not_lend_its_groups_to_a_newer_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody was an admin a moment ago, and both tokens come at once."""
    settings.CLERK_ROLE_CLAIM = "role"
    a_user()
    load = clerk_users._loaded
    rivals: list[threading.Thread] = []

    def load_after_rival(username: str) -> Any:
        if not rivals:
            rivals.append(threading.Thread(target=in_thread(lambda: clerk_users.user_for(SUBJECT, "admin"))))
            rivals[0].start()
            rivals[0].join(0.3)  # It has to wait for us.
        return load(username)

    monkeypatch.setattr(clerk_users, "_loaded", load_after_rival)
    user = clerk_users.user_for(SUBJECT, "viewer")
    assert (user.has_perm("bonuses.view_player"), user.has_perm("bonuses.use_kill_switch")) == (True, False)
    rivals[0].join(PATIENCE)
    assert groups() == {"admin"}


def test_secret_goes_before_the_token(settings: Settings, clerk: ClerkServer) -> None:
    settings.INTERNAL_SECRETS = [SECRET]
    both = {"X-Internal-Secret": SECRET, "Authorization": f"Bearer {token()}"}
    assert Client().get("/v1/players", headers=both).status_code == 200
    assert (User.objects.count(), clerk.requests) == (0, 0)


def test_token_goes_before_the_session() -> None:
    client = Client()
    olga = User.objects.create_superuser("olga")
    client.force_login(olga)
    assert client.get("/v1/players").status_code == 200
    assert ask(client=client).status_code == 403
    assert ask(client=client, sub="no user").status_code == 401


def test_token_needs_no_csrf_token(settings: Settings) -> None:
    settings.CLERK_ROLE_CLAIM = "role"
    client = Client(enforce_csrf_checks=True)
    body = {"external_id": "a", "currency": "EUR", "origin": "acme"}
    sent = {"Authorization": f"Bearer {token(role='manager')}"}
    assert client.post("/v1/players/identify", body, content_type="application/json", headers=sent).status_code == 201
    assert Player.objects.count() == 1
