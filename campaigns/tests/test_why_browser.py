"""“Why?” in a real browser, from the player's page to the answer: wide and narrow, light and dark."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bonuses.tests.browser import look_at
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from campaigns.tests.factories import CampaignFactory, SegmentFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


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
    expect(desk.get_by_text("the player’s: €5.00")).to_be_visible()
    look_at(desk, "why-campaign")
