"""A real browser, for what only a browser notices. Fixtures: the conftest of an app imports them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from conftest import service


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
