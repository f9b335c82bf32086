"""Whoever is logged out in the meantime: nothing is done, nothing of the log-in page gets into another, and after the
log-in one is back where one was."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from bonusdesk.parts import NOT_TAKEN
from bonuses.models import Grant
from bonuses.tests.factories import GrantFactory
from integrations.admin.pages import DIALOG
from integrations.tests.admin_client import messages_in, signed_in

pytestmark = pytest.mark.django_db

LOG_IN = "/admin/login/"
PASSWORD = "for-the-tests-1"
SESSION = "/admin/desk/session/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def grant() -> Grant:
    found: Grant = GrantFactory()
    return found


def page_of(grant: Grant, name: str) -> str:
    return f"/admin/bonuses/grant/{grant.pk}/{name}/"


def next_of(address: str) -> str:
    assert urlsplit(address).path == LOG_IN
    [found] = parse_qs(urlsplit(address).query)["next"]
    return found


def in_dialog(current: str) -> dict[str, str]:
    return {**HTMX, "HX-Target": DIALOG, "HX-Current-URL": f"http://testserver{current}"}


def test_a_page_leads_through_the_log_in_and_back(grant: Grant) -> None:
    answer = Client().get(page_of(grant, "cancel"))
    assert next_of(answer["Location"]) == page_of(grant, "cancel")


def test_what_was_sent_is_not_done_and_that_is_said(grant: Grant) -> None:
    User.objects.create_superuser("olga", password=PASSWORD)
    client = Client()
    shown = client.post(page_of(grant, "cancel"), {"reason": "by mistake"}, follow=True)
    assert messages_in(shown) == [NOT_TAKEN]
    assert NOT_TAKEN in shown.content.decode()
    grant.refresh_from_db()
    assert grant.status == "active"

    where = shown.context["next"]
    back = client.post(LOG_IN, {"username": "olga", "password": PASSWORD, "next": where}, follow=True)
    assert back.redirect_chain == [(page_of(grant, "cancel"), 302)]
    assert messages_in(back) == []


def test_a_look_is_told_nothing_of_the_kind(grant: Grant) -> None:
    assert messages_in(Client().get(page_of(grant, "cancel"), follow=True)) == []


def test_a_dialog_that_is_to_be_opened_leads_back_to_the_page_below_it(grant: Grant) -> None:
    answer = Client().get(page_of(grant, "cancel"), headers=in_dialog(page_of(grant, "change")))
    assert answer.status_code == 200
    assert next_of(answer["HX-Redirect"]) == page_of(grant, "change")
    assert answer.content == b""


@pytest.mark.parametrize("current", ["https://127.0.0.1/elsewhere/", ""])
def test_nobody_is_led_elsewhere(grant: Grant, current: str) -> None:
    headers = {**HTMX, "HX-Target": DIALOG, "HX-Current-URL": current}
    assert next_of(Client().get(page_of(grant, "cancel"), headers=headers)["HX-Redirect"]) == "/admin/"


def test_what_was_typed_into_a_dialog_stays_there(grant: Grant) -> None:
    headers = in_dialog(page_of(grant, "change"))
    answer = Client().post(page_of(grant, "cancel"), {"reason": "by mistake"}, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert json.loads(answer["HX-Trigger"]) == {"desk:out": {}}
    assert "HX-Redirect" not in answer
    grant.refresh_from_db()
    assert grant.status == "active"


@pytest.mark.parametrize("path", ["/admin/desk/running/", "/admin/campaigns/segment/rules/count/"])
def test_a_part_of_a_page_is_never_the_log_in_page(path: str) -> None:
    for ask in (Client().get, Client().post):
        answer = ask(path, headers=HTMX)
        assert (answer.status_code, answer.content) == (204, b"")
        assert json.loads(answer["HX-Trigger"]) == {"desk:out": {}}


def test_another_redirect_is_for_the_browser_as_a_whole() -> None:
    grant = GrantFactory(status="completed")
    client = signed_in("bonuses.view_grant", "bonuses.cancel_grant")
    answer = client.get(page_of(grant, "cancel"), headers=in_dialog(page_of(grant, "change")))
    assert (answer.status_code, answer["HX-Redirect"]) == (200, page_of(grant, "change"))


def test_a_page_that_was_open_for_long_can_ask_who_is_in() -> None:
    client = signed_in("bonuses.view_grant")
    answer = client.get(SESSION)
    assert answer.json() == {"user": str(User.objects.get().pk)}
    assert "no-store" in answer["Cache-Control"]
    client.logout()
    assert client.get(SESSION).json() == {"user": ""}
    client.force_login(User.objects.create_user("no-staff"))
    assert client.get(SESSION).json() == {"user": ""}
