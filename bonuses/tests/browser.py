"""A real browser, for what only a browser notices. Fixtures: the conftest of an app imports them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from conftest import service

PASSWORD = "for-the-browser-1"
STANDARD = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
SHOTS = os.environ.get("SCREENSHOTS_TO", "")
CUT_OFF = """dialog => [...dialog.querySelectorAll("input, select, textarea")]
    .filter(field => field.getBoundingClientRect().right > dialog.getBoundingClientRect().right)
    .map(field => field.name)"""


@pytest.fixture(scope="module")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    """The system's own. Playwright keeps an event loop in this thread, which Django would take for async code."""
    quiet = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
    program = service("TEST_CHROMIUM")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield playwright.chromium.launch(executable_path=program, args=quiet)


@pytest.fixture
def tab(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """Whatever the browser complains of fails the test, and so does a call to another server."""
    page = chromium.new_page()
    complaints: list[str] = []
    ours = (live_server.url, "data:")
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(ours) else complaints.append(sent.url))
    yield page
    page.close()
    assert complaints == []


@pytest.fixture
def desk(tab: Page, live_server: LiveServer) -> Page:
    """The admin, signed in."""
    User.objects.create_superuser("olga", password=PASSWORD)
    sign_in(tab, live_server.url, "olga")
    return tab


def sign_in(tab: Page, url: str, name: str) -> None:
    """Whoever was signed in before is not any more."""
    tab.context.clear_cookies()
    tab.goto(f"{url}/admin/login/?next=/admin/")
    tab.fill("#id_username", name)
    tab.fill("#id_password", PASSWORD)
    tab.click("[type=submit]")
    expect(tab).to_have_url(f"{url}/admin/")


def look_at(page: Page, name: str, *, ours: str = "#content", dialog: str = "") -> None:
    """Nothing stands out of the page or is hard to read, whatever the screen and the scheme; or of the dialog that the
    link of this name opens.
    """
    assert page.context.browser is not None
    # The checker styles what it looks at, which the policy of the page does not allow.
    context = page.context.browser.new_context(storage_state=page.context.storage_state(), bypass_csp=True)
    checked = context.new_page()
    checked.goto(page.url)
    if dialog:
        ours = "#desk-dialog"
        checked.get_by_role("link", name=dialog).click()
        expect(checked.locator(ours)).to_be_visible()
    for width in (1280, 390):
        for scheme in ("light", "dark"):
            checked.set_viewport_size({"width": width, "height": 900})
            checked.emulate_media(color_scheme=scheme)
            # Links change their colour little by little.
            checked.evaluate("Promise.allSettled(document.getAnimations().map(one => one.finished))")
            if SHOTS:
                checked.screenshot(path=Path(SHOTS, f"{name}-{width}-{scheme}.png"), full_page=not dialog)
            found = Axe().run(checked, context=ours, options=STANDARD).response["violations"]
            assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
            assert checked.evaluate("document.documentElement.scrollWidth") <= width
            if dialog:
                assert checked.locator(ours).evaluate(CUT_OFF) == []
    context.close()
