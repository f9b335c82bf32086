"""“Why?” in a real browser, from the player's page to the answer: wide and narrow, light and dark."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from campaigns.tests.factories import CampaignFactory, SegmentFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

PASSWORD = "for-the-browser-1"
STANDARD = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
SHOTS = os.environ.get("SCREENSHOTS_TO", "")


@pytest.fixture
def desk(tab: Page, live_server: LiveServer) -> Page:
    """The admin, signed in."""
    User.objects.create_superuser("olga", password=PASSWORD)
    tab.goto(f"{live_server.url}/admin/login/?next=/admin/")
    tab.fill("#id_username", "olga")
    tab.fill("#id_password", PASSWORD)
    tab.click("[type=submit]")
    expect(tab).to_have_url(f"{live_server.url}/admin/")
    return tab


def look_at(page: Page, name: str) -> None:
    """Nothing stands out of the page or is hard to read, whatever the screen and the scheme."""
    assert page.context.browser is not None
    # The checker styles what it looks at, which the policy of the page does not allow.
    context = page.context.browser.new_context(storage_state=page.context.storage_state(), bypass_csp=True)
    checked = context.new_page()
    checked.goto(page.url)
    for width in (1280, 390):
        for scheme in ("light", "dark"):
            checked.set_viewport_size({"width": width, "height": 900})
            checked.emulate_media(color_scheme=scheme)
            # Links change their colour by and by.
            checked.evaluate("Promise.allSettled(document.getAnimations().map(one => one.finished))")
            if SHOTS:
                checked.screenshot(path=Path(SHOTS, f"{name}-{width}-{scheme}.png"), full_page=True)
            found = Axe().run(checked, context="#content", options=STANDARD).response["violations"]
            assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
            assert checked.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_from_a_player_to_the_reason(desk: Page, live_server: LiveServer) -> None:
    template = TemplateFactory(name="Welcome", max_grants_per_player=1)
    player = PlayerFactory(external_id="p-1")
    GrantFactory(template=template, player=player, status="forfeited")

    desk.goto(f"{live_server.url}/admin/bonuses/player/{player.pk}/change/")
    desk.get_by_role("link", name="Why no bonus?").click()
    expect(desk.get_by_label("Player")).to_have_value("p-1")
    desk.get_by_label("Template").fill("Welcom")
    desk.get_by_role("button", name="Look").click()
    expect(desk.get_by_text("There is no template “Welcom”.")).to_be_visible()
    look_at(desk, "why-bad-input")

    desk.get_by_label("Template").fill("Welcome")
    desk.get_by_role("button", name="Look").click()
    expect(desk.get_by_role("status")).to_have_text("The player has had this bonus as often as allowed.")
    expect(desk.get_by_text("1 of 1 grant used")).to_be_visible()
    look_at(desk, "why-template")


def test_from_a_campaign_to_the_reason(desk: Page, live_server: LiveServer) -> None:
    AdapterFactory()
    rules = {
        "all": [
            {"field": "total_deposited", "op": "gte", "value": 1000},
            {
                "any": [
                    {"field": "country", "op": "eq", "value": "SE"},
                    {"not": {"field": "attributes.vip", "op": "exists"}},
                ]
            },
        ]
    }
    campaign = CampaignFactory(name="Autumn", segment=SegmentFactory(name="Depositors", rules=rules))
    PlayerFactory(external_id="p-1", country="NO", total_deposited=500)

    desk.goto(f"{live_server.url}/admin/campaigns/campaign/{campaign.pk}/change/")
    desk.get_by_role("link", name="Why no bonus?").click()
    desk.get_by_label("Player").fill("p-1")
    desk.get_by_role("button", name="Look").click()
    expect(desk.get_by_role("status")).to_have_text("The player is not in “Depositors”.")
    expect(desk.get_by_text("the player’s: 500")).to_be_visible()
    look_at(desk, "why-campaign")
