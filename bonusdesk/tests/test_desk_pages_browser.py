"""Every page of the admin in a real browser: none stands out of a narrow screen, is hard to read or is complained of.

Pages are found by the admin's URLs, so that a new one is looked at without being named here.
"""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from bonusdesk.tests.admin_rows import MAKE, SINKS
from bonusdesk.tests.desk_looks import EXCUSED, faults_at, faults_here, is_excused, violations
from bonusdesk.tests.desk_pages import NO_PAGES, actions_of, all_names, labels, may, pages_of, rows_of
from bonusdesk.tests.groups_again import make_groups
from bonuses.tests.browser import PASSWORD, STANDARD, sign_in

# Not of the group of the other browser tests: these are many, and two processes do them side by side.
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

SEND = "form => { form.noValidate = true; form.requestSubmit(form.querySelector('[type=submit]')); }"


@pytest.fixture(autouse=True)
def _a_desk(settings: Settings, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EVENT_SINKS = list(SINKS)
    settings.CAMPAIGN_APPROVAL_THRESHOLD = 1000
    make_groups(monkeypatch)


@pytest.mark.parametrize("label", labels())
def test_every_page(desk: Page, live_server: LiveServer, label: str) -> None:
    pages = pages_of(label)
    assert pages
    faults = {page: faults_at(desk, f"{live_server.url}{page}") for page in pages}
    assert {page: found for page, found in faults.items() if found} == {}


@pytest.mark.parametrize("label", [label for label in sorted(MAKE) if actions_of(label)])
def test_what_an_action_asks(desk: Page, live_server: LiveServer, label: str) -> None:
    """Chosen in the list for one row."""
    rows_of(label)
    faults = {}
    for action in actions_of(label):
        desk.goto(f"{live_server.url}/admin/{label.replace('.', '/')}/")
        desk.locator("input.action-select").first.check()
        desk.get_by_label("Action:").select_option(action)
        with desk.expect_navigation():
            desk.get_by_role("button", name="Go").click()
        faults[action] = faults_here(desk)
    assert {action: found for action, found in faults.items() if found} == {}


@pytest.mark.parametrize("label", [label for label in sorted(MAKE) if may(label, "add")])
def test_a_form_sent_back(desk: Page, live_server: LiveServer, label: str) -> None:
    """With nothing filled in."""
    desk.goto(f"{live_server.url}/admin/{label.replace('.', '/')}/add/")
    with desk.expect_navigation():
        desk.locator("#content form").last.evaluate(SEND)
    expect(desk.locator(".errornote")).to_be_visible()
    assert faults_here(desk) == []


def test_pages_of_the_log_in(tab: Page, live_server: LiveServer) -> None:
    User.objects.create_superuser("olga", password=PASSWORD)
    login = f"{live_server.url}/admin/login/?next=/admin/"
    assert faults_at(tab, login) == []
    for password, next_page in (("wrong", login), (PASSWORD, f"{live_server.url}/admin/")):
        tab.fill("#id_username", "olga")
        tab.fill("#id_password", password)
        tab.click("[type=submit]")
        expect(tab).to_have_url(next_page)
        assert faults_here(tab) == []
    tab.get_by_role("button", name="Log out").click()
    expect(tab.get_by_role("link", name="Log in again")).to_be_visible()
    assert faults_here(tab) == []


def test_the_page_of_who_is_locked_out(chromium: Browser, live_server: LiveServer, settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 1
    # A tab of its own: that it is refused is what the browser complains of.
    tab = chromium.new_page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(f"{live_server.url}/admin/login/")
    tab.fill("#id_username", "olga")
    tab.fill("#id_password", "wrong")
    tab.click("[type=submit]")
    expect(tab.get_by_text("Too many failed log-ins.")).to_be_visible()
    assert faults_here(tab) == []
    assert [line for line in said if "429" not in line] == []
    tab.close()


def test_what_is_excused_is_what_djangos_own_pages_get_wrong(
    chromium: Browser, live_server: LiveServer, settings: Settings
) -> None:
    """Without a template of ours, of a model that we change nothing of."""
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": []}]
    user = User.objects.create_superuser("olga", password=PASSWORD)
    # A tab of its own: these pages have no icon, which the browser complains of.
    tab = chromium.new_page()
    sign_in(tab, live_server.url, "olga")
    tab.goto(f"{live_server.url}/admin/auth/user/{user.pk}/change/")
    wrong = violations(tab, STANDARD)
    found = {one for one in EXCUSED for rule, target, _ in wrong if rule == one[0] and is_excused(tab, rule, target)}
    tab.close()
    assert found == set(EXCUSED)


def test_what_is_said_to_be_no_page_exists() -> None:
    assert set(NO_PAGES) - all_names() == set()
