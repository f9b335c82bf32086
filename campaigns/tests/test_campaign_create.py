"""Drafts: what they must be, and when they may still be changed."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bonuses.services.issue import TemplateNotFound
from bonuses.terms import DepositAmountRequired
from bonuses.tests.factories import TemplateFactory
from campaigns.models import Campaign
from campaigns.services.change_campaign import change_campaign
from campaigns.services.create_campaign import create_campaign
from campaigns.services.errors import CampaignInvalid, CampaignNotEditable, CampaignNotFound, SegmentNotFound
from campaigns.tests.begun import begun
from campaigns.tests.factories import CampaignFactory, SegmentFactory
from integrations.errors import DomainError

pytestmark = pytest.mark.django_db

TOMORROW = timezone.now() + timedelta(days=1)


def fields(**more: Any) -> dict[str, Any]:
    return {"name": "Spring", "segment_id": SegmentFactory().pk, "template_id": TemplateFactory().pk, **more}


def test_a_draft() -> None:
    made = create_campaign(fields=fields(), by="anna")
    row = Campaign.objects.get()
    assert (row.pk, row.name, row.status, row.created_by) == (made.pk, "Spring", "draft", "anna")
    assert (row.revision_id, row.budget_amount, row.holdout_percent, row.currency_override) == (None, None, 0, "")
    assert len(row.holdout_salt) == 32


def test_with_a_time_it_is_scheduled() -> None:
    made = create_campaign(fields=fields(scheduled_at=TOMORROW, currency_override=None, holdout_percent=50), by="anna")
    assert (made.status, made.scheduled_at, made.currency_override) == ("scheduled", TOMORROW, "")


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"deposit_amount": 0}, "deposit_amount"),
        ({"budget_amount": 0}, "budget_amount"),
        ({"budget_amount": 2**53}, "budget_amount"),
        ({"currency_override": "XXL"}, "currency_override"),
        ({"holdout_percent": 51}, "holdout_percent"),
        ({"holdout_percent": -1}, "holdout_percent"),
    ],
)
def test_what_it_must_be(wrong: dict[str, Any], path: str) -> None:
    with pytest.raises(CampaignInvalid) as caught:
        create_campaign(fields=fields(**wrong), by="anna")
    assert list(caught.value.details) == [path]
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"segment_id": uuid.uuid4()}, SegmentNotFound), ({"template_id": uuid.uuid4()}, TemplateNotFound)],
)
def test_what_there_must_be(wrong: dict[str, Any], error: type[DomainError]) -> None:
    with pytest.raises(error):
        create_campaign(fields=fields(**wrong), by="anna")
    assert not Campaign.objects.exists()


def test_a_match_needs_a_deposit() -> None:
    template = TemplateFactory(type="deposit_match")
    with pytest.raises(DepositAmountRequired):
        create_campaign(fields=fields(template_id=template.pk), by="anna")
    made = create_campaign(fields=fields(template_id=template.pk, deposit_amount=5000), by="anna")
    with pytest.raises(DepositAmountRequired):
        change_campaign(campaign_id=made.pk, changes={"deposit_amount": None}, by="anna")
    assert Campaign.objects.get().deposit_amount == 5000


def test_a_change() -> None:
    made = create_campaign(fields=fields(), by="anna")
    change_campaign(campaign_id=made.pk, changes={"name": "Summer", "scheduled_at": TOMORROW}, by="anna")
    row = Campaign.objects.get()
    assert (row.name, row.status, row.scheduled_at) == ("Summer", "scheduled", TOMORROW)
    change_campaign(campaign_id=made.pk, changes={"scheduled_at": None}, by="anna")
    assert Campaign.objects.get().status == "draft"


def test_a_change_of_what_is_not_there() -> None:
    with pytest.raises(CampaignNotFound):
        change_campaign(campaign_id=uuid.uuid4(), changes={"name": "Summer"}, by="anna")


@pytest.mark.parametrize("status", ["issuing", "issued", "cancelled"])
def test_what_has_begun_is_not_changed(status: str) -> None:
    campaign = begun(status, name="Spring", budget_amount=1000)
    for changes in ({"name": "Summer"}, {"budget_amount": 2000}):
        with pytest.raises(CampaignNotEditable) as caught:
            change_campaign(campaign_id=campaign.pk, changes=changes, by="anna")
        assert caught.value.details == {"status": status}
    row = Campaign.objects.get()
    assert (row.name, row.budget_amount, row.status) == ("Spring", 1000, status)


@pytest.mark.parametrize("budget", [1000, 2000, None])
def test_while_it_is_paused_the_budget_may_be_raised(budget: int | None) -> None:
    campaign = begun("paused", budget_amount=1000, status_reason="BUDGET_EXHAUSTED")
    change_campaign(campaign_id=campaign.pk, changes={"budget_amount": budget}, by="anna")
    row = Campaign.objects.get()
    assert (row.budget_amount, row.status, row.status_reason) == (budget, "paused", "BUDGET_EXHAUSTED")


@pytest.mark.parametrize(("before", "after"), [(1000, 999), (None, 5000)])
def test_but_not_lowered(before: int | None, after: int) -> None:
    campaign = begun("paused", budget_amount=before)
    with pytest.raises(CampaignNotEditable) as caught:
        change_campaign(campaign_id=campaign.pk, changes={"budget_amount": after}, by="anna")
    assert caught.value.details == {"status": "paused"}
    with pytest.raises(CampaignNotEditable):
        change_campaign(campaign_id=campaign.pk, changes={"budget_amount": 2000, "name": "Summer"}, by="anna")
    assert Campaign.objects.get().budget_amount == before


def test_a_factory_makes_a_draft() -> None:
    assert CampaignFactory().status == "draft"
