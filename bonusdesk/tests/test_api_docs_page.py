"""The page of the document in a real browser, under the policy that every page has."""

import json

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bonusdesk.tests.contract import operations
from bonuses.models import Player

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

PASSWORD = "for-the-browser-1"
BODY = {"external_id": "from-the-page", "currency": "EUR", "origin": "acme.example"}


def test_it_shows_every_operation_to_a_stranger(tab: Page, live_server: LiveServer) -> None:
    answer = tab.goto(f"{live_server.url}/v1/docs")
    assert answer is not None
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    expect(tab.locator(".opblock")).to_have_count(len(operations()))
    operation = tab.locator("[id$=-createTemplate]")
    operation.locator(".opblock-summary-control").click()
    expect(operation.get_by_text("Welcome 100% match").first).to_be_visible()
    expect(operation.get_by_text("BONUS_CONFIG_INVALID").first).to_be_visible()


def test_a_signed_in_operator_can_try_it_out(tab: Page, live_server: LiveServer) -> None:
    User.objects.create_superuser("olga", password=PASSWORD)
    tab.goto(f"{live_server.url}/admin/login/?next=/v1/docs")
    tab.fill("#id_username", "olga")
    tab.fill("#id_password", PASSWORD)
    tab.click("[type=submit]")
    operation = tab.locator("[id$=-identifyPlayer]")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.locator("textarea.body-param__text").fill(json.dumps(BODY))
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table tbody .response-col_status")).to_contain_text("201")
    assert Player.objects.get().external_id == "from-the-page"
