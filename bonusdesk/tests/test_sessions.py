"""Whom a browser's session stands for is found in one statement, and never somebody else or somebody of yesterday."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bonusdesk import rights
from bonusdesk.sessions import Read, SessionStore, _read
from bonuses.models import Player

pytestmark = pytest.mark.django_db

PLAYERS, GRANTS = "/v1/players", "/v1/bonus-grants"


@pytest.fixture(autouse=True)
def _nobody_remembered() -> None:
    _read.clear()


def olga(*groups: str, **fields: Any) -> User:
    user = User.objects.create_user("olga", email="olga@desk.example", first_name="Olga", password="x", **fields)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def status(client: Client, path: str = PLAYERS) -> int:
    return int(client.get(path).status_code)


def test_one_statement_finds_session_user_and_rights(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    client = browser(olga("viewer"))
    assert status(client) == 200
    with django_assert_num_queries(2):  # With the page's own.
        assert status(client) == 200


def test_another_process_needs_one_more_the_first_time(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    client = browser(olga("viewer"))
    assert status(client) == 200
    _read.clear()
    with django_assert_num_queries(3):
        assert status(client) == 200


@pytest.mark.parametrize("fields", [{}, {"is_staff": True}, {"is_staff": True, "is_superuser": True}])
def test_user_is_the_one_of_the_database(fields: dict[str, bool]) -> None:
    user = olga("viewer", **fields)
    client = browser(user)
    for _ in range(2):
        found = client.get(PLAYERS).wsgi_request.user
        for field in User._meta.concrete_fields:
            assert getattr(found, field.attname) == getattr(User.objects.get(), field.attname), field.name
        assert {flag: type(getattr(found, flag)) for flag in ("is_staff", "is_superuser", "is_active")} == {
            "is_staff": bool,
            "is_superuser": bool,
            "is_active": bool,
        }


def test_saving_the_user_of_a_request_keeps_what_was_not_read() -> None:
    client = browser(olga("viewer"))
    status(client)
    before = User.objects.values().get()
    found = client.get(PLAYERS).wsgi_request.user
    found.first_name = "Olha"
    found.save()
    assert User.objects.values().get() == {**before, "first_name": "Olha"}


def disabled(user: User) -> None:
    User.objects.update(is_active=False)


def removed(user: User) -> None:
    user.delete()


def with_another_password(user: User) -> None:
    user.set_password("other")
    user.save()


def logged_out(user: User) -> None:
    Session.objects.all().delete()


def expired(user: User) -> None:
    Session.objects.update(expire_date=timezone.now())


@pytest.mark.parametrize("change", [disabled, removed, with_another_password, logged_out, expired])
@pytest.mark.parametrize("is_known", [True, False])
def test_who_is_no_longer_signed_in_is_refused_at_once(change: Callable[[User], None], is_known: bool) -> None:
    user = olga("viewer")
    client = browser(user)
    if is_known:
        assert status(client) == 200
    change(user)
    assert status(client) == 401


def test_leaving_a_group_counts_at_once() -> None:
    user = olga("viewer")
    client = browser(user)
    assert status(client) == 200
    user.groups.clear()
    assert status(client) == 403


def test_permissions_of_ones_own_count() -> None:
    user = olga()
    user.user_permissions.add(Permission.objects.get(codename="view_player"))
    client = browser(user)
    assert status(client) == 200
    assert status(client, GRANTS) == 403
    user.user_permissions.clear()
    assert status(client) == 403


def test_what_groups_may_and_who_has_permissions_of_ones_own_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    group = Group.objects.create(name="readers")
    user = olga("readers")
    client = browser(user)
    assert (status(client), status(client, GRANTS)) == (403, 403)
    group.permissions.add(Permission.objects.get(codename="view_player"))
    user.user_permissions.add(Permission.objects.get(codename="view_grant"))
    assert (status(client), status(client, GRANTS)) == (403, 403)
    monkeypatch.setattr(rights, "monotonic", lambda: time.monotonic() + rights.MAX_AGE)
    assert (status(client), status(client, GRANTS)) == (200, 200)


def test_rights_of_several_groups_add_up() -> None:
    user = olga("viewer")
    group = Group.objects.create(name="stoppers")
    group.permissions.add(Permission.objects.get(codename="use_kill_switch"))
    user.groups.add(group)
    client = browser(user)
    status(client)
    found = client.get(PLAYERS).wsgi_request.user
    assert found.has_perms(["bonuses.view_player", "bonuses.use_kill_switch"])
    assert not found.has_perm("bonuses.issue_grant")


def test_superusers_may_everything() -> None:
    client = browser(olga(is_superuser=True))
    assert status(client) == 200
    assert client.get(PLAYERS).wsgi_request.user.has_perm("bonuses.use_kill_switch")


def test_a_wrong_guess_is_nobody() -> None:
    """As when the key was another's before."""
    admin = User.objects.create_superuser("ada")
    client = browser(olga())
    _read[str(client.session.session_key)] = Read("other text", {"_auth_user_id": str(admin.pk)})
    response = client.get(PLAYERS)
    assert (response.status_code, response.wsgi_request.user.username) == (403, "olga")
    assert status(client) == 403


@pytest.mark.parametrize("key", ["", "x", "0" * 32, "ä" * 32, "0" * 31 + "\0"])
def test_a_key_that_is_none_of_ours_is_nobody(key: str) -> None:
    client = Client()
    client.cookies["sessionid"] = key
    assert status(client) == 401
    assert _read == {}


def test_who_signs_in_anew_in_the_same_browser_is_who_calls() -> None:
    client = browser(olga("viewer"))
    assert status(client) == 200
    client.force_login(User.objects.create_user("nils"))
    assert status(client) == 403
    client.logout()
    assert status(client) == 401


def test_csrf_is_asked_of_known_sessions_too() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(olga("admin"))
    assert status(client) == 200
    response = client.post(f"{PLAYERS}/identify", {}, content_type="application/json")
    assert (response.status_code, response.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert not Player.objects.exists()


def test_what_one_request_does_to_its_session_no_other_sees() -> None:
    client = browser(olga("viewer"))
    session = client.session
    session["shown"] = ["first"]
    session.save()
    for _ in range(2):
        read = SessionStore(session.session_key)
        assert read["shown"] == ["first"]
        read["shown"].append("not saved")


def test_a_changed_session_is_read_anew() -> None:
    client = browser(olga("viewer"))
    session = client.session
    for value in ("one", "two"):
        session["value"] = value
        session.save()
        assert SessionStore(session.session_key)["value"] == value
