"""The admin in a real browser: what only a browser notices, such as a breach of the Content-Security-Policy."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from bonuses.tests.factories import GrantFactory
from conftest import service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

PASSWORD = "for-the-browser-1"
PAGES = (
    "bonuses/bonustemplate/",
    "bonuses/bonustemplate/add/",
    "bonuses/drift/",
    "bonuses/grant/",
    "bonuses/grant/add/",
    "bonuses/player/",
    "bonuses/player/add/",
    "bonuses/stop/add/",
    "integrations/adapter/",
    "integrations/adapter/add/",
    "integrations/exchangerate/",
    "integrations/outgoingevent/",
    "integrations/sinkstate/",
    "integrations/webhookdelivery/",
)


@pytest.fixture(scope="module")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    """The system's own. Playwright keeps an event loop in this thread, which Django would take for async code."""
    quiet = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
    program = service("TEST_CHROMIUM")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield playwright.chromium.launch(executable_path=program, args=quiet)


@pytest.fixture
def desk(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """The admin, signed in. Whatever the browser complains of fails the test."""
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    User.objects.create_superuser("olga", password=PASSWORD)
    page.goto(f"{live_server.url}/admin/login/?next=/admin/")
    page.fill("#id_username", "olga")
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")
    expect(page).to_have_url(f"{live_server.url}/admin/")
    yield page
    page.close()
    assert complaints == []


def test_no_page_breaks_a_rule_of_its_own_policy(desk: Page, live_server: LiveServer) -> None:
    grant = GrantFactory()
    for path in (*PAGES, f"bonuses/grant/{grant.pk}/change/", f"bonuses/bonustemplate/{grant.template_id}/change/"):
        answer = desk.goto(f"{live_server.url}/admin/{path}")
        assert answer is not None, path
        assert answer.status == 200, path
        assert "script-src 'self'" in answer.headers["content-security-policy"], path


def test_the_config_fields_follow_the_type(desk: Page, live_server: LiveServer) -> None:
    desk.goto(f"{live_server.url}/admin/bonuses/bonustemplate/add/")
    desk.select_option("#id_type", "free_spins")
    expect(desk.locator("#id_config_count")).to_be_visible()
    expect(desk.locator("#id_config_match_percent")).to_be_hidden()
    desk.select_option("#id_type", "deposit_match")
    expect(desk.locator("#id_config_match_percent")).to_be_visible()
    expect(desk.locator("#id_config_count")).to_be_hidden()
