"""The page of a campaign says how it stands, and keeps saying it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse

from bonuses.services.stop import stop
from campaigns.admin.progress import progress_of
from campaigns.models import Campaign, Recipient
from campaigns.tests.admin_pages import RECIPIENTS, member, page, table
from campaigns.tests.begun import begun, with_recipients
from campaigns.tests.factories import CampaignFactory
from integrations.tests.admin_client import INLINE, signed_in, text

pytestmark = pytest.mark.django_db

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
WHY_NOT = "Why some were given nothing"
BUTTONS = ("Issue", "Pause", "Resume", "Cancel", "Preview", "Recipients", "Stop issuing")


def running(status: str = "issuing", **fields: Any) -> Campaign:
    common = {"audience_count": 5, "holdout_count": 2, "snapshot_at": NOON, "issued_by": "anna", "created_by": "ben"}
    campaign = begun(status, **common, **fields)
    campaign.issued_at = NOON
    campaign.save()
    return campaign


def rows_of(response: Any) -> dict[str, str]:
    return {name: str(value) for name, value in response.context["status"]["rows"]}


def buttons(response: Any) -> list[str]:
    return [name for name in BUTTONS if f">{name}</a></li>" in text(response)]


@pytest.mark.parametrize(
    ("stats", "percent", "done"),
    [
        ({"pending": 0, "granted": 0, "skipped": 0, "failed": 0}, 100, 0),
        ({"pending": 3, "granted": 0, "skipped": 0, "failed": 0}, 0, 0),
        ({"pending": 1, "granted": 999_998, "skipped": 0, "failed": 1}, 99, 999_999),
        ({"pending": 0, "granted": 1, "skipped": 1, "failed": 1}, 100, 3),
    ],
)
def test_it_is_through_when_nobody_is_pending(stats: dict[str, int], percent: int, done: int) -> None:
    progress = progress_of(stats)
    assert (progress.percent, progress.done, progress.total) == (percent, done, sum(stats.values()))


def test_everything_about_a_campaign_that_runs() -> None:
    campaign = running(budget_amount=500_000, budget_used=123_456)
    with_recipients(campaign, ["granted", "granted", "skipped", "failed", "pending"])
    response = signed_in("campaigns.view_campaign").get(page(campaign))
    rows = rows_of(response)
    assert rows.pop("made").endswith(" by ben")
    assert rows == {
        "pending": "1",
        "granted": "2",
        "skipped": "1",
        "failed": "1",
        "audience": "5",
        "held out": "2",
        "budget": "€1,234.56 of €5,000.00 used",
        "issued": "1 Jun 2030 12:00:00 by anna",
    }
    shown = text(response)
    assert 'role="progressbar"' in shown
    assert 'aria-valuenow="80"' in shown
    assert f'hx-get="{page(campaign, "status/")}?was=issuing&amp;said=80" hx-trigger="every 2s"' in shown
    assert INLINE.search(shown) is None


def test_its_numbers_lead_to_those_recipients() -> None:
    campaign = running()
    with_recipients(campaign, ["granted", "pending"])
    response = signed_in("campaigns.view_campaign", "campaigns.view_recipient").get(page(campaign))
    rows = rows_of(response)
    assert rows["granted"] == f'<a href="{RECIPIENTS}?campaign={campaign.pk}&amp;status=granted">1</a>'
    assert rows["skipped"] == "0"


def test_a_draft_has_no_numbers_yet() -> None:
    campaign = CampaignFactory()
    response = member("viewer").get(page(campaign))
    assert list(rows_of(response)) == ["budget", "made"]
    assert rows_of(response)["budget"] == "€0.00 used, no limit"
    assert "progressbar" not in text(response)
    assert "hx-trigger" not in text(response)
    assert buttons(response) == ["Preview"]


def test_while_the_audience_is_gathered_it_says_so() -> None:
    response = member("viewer").get(page(begun()))
    assert "The audience is being gathered." in text(response)
    assert "hx-trigger" in text(response)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("BUDGET_EXHAUSTED", "The budget is used up. Raise it, then resume."),
        ("ADAPTER_PAUSED: acme", "The platform is switched off for now. (acme)"),
        ("ISSUING_STOPPED: a <leak>", "A kill switch was used. (a &lt;leak&gt;)"),
        ("Paused by anna: a <doubt>", "Paused by anna: a &lt;doubt&gt;"),
    ],
)
def test_why_it_is_paused(reason: str, said: str) -> None:
    shown = text(member("viewer").get(page(running("paused", status_reason=reason))))
    assert said in shown
    assert "hx-trigger" not in shown


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        ("draft", ["Issue", "Cancel", "Preview"]),
        ("scheduled", ["Issue", "Cancel", "Preview"]),
        ("issuing", ["Pause", "Cancel", "Recipients"]),
        ("paused", ["Resume", "Cancel", "Recipients"]),
        ("issued", ["Recipients"]),
        ("cancelled", ["Recipients"]),
    ],
)
def test_what_can_be_done_with_it(status: str, offered: list[str]) -> None:
    campaign = CampaignFactory(status=status) if status in {"draft", "scheduled"} else running(status)
    assert buttons(member("operator").get(page(campaign))) == offered


def test_a_kill_switch_that_holds_it_is_named_and_linked() -> None:
    campaign = running()
    boss = member("admin")
    assert buttons(boss.get(page(campaign)))[-1] == "Stop issuing"
    assert f"/admin/bonuses/stop/add/?scope=campaign&amp;target={campaign.pk}" in text(boss.get(page(campaign)))
    stop(scope="campaign", target=campaign.pk, reason="a <leak>", by="boss")
    stop(scope="campaign", target=CampaignFactory().pk, reason="another one's", by="boss")

    shown = text(boss.get(page(campaign, "status/")))
    assert "A kill switch holds it:" in shown
    assert "one campaign</a>: a &lt;leak&gt; (boss)" in shown
    linked = reverse("admin:bonuses_stop_change", args=[f"campaign:{campaign.pk}"])
    assert f'href="{linked}"' in shown
    assert boss.get(linked).status_code == 200
    assert "another one" not in shown
    assert "Stop issuing" not in buttons(boss.get(page(campaign)))


def test_the_box_alone_is_for_those_who_may_see_the_campaign() -> None:
    campaign = running()
    with_recipients(campaign, ["granted", "pending"])
    assert member("viewer").get(page(campaign, "status/")).status_code == 200
    assert signed_in("campaigns.view_recipient").get(page(campaign, "status/")).status_code == 403
    shown = text(member("operator").get(page(campaign, "status/")))
    assert shown.lstrip().startswith('<section class="module campaign-status" data-status="issuing"')
    assert 'aria-valuenow="50"' in shown


def test_why_some_were_given_nothing() -> None:
    campaign = running("issued")
    made = with_recipients(campaign, ["granted", "skipped", "skipped", "skipped", "failed"])
    for recipient, reason in zip(made, ["", "LIVE_GRANT", "PLAYER_BLOCKED", "LIVE_GRANT", "E-17 <x>"], strict=True):
        Recipient.objects.filter(pk=recipient.pk).update(reason=reason)

    rows = table(signed_in("campaigns.view_campaign").get(page(campaign)), WHY_NOT)
    assert [[row[0], row[2]] for row in rows] == [["skipped", "2"], ["failed", "1"], ["skipped", "1"]]
    assert rows[0][1] == '<span title="LIVE_GRANT">Holds a live grant of this template</span>'
    assert rows[1][1] == "E-17 <x>"

    response = member("viewer").get(page(campaign))
    linked = f'<a href="{RECIPIENTS}?campaign={campaign.pk}&amp;status=skipped&amp;reason=LIVE_GRANT">2</a>'
    assert table(response, WHY_NOT)[0][2] == linked
    assert "E-17 &lt;x&gt;" in text(response)
