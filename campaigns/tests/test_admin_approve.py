"""Approve and withdraw in the admin: a GET shows exactly what is approved, a POST approves just that."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_django import Settings

from bonuses.tests.factories import AdapterFactory, PlayerFactory, TemplateFactory
from campaigns.models import Approval, Campaign
from campaigns.services.issue_campaign import issue_campaign
from campaigns.tests.admin_pages import member, page, seen, table
from campaigns.tests.approving import approved, costly, shown
from campaigns.tests.begun import begun
from integrations.tests.admin_client import INLINE, messages_in, signed_in, text

pytestmark = pytest.mark.django_db

MAY = ("campaigns.view_campaign", "campaigns.approve_campaign", "campaigns.view_approval")


@pytest.fixture(autouse=True)
def _threshold(settings: Settings) -> None:
    settings.CAMPAIGN_APPROVAL_THRESHOLD = 500
    AdapterFactory()
    PlayerFactory()


def form_of(response: Any) -> dict[str, Any]:
    return dict(response.context["form"].initial)


def sent(client: Client, campaign: Campaign) -> dict[str, Any]:
    return form_of(client.get(page(campaign, "approve/")))


def test_the_page_shows_exactly_what_is_approved() -> None:
    template = TemplateFactory(max_win_cap=123456, time_limit_hours=72)
    campaign = costly(template=template, budget_amount=250000, holdout_percent=0, edited_by="ben")
    response = signed_in(*MAY).get(page(campaign, "approve/"))
    assert table(response, "What it comes to") == [
        ["Audience", "1"],
        ["Cost, at face value and within the budget", "€10.00"],
        ["Worst cost: the most that can become real money", "€1,234.56"],
    ]
    given = dict(table(response, "How it is given"))
    assert (given["Begins"], given["Budget"], given["Currency"], given["Held out"]) == (
        "By hand",
        "€2,500.00",
        "EUR",
        "0 %",
    )
    assert (given["Made by"].partition(",")[0], given["Changed last by"]) == ("anna", "ben")
    assert "Total deposited is at least 0.00 in the player&#x27;s currency" in given["Segment"]
    terms = dict(table(response, f"Terms: {template}, revision 1"))
    assert (terms["Config: amount"], terms["Max win cap"], terms["Time limit hours"]) == ("€10.00", "€1,234.56", "72")
    assert "It costs €10.00, and needs the approval of a second person." in text(response)
    assert 'value="Approve"' in text(response)
    assert form_of(response) == {"seen": shown(campaign), "cost": 1000}
    assert INLINE.search(text(response)) is None
    assert not Approval.objects.exists()


def test_approves_what_was_shown() -> None:
    campaign, client = costly(), signed_in(*MAY)
    response = client.post(page(campaign, "approve/"), sent(client, campaign), follow=True)
    assert messages_in(response) == ["The campaign is approved."]
    row = Approval.objects.get()
    assert (row.decision, row.by, row.cost) == ("approved", "olga", 1000)
    assert table(response, "Approvals")[0][1:] == ["Approved", "olga", "1", "€10.00", "€10.00", row.hash[:12]]
    assert LogEntry.objects.get().get_change_message() == "The campaign is approved."
    assert "It is approved as it stands." in text(client.get(page(campaign, "approve/")))


def test_what_was_changed_meanwhile_is_shown_anew() -> None:
    campaign, client = costly(), signed_in(*MAY)
    old = sent(client, campaign)
    PlayerFactory()
    response = client.post(page(campaign, "approve/"), old, follow=True)
    assert messages_in(response) == [
        "Nothing was done. It costs more by now than was shown. Look at it again first.",
    ]
    assert form_of(response) == {"seen": shown(campaign), "cost": 2000}
    assert not Approval.objects.exists()


@pytest.mark.parametrize("given", [{}, {"seen": "", "cost": ""}, {"seen": "x" * 65, "cost": "1"}, {"cost": "-1"}])
def test_nothing_is_approved_that_was_not_shown(given: dict[str, str]) -> None:
    campaign = costly()
    response = signed_in(*MAY).post(page(campaign, "approve/"), given, follow=True)
    assert messages_in(response)[0].startswith("Nothing was done. ")
    assert not Approval.objects.exists()


def test_who_made_it_is_told_before_and_refused_after() -> None:
    campaign = costly(created_by="olga")
    client = signed_in(*MAY)
    response = client.get(page(campaign, "approve/"))
    assert "it takes a second person" in text(response)
    assert 'value="Approve"' not in text(response)
    response = client.post(page(campaign, "approve/"), form_of(response), follow=True)
    assert messages_in(response)[0].startswith("Nothing was done. Who made a campaign")
    assert not Approval.objects.exists()


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("operator", 403), ("manager", 200), ("admin", 200)])
def test_who_may(role: str, status: int) -> None:
    campaign, client = costly(), member(role)
    shows = 'approve/"' in text(client.get(page(campaign)))
    assert shows is (status == 200)
    assert client.get(page(campaign, "approve/")).status_code == status
    response = client.post(page(campaign, "approve/"), {"seen": shown(campaign), "cost": 1000}, follow=True)
    assert response.status_code == status
    assert Approval.objects.exists() is (status == 200)


@pytest.mark.parametrize("name", ["approve/", "withdraw/"])
@pytest.mark.parametrize("status", ["issuing", "issued", "cancelled"])
def test_too_late(name: str, status: str) -> None:
    campaign, client = begun(status, created_by="anna"), signed_in(*MAY)
    for response in (client.get(page(campaign, name), follow=True), client.post(page(campaign, name), follow=True)):
        assert messages_in(response)[0].startswith("Nothing was done. The campaign is ")
        assert 'approve/"' not in text(response)
    assert not Approval.objects.exists()


def test_an_approval_is_withdrawn() -> None:
    campaign, client = costly(), signed_in(*MAY)
    assert 'withdraw/"' not in text(client.get(page(campaign)))
    approved(campaign)
    assert 'withdraw/"' in text(client.get(page(campaign)))
    assert "until somebody approves it again" in text(client.get(page(campaign, "withdraw/")))
    assert Approval.objects.count() == 1
    for said in ("The approval is withdrawn.", "Nothing was done. There is no approval to withdraw."):
        assert messages_in(client.post(page(campaign, "withdraw/"), follow=True)) == [said]
    assert list(Approval.objects.values_list("decision", "by")) == [("withdrawn", "olga"), ("approved", "boss")]


def test_the_page_to_issue_says_what_is_missing() -> None:
    campaign = costly()
    client = signed_in("campaigns.view_campaign", "campaigns.issue_campaign", name="ina")
    response = client.get(page(campaign, "issue/"))
    assert "needs the approval of a second person" in text(response)
    assert 'value="Issue now"' not in text(response)
    approved(campaign)
    response = client.get(page(campaign, "issue/"))
    assert 'value="Issue now"' in text(response)
    client.post(page(campaign, "issue/"), seen(campaign))
    assert Campaign.objects.get().status == "issuing"


def test_without_a_threshold_nobody_is_asked(settings: Settings) -> None:
    settings.CAMPAIGN_APPROVAL_THRESHOLD = None
    campaign, client = costly(), signed_in(*MAY)
    assert 'approve/"' not in text(client.get(page(campaign)))
    assert "there is no threshold" in text(client.get(page(campaign, "approve/")))
    issue_campaign(campaign_id=campaign.pk, by="anna")
    assert Campaign.objects.get().status == "issuing"
