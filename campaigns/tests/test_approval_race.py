"""Approved while somebody edits: whichever comes first, nothing is given that was not shown."""

from typing import Any

import pytest

from campaigns.models import Approval, Campaign
from campaigns.services import approve_campaign as service
from campaigns.services.change_campaign import change_campaign
from campaigns.services.change_segment import change_segment
from campaigns.services.errors import ApprovalRequired
from campaigns.services.issue_campaign import issue_campaign
from campaigns.tests.approving import approved, costly, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_need_approval")]


def test_the_edit_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = costly(budget_amount=5000)
    seen, lock = shown(campaign), service.lock_campaign

    def late(campaign_id: Any) -> Campaign:
        change_campaign(campaign_id=campaign_id, changes={"budget_amount": 9000}, by="anna")
        return lock(campaign_id)

    monkeypatch.setattr(service, "lock_campaign", late)
    with pytest.raises(ApprovalRequired, match="not as it was shown"):
        service.approve_campaign(campaign_id=campaign.pk, seen=seen, by="boss")
    assert not Approval.objects.exists()


def test_the_edit_comes_while_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the segment: the campaign's own row is locked."""
    campaign = costly()
    review = service.review_of

    def slow(campaign: Campaign) -> Any:
        found = review(campaign)
        rules = {"field": "total_deposited", "op": "gte", "value": -1}
        change_segment(segment_id=campaign.segment_id, changes={"rules": rules})
        return found

    monkeypatch.setattr(service, "review_of", slow)
    approved(campaign)
    assert Approval.objects.count() == 1
    with pytest.raises(ApprovalRequired, match="segment"):
        issue_campaign(campaign_id=campaign.pk, by="anna")
    assert Campaign.objects.get().status == "draft"
