"""A campaign from its segment to its file, by clicks: the tab fails the test for whatever the browser complains of."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bonuses.models.player import PlayerStatus
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from campaigns.fanout.run import fan_out
from campaigns.fanout.snapshot import ensure_snapshot
from campaigns.models import Campaign
from campaigns.tests.fanning import ScriptedPlatform

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


def add_segment(desk: Page, url: str) -> None:
    desk.goto(f"{url}/admin/campaigns/segment/add/")
    desk.get_by_label("Name").fill("Swedes")
    desk.get_by_label("Kind").select_option("rules")
    expect(desk.get_by_text("Add a rule to see who matches.")).to_be_visible()
    desk.get_by_role("button", name="Add a rule").click()
    desk.get_by_label("Field of rule 1").select_option("Country")
    desk.get_by_label("Value of rule 1").fill("Sweden")
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(desk.get_by_text("Must be an ISO 3166-1 alpha-2 code, such as DE.")).to_be_visible()
    expect(desk.get_by_label("Value of rule 1")).to_have_value("Sweden")
    desk.get_by_label("Value of rule 1").fill("se")
    desk.get_by_label("Value of rule 1").blur()
    expect(desk.get_by_text("4 players match.")).to_be_visible()
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(desk.get_by_text("4 players now")).to_be_visible()


def add_campaign(desk: Page, url: str) -> None:
    desk.goto(f"{url}/admin/campaigns/campaign/")
    desk.get_by_role("link", name="Build in steps").click()
    go_on = desk.get_by_role("button", name="Save and go on")
    desk.get_by_label("Name").fill("Midsummer")
    desk.get_by_label("Segment").select_option(label="Swedes")
    expect(desk.get_by_text("4 players match.")).to_be_visible()
    go_on.click()
    desk.get_by_label("Bonus template").select_option(label="Ten euros (no deposit)")
    expect(desk.get_by_text("€10 without a deposit")).to_be_visible()
    go_on.click()
    expect(desk.get_by_label("By hand, when somebody issues it")).to_be_checked()
    go_on.click()
    desk.get_by_label("Budget").fill("25.005")
    go_on.click()
    expect(desk.get_by_text("EUR has 2 decimals, and 25.005 has more.")).to_be_visible()
    desk.get_by_label("Budget").fill("25.00")
    go_on.click()
    expect(desk.get_by_text("4 in the audience, 0 held out.")).to_be_visible()
    go_on.click()
    expect(desk.get_by_role("row", name="Audience 4")).to_be_visible()
    expect(desk.get_by_role("row", name="Budget €25.00")).to_be_visible()
    desk.get_by_role("link", name="Keep it as a draft").click()
    expect(desk.get_by_role("link", name="Builder")).to_be_visible()


def issue(desk: Page) -> None:
    desk.get_by_role("link", name="Preview", exact=True).click()
    expect(desk.get_by_role("row", name="Audience 4")).to_be_visible()
    expect(desk.get_by_role("row", name="The player is blocked PLAYER_BLOCKED 1")).to_be_visible()
    expect(desk.get_by_role("button", name="Issue now")).to_have_count(0)
    desk.get_by_role("link", name="Close").click()
    desk.get_by_role("link", name="Issue", exact=True).click()
    desk.get_by_role("button", name="Issue now").click()
    expect(desk.get_by_text("The campaign is being issued.")).to_be_visible()
    expect(desk.get_by_text("The audience is being gathered.")).to_be_visible()


def test_from_the_segment_to_the_file(
    desk: Page, live_server: LiveServer, scripted: type[ScriptedPlatform], tmp_path: Path
) -> None:
    for name in ("ann", "ben", "=carl"):
        PlayerFactory(external_id=name, country="SE")
    PlayerFactory(external_id="dora", country="SE", status=PlayerStatus.BANNED)
    PlayerFactory(country="FI")
    TemplateFactory(name="Ten euros")
    add_segment(desk, live_server.url)
    add_campaign(desk, live_server.url)
    issue(desk)

    # The page follows by itself what the workers do.
    campaign = Campaign.objects.get()
    ensure_snapshot(campaign)
    bar = desk.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "0")
    fan_out(campaign.pk)
    expect(desk.get_by_text("The budget is used up. Raise it, then resume.")).to_be_visible()
    assert int(bar.get_attribute("aria-valuenow") or 0) >= 50

    desk.get_by_label("Budget").fill("90.00")
    desk.get_by_role("button", name="Save and continue editing").click()
    desk.get_by_role("link", name="Resume").click()
    desk.get_by_role("button", name="Resume").click()
    expect(desk.get_by_text("The campaign goes on.")).to_be_visible()
    fan_out(campaign.pk)
    expect(bar).to_have_attribute("aria-valuenow", "100")
    expect(desk.get_by_role("link", name="Pause")).to_have_count(0)
    expect(desk.get_by_text("€30.00 of €90.00 used").first).to_be_visible()

    with desk.expect_download() as download:
        desk.get_by_role("link", name="Recipients as CSV").click()
    file = tmp_path / "recipients.csv"
    download.value.save_as(file)
    with file.open(newline="") as opened:
        rows = {row["external_id"]: (row["status"], row["reason"]) for row in csv.DictReader(opened)}
    assert rows == {
        "ann": ("granted", ""),
        "ben": ("granted", ""),
        "'=carl": ("granted", ""),
        "dora": ("skipped", "PLAYER_BLOCKED"),
    }
    desk.get_by_role("link", name="Result", exact=True).click()
    expect(desk.get_by_role("row", name="Given 3")).to_be_visible()
    expect(desk.get_by_role("img", name="Grants given and completed by day")).to_be_visible()
    desk.get_by_role("link", name="Back to the campaign").click()
    desk.locator(".object-tools").get_by_role("link", name="Recipients", exact=True).click()
    expect(desk.get_by_role("row", name="dora skipped The player is banned.")).to_be_visible()


def test_no_page_breaks_a_rule_of_its_own_policy(desk: Page, live_server: LiveServer) -> None:
    for path in (
        "campaign/",
        "campaign/add/",
        "campaign/build/",
        "segment/",
        "segment/add/",
        "segment/add/?as=json",
        "segment/csv/",
        "recipient/",
    ):
        answer = desk.goto(f"{live_server.url}/admin/campaigns/{path}")
        assert answer is not None, path
        assert answer.status == 200, path
        assert "script-src 'self'" in answer.headers["content-security-policy"], path
