"""Four eyes, by clicks: one makes a campaign and can't begin it, the other looks and approves, and then it begins."""

import pytest
from django.contrib.auth.models import Permission, User
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from bonuses.tests.browser import PASSWORD, sign_in
from bonuses.tests.factories import AdapterFactory, PlayerFactory, TemplateFactory
from campaigns.models import Campaign
from campaigns.tests.factories import SegmentFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

LOOKS = ("view_campaign", "view_segment", "view_bonustemplate", "view_approval")
MAKES = (*LOOKS, "add_campaign", "change_campaign", "issue_campaign")
APPROVES = (*LOOKS, "approve_campaign")


def test_it_takes_two(tab: Page, live_server: LiveServer, settings: Settings) -> None:
    settings.CAMPAIGN_APPROVAL_THRESHOLD = 1000
    for name, may in (("olga", MAKES), ("max", APPROVES)):
        user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=may))
    AdapterFactory()
    PlayerFactory()
    PlayerFactory()
    SegmentFactory(name="Everybody")
    TemplateFactory(name="Ten euros")

    sign_in(tab, live_server.url, "olga")
    tab.goto(f"{live_server.url}/admin/campaigns/campaign/add/")
    tab.get_by_label("Name").fill("Midsummer")
    tab.locator("#id_segment").select_option(label="Everybody")
    tab.locator("#id_template").select_option(label="Ten euros (no deposit)")
    tab.get_by_role("button", name="Save and continue editing").click()
    tab.get_by_role("link", name="Issue", exact=True).click()
    expect(tab.get_by_text("It costs €20.00, and needs the approval of a second person.")).to_be_visible()
    expect(tab.get_by_role("button", name="Issue now")).to_have_count(0)
    page = f"{live_server.url}/admin/campaigns/campaign/{Campaign.objects.get().pk}"

    sign_in(tab, live_server.url, "max")
    tab.goto(f"{page}/change/")
    tab.get_by_role("link", name="Approve", exact=True).click()
    expect(tab.get_by_role("row", name="Cost, at face value and within the budget €20.00")).to_be_visible()
    expect(tab.get_by_role("row", name="Made by olga")).to_be_visible()
    tab.get_by_role("button", name="Approve").click()
    expect(tab.get_by_text("The campaign is approved.")).to_be_visible()
    expect(tab.get_by_role("row", name="Approved max 2 €20.00")).to_be_visible()
    expect(tab.get_by_role("link", name="Withdraw the approval")).to_be_visible()

    sign_in(tab, live_server.url, "olga")
    tab.goto(f"{page}/issue/")
    tab.get_by_role("button", name="Issue now").click()
    expect(tab.get_by_text("The campaign is being issued.")).to_be_visible()
