"""The front page in a real browser: pictures are drawn in the theme of the page, and bars go on by themselves."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bonuses import tasks
from bonuses.models import Drift
from bonuses.tests.browser import PASSWORD, sign_in
from bonuses.tests.factories import GrantFactory
from campaigns.models import Campaign, Chunk
from campaigns.tests.begun import begun, with_recipients

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

PICTURES = """() => [...document.querySelectorAll(".desk-charts img")]
    .filter(image => image.offsetParent !== null)
    .map(image => [new URL(image.src).searchParams.get("theme"), image.complete && image.naturalWidth])"""


@pytest.fixture
def desk(tab: Page, live_server: LiveServer) -> Page:
    """The front page of a busy day, signed in."""
    for status in ("active", "completed", "failed"):
        GrantFactory(status=status)
    Drift.objects.create(grant=GrantFactory(), kind="status")
    with_recipients(begun(name="Midsummer", snapshot_at=timezone.now()), ["granted", "pending", "pending", "pending"])
    tasks.count_grants()
    User.objects.create_superuser("olga", password=PASSWORD)
    sign_in(tab, live_server.url, "olga")
    return tab


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_are_drawn_in_the_theme_of_the_page(desk: Page, theme: str) -> None:
    desk.emulate_media(color_scheme=theme)
    desk.reload()
    for chart in desk.locator(f".desk-charts img.on-{theme}").all():
        chart.scroll_into_view_if_needed()
    desk.wait_for_function(f"({PICTURES})().every(picture => picture[1])")
    assert desk.evaluate(PICTURES) == [[theme, 560], [theme, 560]]
    desk.get_by_text("The same as a table").first.click()
    expect(desk.get_by_role("region", name="Grants made, by day").get_by_role("row")).to_have_count(15)


def test_bars_go_on_until_the_campaign_is_through(desk: Page) -> None:
    bar = desk.locator("#desk-running").get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "25")
    Chunk.objects.update(granted=3, pending=1)
    expect(bar).to_have_attribute("aria-valuenow", "75", timeout=15_000)
    Campaign.objects.update(status="issued")
    expect(desk.locator("#desk-running")).to_have_text("None just now.", timeout=15_000)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_its_window(desk: Page, width: int) -> None:
    desk.set_viewport_size({"width": width, "height": 900})
    assert desk.evaluate("document.documentElement.scrollWidth") <= width


def test_a_line_leads_to_where_it_can_be_seen_to(desk: Page) -> None:
    desk.get_by_role("link", name="Drift: 1.").click()
    expect(desk.get_by_role("heading", name="Select drift to")).to_be_visible()
