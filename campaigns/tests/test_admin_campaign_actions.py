"""Issue, pause, resume and cancel in the admin: a GET shows what would happen, a POST does it."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from bonuses.models.player import PlayerStatus
from bonuses.services.stop import stop
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from campaigns.models import Campaign
from campaigns.services.pause_campaign import pause_campaign
from campaigns.services.resume_campaign import resume_campaign
from campaigns.tests.admin_pages import member, page, seen, table
from campaigns.tests.begun import begun
from campaigns.tests.factories import CampaignFactory
from integrations.tests.admin_client import INLINE, messages_in, signed_in, text

pytestmark = pytest.mark.django_db

MAY = ("campaigns.view_campaign", "campaigns.issue_campaign")
ACTIONS = ("issue/", "pause/", "resume/", "cancel/")
NUMBERS = "What it would come to now"


def stored(campaign: Campaign) -> dict[str, Any]:
    return dict(Campaign.objects.filter(pk=campaign.pk).values().get())


def test_the_preview_says_who_is_given_what_and_what_it_costs() -> None:
    AdapterFactory()
    template = TemplateFactory(max_win_cap=5000)
    given = [PlayerFactory(external_id="ann"), PlayerFactory(external_id="ben")]
    PlayerFactory(external_id="carl", status=PlayerStatus.BANNED)
    PlayerFactory(external_id="dora", status=PlayerStatus.SELF_EXCLUDED)
    GrantFactory(template=template, player=PlayerFactory(external_id="eve"))
    campaign = CampaignFactory(template=template, budget_amount=1500)
    before = stored(campaign)

    response = signed_in("campaigns.view_campaign").get(page(campaign, "preview/"))
    assert table(response, NUMBERS) == [
        ["Audience", "5"],
        ["Would be given the bonus", "2"],
        ["Would be skipped", "3"],
        ["Expected cost, at face value and within the budget", "€10.00"],
        ["Worst cost: the most that can become real money", "€100.00"],
    ]
    assert table(response, "Who would be skipped") == [
        ["The player is blocked", "PLAYER_BLOCKED", "2"],
        ["Holds a live grant of this template", "LIVE_GRANT", "1"],
    ]
    sample = {row[0].partition(">")[2].removesuffix("</a>"): row[1:] for row in table(response, "Some of the audience")}
    assert sample["ann"] == sample["ben"] == ["granted", "€10.00", "-"]
    assert sample["carl"] == ["skipped", "-", "The player is banned."]
    assert sample["eve"] == ["skipped", "-", "The player holds a live grant of this template."]
    assert str(given[0].pk) in text(response)
    assert 'value="Issue now"' not in text(response)
    assert INLINE.search(text(response)) is None
    assert stored(campaign) == before


def test_issues_what_was_previewed() -> None:
    AdapterFactory()
    PlayerFactory()
    campaign = CampaignFactory()
    client = signed_in(*MAY)
    before = stored(campaign)
    response = client.get(page(campaign, "issue/"))
    assert table(response, NUMBERS)[0] == ["Audience", "1"]
    assert 'value="Issue now"' in text(response)
    assert stored(campaign) == before

    response = client.post(page(campaign, "issue/"), seen(campaign), follow=True)
    assert messages_in(response) == ["The campaign is being issued."]
    row = stored(campaign)
    assert (row["status"], row["issued_by"], row["revision_id"]) == ("issuing", "olga", campaign.template.revision_id)
    assert LogEntry.objects.get().get_change_message() == "The campaign is being issued."


def test_the_second_click_issues_nothing() -> None:
    campaign = CampaignFactory()
    client, sent = signed_in(*MAY), seen(campaign)
    client.post(page(campaign, "issue/"), sent)
    before = stored(campaign)

    response = client.post(page(campaign, "issue/"), sent, follow=True)
    said = "This was changed after you had opened the page. It is issuing now. Look at it again first."
    assert messages_in(response)[-1] == f"Nothing was done. {said}"
    assert stored(campaign) == before
    assert LogEntry.objects.count() == 1


def test_what_somebody_changed_after_the_preview_is_not_issued() -> None:
    campaign = CampaignFactory()
    sent = seen(campaign)
    campaign.budget_amount = 1
    campaign.save()
    response = signed_in(*MAY).post(page(campaign, "issue/"), sent, follow=True)
    assert "It is draft now. Look at it again first." in messages_in(response)[0]
    assert stored(campaign)["status"] == "draft"


@pytest.mark.parametrize("given", [{}, {"seen": ""}, {"seen": "yesterday"}])
def test_nothing_is_issued_that_was_not_seen(given: dict[str, str]) -> None:
    campaign = CampaignFactory()
    signed_in(*MAY).post(page(campaign, "issue/"), given)
    assert stored(campaign)["status"] == "draft"


def test_what_stands_in_the_way_is_said_before_and_refused_after() -> None:
    campaign = CampaignFactory()
    client, sent = signed_in(*MAY), seen(campaign)
    stop(scope="campaign", target=campaign.pk, reason="a leak", by="boss")

    shown = text(client.get(page(campaign, "issue/")))
    assert "It can't be issued now." in shown
    assert 'value="Issue now"' not in shown
    response = client.post(page(campaign, "issue/"), sent, follow=True)
    assert messages_in(response)[0].startswith("Nothing was done. ")
    assert stored(campaign)["status"] == "draft"


def test_pauses_with_a_reason() -> None:
    campaign = begun()
    client = signed_in(*MAY)
    assert client.get(page(campaign, "pause/")).status_code == 200
    assert stored(campaign)["status"] == "issuing"
    client.post(page(campaign, "pause/"), {"reason": ""})
    assert stored(campaign)["status"] == "issuing"

    client.post(page(campaign, "pause/"), {"reason": "wrong segment"})
    row = stored(campaign)
    assert (row["status"], row["status_reason"]) == ("paused", "Paused by olga: wrong segment")


def test_resumes_what_was_seen_paused() -> None:
    campaign = begun("paused", status_reason="Paused by anna: a doubt")
    client, sent = signed_in(*MAY), seen(campaign)
    assert "The reason of its pause: Paused by anna: a doubt" in text(client.get(page(campaign, "resume/")))
    assert stored(campaign)["status"] == "paused"

    client.post(page(campaign, "resume/"), sent)
    assert (stored(campaign)["status"], stored(campaign)["status_reason"]) == ("issuing", "")


def test_a_pause_that_was_not_seen_is_not_undone() -> None:
    campaign = begun("paused", status_reason="Paused by anna: a doubt")
    sent = seen(campaign)
    resume_campaign(campaign_id=campaign.pk, by="anna")
    pause_campaign(campaign_id=campaign.pk, by="boss", reason="a leak")

    response = signed_in(*MAY).post(page(campaign, "resume/"), sent, follow=True)
    assert "It is paused now. Look at it again first." in messages_in(response)[0]
    assert stored(campaign)["status_reason"] == "a leak"


@pytest.mark.parametrize("status", ["draft", "scheduled", "issuing", "paused"])
def test_cancels_with_a_reason(status: str) -> None:
    campaign = begun(status)
    client = signed_in(*MAY)
    assert "This can&#x27;t be undone." in text(client.get(page(campaign, "cancel/")))
    assert stored(campaign)["status"] == status

    client.post(page(campaign, "cancel/"), {"reason": "wrong template"})
    row = stored(campaign)
    assert (row["status"], row["status_reason"]) == ("cancelled", "Cancelled by olga: wrong template")


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("issuing", "issue/"),
        ("paused", "issue/"),
        ("draft", "pause/"),
        ("paused", "pause/"),
        ("issued", "pause/"),
        ("draft", "resume/"),
        ("issuing", "resume/"),
        ("cancelled", "resume/"),
        ("issued", "cancel/"),
        ("cancelled", "cancel/"),
    ],
)
def test_what_can_not_be_done_is_said(status: str, action: str) -> None:
    campaign = begun(status)
    client, before = signed_in(*MAY), stored(campaign)
    asked = client.get(page(campaign, action), follow=True)
    assert messages_in(asked) == [f"Nothing was done. The campaign is {status}."]

    told = client.post(page(campaign, action), {"reason": "because", **seen(campaign)}, follow=True)
    assert messages_in(told) == [f"Nothing was done. The campaign is {status}."]
    assert stored(campaign) == before
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "operator", "manager", "admin"])
@pytest.mark.parametrize("action", ACTIONS)
def test_who_may(role: str, action: str) -> None:
    campaign = begun({"issue/": "draft", "resume/": "paused"}.get(action, "issuing"))
    client, before = member(role), stored(campaign)
    allowed = role != "viewer"
    assert client.get(page(campaign, action)).status_code == (200 if allowed else 403)
    assert stored(campaign) == before
    sent = client.post(page(campaign, action), {"reason": "because", **seen(campaign)})
    assert sent.status_code == (302 if allowed else 403)
    assert (stored(campaign) == before) is not allowed


def test_the_right_to_change_is_not_the_right_to_issue() -> None:
    campaign = CampaignFactory()
    client = signed_in("campaigns.view_campaign", "campaigns.add_campaign", "campaigns.change_campaign")
    assert {client.post(page(campaign, action), seen(campaign)).status_code for action in ACTIONS} == {403}
    assert 'href="' + page(campaign, "issue/") not in text(client.get(page(campaign)))
    assert stored(campaign)["status"] == "draft"
