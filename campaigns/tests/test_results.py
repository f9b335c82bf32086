"""What has come of a campaign, by day: numbers, page and picture."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bonuses.tests.factories import GrantFactory
from campaigns.admin import result_pages
from campaigns.models import Campaign
from campaigns.results import Result, results_by_day, total_of
from campaigns.tests.admin_pages import member, page, table
from campaigns.tests.begun import begun
from campaigns.tests.factories import CampaignFactory
from integrations.admin.charts import THEMES
from integrations.tests.admin_client import INLINE, signed_in, text
from integrations.time_limit import TookTooLong

pytestmark = pytest.mark.django_db

NOT_IN_A_PICTURE = re.compile(r"<script|<foreignObject|<image|href=|https?://(?!www\.w3\.org/(2000/svg|1999/xlink)\b)")
BY_HTMX = {"HTTP_HX_REQUEST": "true"}
MONDAY, TUESDAY = datetime(2030, 6, 3, 12, tzinfo=UTC), datetime(2030, 6, 4, tzinfo=UTC)


def given(campaign: Campaign, at: datetime, **fields: Any) -> None:
    GrantFactory(campaign_id=campaign.pk, created_at=at, granted_by_kind="campaign", **fields)


@pytest.fixture
def campaign() -> Campaign:
    """€10 each, of which two turned into real money, one of them in dollars."""
    made = begun(snapshot_at=MONDAY)
    given(made, TUESDAY)
    given(made, MONDAY, status="completed", bonus_turned_real=700)
    given(
        made,
        MONDAY,
        status="auto_completed",
        currency="USD",
        exchange_rate=Decimal("0.5"),
        amount_base=500,
        bonus_turned_real=301,
    )
    given(made, MONDAY, status="expired")
    given(made, MONDAY, status="cancelled")
    given(made, MONDAY, status="cancelled", platform_bonus_id="")
    given(made, MONDAY, status="queued")
    given(made, MONDAY, status="failed")
    given(begun(), MONDAY)
    return made


def test_they_are_those_of_what_was_given(campaign: Campaign) -> None:
    days = results_by_day(campaign)
    assert list(days) == [date(2030, 6, 3), date(2030, 6, 4)]
    # 3.01 dollars are 1.505 euros, rounded to the even cent.
    monday = Result(given=4, cost=3500, live=0, completed=2, ended=2, turned_real=700 + 150)
    tuesday = Result(given=1, cost=1000, live=1, completed=0, ended=0, turned_real=0)
    assert list(days.values()) == [monday, tuesday]
    assert total_of(days) == Result(given=5, cost=4500, live=1, completed=2, ended=2, turned_real=850)


def test_they_are_one_statement(campaign: Campaign, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        results_by_day(campaign)


def test_nothing_given_is_no_days() -> None:
    assert results_by_day(begun()) == {}


def test_the_page_asks_for_them_by_itself(campaign: Campaign) -> None:
    frame = text(member("viewer").get(page(campaign, "result/")))
    assert f'hx-get="{page(campaign, "result/")}" hx-trigger="load"' in frame
    assert "All together" not in frame
    assert INLINE.search(frame) is None


@pytest.mark.parametrize(("name", "headers"), [("result/", BY_HTMX), ("result/?whole", {})])
def test_numbers_and_days(campaign: Campaign, name: str, headers: dict[str, str]) -> None:
    response = member("viewer").get(page(campaign, name), **headers)
    assert table(response, "All together") == [
        ["Given", "5"],
        ["Cost, at face value", "€45.00"],
        ["Completed", "2"],
        ["Completed, of those given", "40.0 %"],
        ["Still live", "1"],
        ["Ended otherwise", "2"],
        ["Turned into real money", "€8.50"],
    ]
    assert table(response, "By the day they were given") == [
        ["4 Jun 2030", "1", "€10.00", "0", "1", "0", "€0.00"],
        ["3 Jun 2030", "4", "€35.00", "2", "0", "2", "€8.50"],
    ]
    for theme in ("light", "dark"):
        assert f'class="on-{theme}" src="{page(campaign, "result.svg")}?theme={theme}"' in text(response)
    assert 'alt="Grants given and completed by day' in text(response)


@pytest.mark.parametrize("theme", THEMES)
def test_a_picture_of_the_same(campaign: Campaign, theme: str) -> None:
    response = member("viewer").get(page(campaign, "result.svg"), {"theme": theme})
    assert response["Content-Type"] == "image/svg+xml"
    shown = text(response)
    assert "3 Jun" in shown
    assert "4 Jun" in shown
    assert NOT_IN_A_PICTURE.search(shown) is None
    policy = response["Content-Security-Policy"]
    assert "style-src 'unsafe-inline'" in policy
    assert "script-src 'none'" in policy


def test_there_is_no_other_theme(campaign: Campaign) -> None:
    assert member("viewer").get(page(campaign, "result.svg"), {"theme": "neon"}).status_code == 404


def test_it_is_not_counted_anew_for_the_picture(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    client = member("viewer")
    client.get(page(campaign, "result/"), **BY_HTMX)

    def again(_: Campaign) -> None:
        raise AssertionError

    monkeypatch.setattr(result_pages, "results_by_day", again)
    assert "4 Jun" in text(client.get(page(campaign, "result.svg")))


def test_what_takes_too_long_is_said(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_: Campaign) -> None:
        raise TookTooLong

    monkeypatch.setattr(result_pages, "results_by_day", slow)
    client = member("viewer")
    assert "Counting took too long." in text(client.get(page(campaign, "result/"), **BY_HTMX))
    assert client.get(page(campaign, "result.svg")).status_code == 200


def test_one_that_gave_nothing_has_no_picture() -> None:
    shown = text(member("viewer").get(page(begun(), "result/"), **BY_HTMX))
    assert "Nothing was given so far." in shown
    assert "<img" not in shown


def test_long_campaigns_show_the_newest_days(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_pages, "DAYS_SHOWN", 1)
    response = member("viewer").get(page(campaign, "result/"), **BY_HTMX)
    assert [row[0] for row in table(response, "By the day they were given")] == ["4 Jun 2030"]
    assert "1 earlier days are left out here" in text(response)


def test_who_may(campaign: Campaign) -> None:
    stranger = signed_in("bonuses.view_grant")
    assert {stranger.get(page(campaign, path)).status_code for path in ("result/", "result.svg")} == {403}


def test_the_campaign_leads_to_it(campaign: Campaign) -> None:
    linked = f'href="{page(campaign, "result/")}"'
    assert linked in text(member("viewer").get(page(campaign)))
    draft = CampaignFactory()
    assert "/result/" not in text(member("operator").get(page(draft)))
