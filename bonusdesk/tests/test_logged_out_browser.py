"""Forms that were open for long, in a real browser: what was typed outlives the end of the log-in."""

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bonuses.models import BonusTemplate, Grant, Player
from bonuses.tests.browser import PASSWORD
from bonuses.tests.factories import GrantFactory, TemplateFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

LATER = 120_000
LOGGED_OUT = "You are no longer logged in."


@pytest.fixture
def desk(desk: Page) -> Page:
    """Signed in, with a clock that can be put forward."""
    desk.clock.install()
    return desk


def log_in(page: Page, name: str) -> None:
    page.fill("#id_username", name)
    page.fill("#id_password", PASSWORD)
    page.click("#login-form [type=submit]")
    expect(page.locator("#user-tools")).to_contain_text(name, ignore_case=True)


def add_player(desk: Page, url: str) -> None:
    desk.goto(f"{url}/admin/bonuses/player/add/")
    desk.get_by_label("External id").fill("player-77")
    desk.fill("#id_origin", "acme.example")
    desk.fill("#id_currency", "EUR")


def save(desk: Page) -> None:
    desk.get_by_role("button", name="Save", exact=True).click()


def test_what_was_typed_is_sent_after_another_log_in(desk: Page, live_server: LiveServer) -> None:
    add_player(desk, live_server.url)
    Session.objects.all().delete()
    desk.clock.fast_forward(LATER)
    save(desk)
    told = desk.get_by_role("alert").filter(has_text=LOGGED_OUT)
    expect(told).to_be_visible()
    with desk.context.expect_page() as opened:
        told.get_by_role("link", name="Log in").click()
    log_in(opened.value, "olga")
    opened.value.close()

    expect(desk.get_by_label("External id")).to_have_value("player-77")
    assert not Player.objects.exists()
    save(desk)
    expect(desk.locator(".messagelist .success")).to_contain_text("player-77")
    assert Player.objects.get().currency == "EUR"


def test_nothing_is_sent_in_the_name_of_another(desk: Page, live_server: LiveServer) -> None:
    User.objects.create_superuser("otto", password=PASSWORD)
    add_player(desk, live_server.url)
    with desk.context.expect_page() as opened:
        desk.evaluate("void window.open('/admin/')")
    other = opened.value
    other.get_by_role("button", name="Log out").click()
    other.goto(f"{live_server.url}/admin/")
    log_in(other, "otto")
    other.close()

    save(desk)
    expect(desk.get_by_role("alert").filter(has_text="Somebody else has logged in")).to_be_visible()
    expect(desk.get_by_label("External id")).to_have_value("player-77")
    assert not Player.objects.exists()


def test_who_is_still_in_notices_nothing(desk: Page, live_server: LiveServer) -> None:
    add_player(desk, live_server.url)
    desk.clock.fast_forward(LATER)
    save(desk)
    expect(desk.locator(".messagelist .success")).to_contain_text("player-77")


def test_in_a_dialog_it_is_told_there(desk: Page, live_server: LiveServer) -> None:
    grant = GrantFactory()
    desk.goto(f"{live_server.url}/admin/bonuses/grant/{grant.pk}/change/")
    desk.get_by_role("link", name="Cancel this grant").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("given by mistake")
    Session.objects.all().delete()
    dialog.get_by_role("button", name="Cancel the grant").click()
    expect(dialog.get_by_role("alert")).to_contain_text(LOGGED_OUT)
    expect(dialog.get_by_label("Reason")).to_have_value("given by mistake")
    assert Grant.objects.get().status == "active"


def test_a_dialog_that_can_not_be_opened_leads_through_the_log_in_and_back(desk: Page, live_server: LiveServer) -> None:
    template = TemplateFactory()
    page = f"{live_server.url}/admin/bonuses/bonustemplate/{template.pk}/change/"
    desk.goto(page)
    Session.objects.all().delete()
    desk.get_by_role("link", name="Archive").click()
    expect(desk.locator("#id_username")).to_be_visible()
    log_in(desk, "olga")
    expect(desk).to_have_url(page)
    assert BonusTemplate.objects.get().status == "active"


def test_words_beside_a_form_do_not_become_the_log_in_page(desk: Page, live_server: LiveServer) -> None:
    desk.goto(f"{live_server.url}/admin/bonuses/bonustemplate/add/")
    words = desk.locator("#terms-words")
    expect(words).to_have_text("Choose a type, and what you type is told here in words.")
    Session.objects.all().delete()
    desk.fill("#id_name", "Welcome")
    expect(desk.get_by_role("alert").filter(has_text=LOGGED_OUT)).to_be_visible()
    expect(words).to_have_text("Choose a type, and what you type is told here in words.")
    expect(desk.locator("#id_name")).to_have_value("Welcome")
