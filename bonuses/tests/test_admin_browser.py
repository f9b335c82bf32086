"""The admin in a real browser: what only a browser notices, such as a breach of the Content-Security-Policy."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bonuses.tests.factories import GrantFactory

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
