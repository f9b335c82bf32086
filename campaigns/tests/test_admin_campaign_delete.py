"""A draft that nobody needs is deleted; what has begun, or is about to, stays on record."""

import uuid
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from campaigns.lifecycle import Status
from campaigns.models import Approval, Campaign
from campaigns.services import remove_campaign as removing
from campaigns.services.errors import CampaignNotEditable, CampaignNotFound
from campaigns.services.issue_campaign import issue_campaign
from campaigns.services.lock_campaign import lock_campaign
from campaigns.services.remove_campaign import remove_campaign
from campaigns.tests.admin_pages import CAMPAIGNS, member, page
from campaigns.tests.begun import begun
from campaigns.tests.factories import CampaignFactory
from integrations.tests.admin_client import INLINE, messages_in, text

pytestmark = pytest.mark.django_db

YES = {"post": "yes"}
KEPT = [status.value for status in Status if status is not Status.DRAFT]


def in_status(status: str) -> Campaign:
    if status == "scheduled":
        campaign: Campaign = CampaignFactory(status=status, scheduled_at=timezone.now())
        return campaign
    return begun(status)


def delete_link(campaign: Campaign) -> str:
    return f'href="{page(campaign, "delete/")}"'


@pytest.mark.parametrize(("role", "may"), [("viewer", False), ("operator", False), ("manager", True), ("admin", True)])
def test_who_may(role: str, may: bool) -> None:
    campaign, other = CampaignFactory(), CampaignFactory()
    client = member(role)
    assert (delete_link(campaign) in text(client.get(page(campaign)))) is may
    question = client.get(page(campaign, "delete/"))
    assert question.status_code == (200 if may else 403)
    assert INLINE.search(text(question)) is None
    assert Campaign.objects.count() == 2
    answer = client.post(page(campaign, "delete/"), YES)
    assert answer.status_code == (302 if may else 403)
    assert list(Campaign.objects.all()) == ([other] if may else [other, campaign])


def test_afterwards_the_list_says_so() -> None:
    campaign = CampaignFactory(name="Midsummer")
    response = member("manager").post(page(campaign, "delete/"), YES, follow=True)
    assert response.redirect_chain == [(CAMPAIGNS, 302)]
    assert "Midsummer" in messages_in(response)[0]
    assert LogEntry.objects.get().object_id == str(campaign.pk)


@pytest.mark.parametrize("status", KEPT)
def test_what_is_more_than_a_draft_is_kept(status: str) -> None:
    campaign, client = in_status(status), member("admin")
    assert delete_link(campaign) not in text(client.get(page(campaign)))
    assert client.get(page(campaign, "delete/")).status_code == 403
    assert client.post(page(campaign, "delete/"), YES).status_code == 403
    with pytest.raises(CampaignNotEditable) as caught:
        remove_campaign(campaign_id=campaign.pk)
    assert caught.value.details == {"status": status}
    assert Campaign.objects.get().status == status


def test_somebody_issues_it_just_then(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = CampaignFactory()

    def overtaken(campaign_id: uuid.UUID) -> Campaign:
        issue_campaign(campaign_id=campaign_id, by="berta")
        return lock_campaign(campaign_id)

    monkeypatch.setattr(removing, "lock_campaign", overtaken)
    response = member("manager").post(page(campaign, "delete/"), YES, follow=True)
    assert response.redirect_chain == [(page(campaign), 302)]
    assert messages_in(response) == ["Nothing was deleted. The campaign is issuing."]
    assert Campaign.objects.filter(pk=campaign.pk).exists()
    assert not LogEntry.objects.exists()


def decided_on() -> Campaign:
    campaign: Campaign = CampaignFactory(created_by="anna")
    what: dict[str, Any] = {"hash": "0" * 64, "reviewed": {}, "audience": 0, "cost": 0, "worst_cost": 0}
    Approval.objects.create(campaign=campaign, decision="approved", by="berta", created_by="anna", **what)
    return campaign


def test_what_somebody_has_decided_on_is_kept() -> None:
    campaign = decided_on()
    with pytest.raises(CampaignNotEditable):
        remove_campaign(campaign_id=campaign.pk)
    assert "protected" in text(member("manager").post(page(campaign, "delete/"), YES))
    assert Campaign.objects.get().status == "draft"
    assert Approval.objects.count() == 1


def test_what_is_not_there() -> None:
    with pytest.raises(CampaignNotFound):
        remove_campaign(campaign_id=uuid.uuid4())
