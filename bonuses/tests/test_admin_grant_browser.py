"""Grants in a real browser: issued, looked at, cancelled one by one and many at once, on a wide screen and a narrow."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bonuses.models import CancelJob, Grant
from bonuses.services.cancel_many import carry_on
from bonuses.tests.browser import SHOTS, look_at
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from bonuses.tests.platform_reports import deliver

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


@pytest.fixture
def desk(desk: Page, platform: type[FakePlatform]) -> Page:
    """With a platform to call."""
    AdapterFactory(kind=KIND)
    return desk


def test_issued_by_hand_looked_at_and_cancelled(desk: Page, live_server: LiveServer) -> None:
    TemplateFactory(name="Welcome", wagering_requirement_multiplier=30, time_limit_hours=720)
    PlayerFactory(external_id="player-77")

    desk.goto(f"{live_server.url}/admin/bonuses/grant/add/")
    desk.get_by_label("Template").select_option(label="Welcome")
    desk.get_by_label("Player").fill("player-78")
    desk.get_by_label("Reason").fill("a birthday")
    desk.get_by_role("button", name="Continue").click()
    expect(desk.get_by_text("There is no player “player-78”.")).to_be_visible()
    desk.get_by_label("Player").fill("player-77")
    look_at(desk, "grant-issue")
    desk.get_by_role("button", name="Continue").click()
    expect(desk.get_by_text("€300.00 before it turns into real money")).to_be_visible()
    if SHOTS:
        desk.screenshot(path=Path(SHOTS, "grant-issue-confirm.png"), full_page=True)
    assert not Grant.objects.exists()
    desk.get_by_role("button", name="Change").click()
    expect(desk.get_by_label("Reason")).to_have_value("a birthday")
    desk.get_by_role("button", name="Continue").click()
    desk.get_by_role("button", name="Issue").click()
    expect(desk.get_by_text("The grant is active.")).to_be_visible()

    grant = Grant.objects.select_related("adapter").get()
    deliver(grant, "bonus.wagered", {"total_wagered": 5000})
    desk.reload()
    timeline = desk.get_by_role("region", name="Its life")
    expect(timeline.get_by_text("a birthday")).to_be_visible()
    expect(timeline.get_by_text('"total_wagered": 5000')).to_be_hidden()
    timeline.get_by_text("Raw payload of bonus.wagered").click()
    expect(timeline.get_by_text('"total_wagered": 5000')).to_be_visible()
    look_at(desk, "grant")

    desk.get_by_role("link", name="Cancel this grant").click()
    expect(desk.get_by_text("the player sees it go")).to_be_visible()
    look_at(desk, "grant-cancel", dialog="Cancel this grant")
    desk.get_by_label("Reason").fill("given by mistake")
    desk.get_by_role("button", name="Cancel the grant").click()
    expect(desk.get_by_text("The grant is cancelled.")).to_be_visible()
    expect(timeline.get_by_text("given by mistake").first).to_be_visible()


def test_many_are_chosen_confirmed_and_watched(desk: Page, live_server: LiveServer) -> None:
    adapter = AdapterFactory(kind=KIND)
    GrantFactory.create_batch(60, adapter=adapter)
    GrantFactory(adapter=adapter, status="completed")

    desk.goto(f"{live_server.url}/admin/bonuses/grant/?status__exact=active")
    look_at(desk, "grants", ours=".grant-pages")
    desk.get_by_role("link", name="Older").click()
    expect(desk.get_by_text("60 grants")).to_be_visible()
    desk.get_by_role("link", name="Newest").click()
    desk.locator("#action-toggle").check()
    desk.get_by_role("button", name="Select all that match, 60").click()
    desk.get_by_label("Action:").select_option(label="Cancel all selected")
    desk.get_by_role("button", name="Go").click()
    expect(desk.get_by_role("heading", name="Cancel 60 grants?")).to_be_visible()
    look_at(desk, "grants-cancel")
    desk.get_by_label("Reason").fill("a leak")
    desk.get_by_role("button", name="Cancel 60 grants").click()
    expect(desk.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "0")
    look_at(desk, "cancellation-running")

    # The page reads by itself how far it is, and what it can do no more is gone in the end.
    assert carry_on() == 60
    expect(desk.get_by_text("Done: 60 of 60.")).to_be_visible()
    expect(desk.get_by_role("button", name="Stop")).to_be_hidden()
    look_at(desk, "cancellation")
    assert CancelJob.objects.get().status == "done"
    assert set(Grant.objects.values_list("status", flat=True)) == {"cancelled", "completed"}
