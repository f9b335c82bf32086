"""Log-ins with a wrong password are counted, and end in a lock-out that passes by itself."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.models import Group, Permission, User
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from bonusdesk.client_address import client_address
from bonuses.tests.api_client import ApiClient
from integrations.tests.admin_client import INLINE, signed_in, text

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
PASSWORD = "the right horse"
HOME, ELSEWHERE = "203.0.113.7", "198.51.100.20"


@pytest.fixture(autouse=True)
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _olga() -> None:
    for name in ("olga", "peter"):
        User.objects.create_user(name, password=PASSWORD, is_staff=True)


def log_in(password: str = PASSWORD, *, name: str = "olga", address: str = HOME, **headers: str) -> Any:
    form = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address, headers=headers).post(LOGIN, form)


def fail(times: int, **changes: Any) -> list[int]:
    return [log_in("wrong", **changes).status_code for _ in range(times)]


def test_fifth_wrong_password_locks_and_then_the_right_one_is_refused_too() -> None:
    assert fail(5) == [200, 200, 200, 200, 429]
    response = log_in()
    assert response.status_code == 429
    assert "_auth_user_id" not in response.client.session
    assert User.objects.get(username="olga").last_login is None


def test_page_says_when_to_try_again(noon: time_machine.Traveller) -> None:
    fail(5)
    noon.shift(dt.timedelta(minutes=4, seconds=30))
    response = log_in()
    assert response["Retry-After"] == "630"
    assert "Try again in 11 minutes" in text(response)
    assert response["Cache-Control"] == "no-store"
    assert "script-src 'self'" in response["Content-Security-Policy"].split("; ")
    assert not INLINE.search(text(response))
    assert 'href="/admin/login/"' in text(response)


def test_another_name_and_another_address_are_not_locked() -> None:
    fail(5)
    assert log_in(name="peter").status_code == 302
    assert log_in(address=ELSEWHERE).status_code == 302


def test_lock_out_passes_by_itself(noon: time_machine.Traveller) -> None:
    fail(5)
    noon.shift(dt.timedelta(minutes=14, seconds=59))
    assert log_in().status_code == 429
    noon.shift(dt.timedelta(seconds=2))
    assert log_in().status_code == 302


def test_going_on_does_not_make_it_longer(noon: time_machine.Traveller) -> None:
    fail(5)
    for _ in range(15):
        noon.shift(dt.timedelta(minutes=1))
        log_in("wrong")
    noon.shift(dt.timedelta(seconds=1))
    assert log_in().status_code == 302


def test_good_log_in_begins_the_count_anew() -> None:
    assert fail(4) == [200] * 4
    assert log_in().status_code == 302
    assert fail(4) == [200] * 4
    assert AccessAttempt.objects.get().failures_since_start == 4


def test_other_browser_is_the_same_person() -> None:
    statuses = [log_in("wrong", **{"User-Agent": f"browser {number}"}).status_code for number in range(5)]
    assert statuses == [200, 200, 200, 200, 429]


def test_address_that_tries_many_names_is_locked_for_all_of_them() -> None:
    for number in range(49):
        assert fail(1, name=f"guess-{number}") == [200]
    assert fail(1, name="guess-49") == [429]
    assert log_in().status_code == 429
    assert log_in(address=ELSEWHERE).status_code == 302


def test_own_good_log_in_does_not_forgive_what_an_address_did_to_others() -> None:
    for number in range(49):
        fail(1, name=f"guess-{number}")
    assert log_in(name="peter").status_code == 302
    assert fail(1) == [429]


def test_address_a_caller_writes_itself_is_not_believed() -> None:
    statuses = [log_in("wrong", **{"X-Forwarded-For": f"192.0.2.{number}"}).status_code for number in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    assert set(AccessAttempt.objects.values_list("ip_address", flat=True)) == {HOME}


def test_nobody_is_locked_out_by_another_s_forged_address() -> None:
    fail(5, address=ELSEWHERE, **{"X-Forwarded-For": HOME})
    assert log_in(address=HOME).status_code == 302


def test_behind_a_proxy_callers_are_told_apart_and_can_forge_nothing(settings: Settings) -> None:
    settings.PROXY_COUNT = 1
    proxy = "10.0.0.1"
    statuses = [
        log_in("wrong", address=proxy, **{"X-Forwarded-For": f"192.0.2.{number}, {HOME}"}).status_code
        for number in range(5)
    ]
    assert statuses == [200, 200, 200, 200, 429]
    assert log_in(address=proxy, **{"X-Forwarded-For": ELSEWHERE}).status_code == 302
    assert log_in(address=proxy, **{"X-Forwarded-For": f"{ELSEWHERE}, {HOME}"}).status_code == 429


@pytest.mark.parametrize(
    ("proxies", "direct", "forwarded", "expected"),
    [
        (0, HOME, ELSEWHERE, HOME),
        (1, "10.0.0.1", ELSEWHERE, ELSEWHERE),
        (1, "10.0.0.1", f"{HOME}, {ELSEWHERE}", ELSEWHERE),
        (2, "10.0.0.1", f"{HOME},{ELSEWHERE} , 10.0.0.2", ELSEWHERE),
        (2, "10.0.0.1", ELSEWHERE, "10.0.0.1"),
        (1, "10.0.0.1", "", "10.0.0.1"),
        (1, "10.0.0.1", f"{HOME}, {ELSEWHERE}:4711", ELSEWHERE),
        (1, "10.0.0.1", "[2001:db8:1:2:3::4]:4711", "2001:db8:1:2::"),
        (1, "10.0.0.1", "unknown", "10.0.0.1"),
        (1, "10.0.0.1", "unknown:4711", "10.0.0.1"),
        (1, "10.0.0.1", "1' OR 1=1", "10.0.0.1"),
        (0, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        (0, "::ffff:203.0.113.7", "", HOME),
        (0, "", ELSEWHERE, None),
    ],
)
def test_address_of_the_caller(
    proxies: int, direct: str, forwarded: str, expected: str | None, settings: Settings
) -> None:
    settings.PROXY_COUNT = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=direct)
    assert client_address(request) == expected


def test_whole_network_of_an_ipv6_caller_counts_as_one() -> None:
    statuses = [fail(1, address=f"2001:db8:1:2::{number}")[0] for number in range(1, 6)]
    assert statuses == [200, 200, 200, 200, 429]
    assert log_in(address="2001:db8:1:3::1").status_code == 302


def test_password_and_token_are_kept_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    form = {"username": "olga", "password": "nearly-right-horse", "csrfmiddlewaretoken": "token-of-the-form"}
    Client(REMOTE_ADDR=HOME).post(LOGIN, form)
    row = json.dumps(AccessAttempt.objects.values().get(), default=str)
    assert '"username": "olga"' in row
    assert "nearly-right-horse" not in row + caplog.text
    assert "token-of-the-form" not in row + caplog.text


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "x" * 1000, "名前", ""])
def test_strange_names_break_nothing(name: str) -> None:
    form = f"username={name}&password=wrong".encode("utf-8", "surrogatepass")
    response = Client(REMOTE_ADDR=HOME).post(LOGIN, form, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 200


def test_callers_of_the_api_are_not_concerned(api: ApiClient) -> None:
    session = signed_in("bonuses.view_bonustemplate", name="piet")
    fail(5)
    fail(5, name="piet", address="127.0.0.1")
    assert api.get("bonus-templates").status_code == 200
    assert session.get("/v1/bonus-templates").status_code == 200


def test_successful_log_ins_leave_no_rows() -> None:
    assert log_in().status_code == 302
    assert (AccessAttempt.objects.count(), AccessLog.objects.count()) == (0, 0)


def test_permissions_cost_no_query_more(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    user = User.objects.create_user("rosa")
    user.user_permissions.add(Permission.objects.get(codename="issue_grant"))
    user = User.objects.get(username="rosa")
    with django_assert_num_queries(2):  # Those of the person, and of the person's groups.
        assert user.has_perm("bonuses.issue_grant")
        assert not user.has_perm("bonuses.cancel_grant")


def test_admin_frees_whoever_is_locked_out() -> None:
    fail(5)
    admin = User.objects.create_user("anna", is_staff=True)
    admin.groups.add(Group.objects.get(name="admin"))
    client = Client()
    client.force_login(admin)
    row = AccessAttempt.objects.get()
    listed = client.get("/admin/axes/accessattempt/")
    assert listed.status_code == 200
    assert "olga" in text(listed)
    assert client.get(f"/admin/axes/accessattempt/{row.pk}/change/").status_code == 200
    client.post(
        "/admin/axes/accessattempt/", {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    )
    assert log_in().status_code == 302


@pytest.mark.parametrize("group", ["viewer", "operator", "manager"])
def test_others_do_not_see_failed_log_ins(group: str) -> None:
    person = User.objects.create_user("anna", is_staff=True)
    person.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(person)
    assert client.get("/admin/axes/accessattempt/").status_code == 403
