"""Money on a campaign's page in a real browser: the currency beside the deposit follows what is chosen."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bonuses.tests.browser import look_at
from bonuses.tests.factories import TemplateFactory
from campaigns.models import Campaign
from campaigns.tests.admin_pages import page
from campaigns.tests.factories import CampaignFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


def test_the_currency_follows_and_what_is_typed_is_stored(desk: Page, live_server: LiveServer) -> None:
    campaign = CampaignFactory(deposit_amount=5000, budget_amount=250_000)
    yen = TemplateFactory(name="Yen", config={"amount": 1000, "currency": "JPY"})
    desk.goto(f"{live_server.url}{page(campaign)}")
    unit = desk.locator("#unit_deposit_amount")
    expect(desk.locator("#id_deposit_amount")).to_have_value("50.00")
    expect(unit).to_have_text("EUR")
    look_at(desk, "campaign-money")

    desk.locator("#id_template").select_option(str(yen.pk))
    expect(unit).to_have_text("JPY")
    desk.locator("[name=_continue]").click()
    expect(desk.get_by_text("JPY has 0 decimals, and 50.00 has more.")).to_be_visible()

    desk.locator("#id_currency_override").fill("kwd")
    desk.locator("#id_currency_override").press("Tab")
    expect(unit).to_have_text("KWD")
    # It is asked for once more: what a window of its own has chosen, the page is not told.
    with desk.expect_response(lambda response: "/currency/" in response.url):
        desk.locator("#id_deposit_amount").fill("1.5")
    desk.locator("[name=_continue]").click()
    expect(desk.locator("#id_deposit_amount")).to_have_value("1.500")
    row = Campaign.objects.get()
    assert (row.deposit_amount, row.currency_override, row.budget_amount) == (1500, "KWD", 250_000)
