"""Who may approve what, and what is kept of it."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bonuses.tests.factories import PlayerFactory
from campaigns.models import Approval, Campaign
from campaigns.services.approve_campaign import approve_campaign, withdraw_approval
from campaigns.services.change_campaign import change_campaign
from campaigns.services.errors import (
    ApprovalByItsMaker,
    ApprovalRequired,
    CampaignNotEditable,
    CampaignNotFound,
)
from campaigns.services.issue_campaign import issue_campaign
from campaigns.tests.approving import approved, costly, shown
from campaigns.tests.begun import begun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_need_approval")]


def test_what_was_approved_is_kept() -> None:
    campaign = costly(budget_amount=5000)
    approval = approved(campaign)
    row = Approval.objects.get()
    assert row == approval
    assert (row.decision, row.by, row.created_by) == ("approved", "boss", "anna")
    assert (row.audience, row.cost, row.worst_cost, row.hash) == (1, 1000, 1000, shown(campaign))
    assert row.reviewed == {
        "terms": str(campaign.template.revision_id),
        "segment": {"id": str(campaign.segment_id), "rules": campaign.segment.rules},
        "currency": ["", "EUR"],
        "deposit": None,
        "budget": 5000,
        "holdout": 0,
        "schedule": None,
    }


def test_who_made_it_can_not_approve_it() -> None:
    campaign = costly()
    with pytest.raises(ApprovalByItsMaker):
        approved(campaign, by="anna")
    assert not Approval.objects.exists()


def test_nor_can_who_changed_it_last() -> None:
    campaign = costly()
    change_campaign(campaign_id=campaign.pk, changes={"budget_amount": 9000}, by="boss")
    with pytest.raises(ApprovalByItsMaker):
        approved(campaign, by="boss")
    assert not Approval.objects.exists()
    approved(campaign, by="eve")
    assert Approval.objects.get().by == "eve"


@pytest.mark.parametrize(("by", "decision", "is_kept"), [("anna", "approved", False), ("anna", "withdrawn", True)])
def test_the_database_says_so_too(by: str, decision: str, is_kept: bool) -> None:
    row = Approval(campaign=costly(), decision=decision, by=by, created_by="anna", hash="0" * 64, reviewed={})
    row.audience = row.cost = row.worst_cost = 0
    if is_kept:
        row.save()
    else:
        with pytest.raises(IntegrityError, match="approver_is_not_the_creator"), transaction.atomic():
            row.save()
    assert Approval.objects.exists() is is_kept


@pytest.mark.parametrize("status", ["issuing", "issued", "cancelled"])
def test_too_late(status: str) -> None:
    campaign = begun(status, created_by="anna")
    for decide in (approved, lambda campaign: withdraw_approval(campaign_id=campaign.pk, by="boss")):
        with pytest.raises(CampaignNotEditable) as caught:
            decide(campaign)
        assert caught.value.details == {"status": status}
    assert not Approval.objects.exists()


def test_of_no_campaign() -> None:
    with pytest.raises(CampaignNotFound):
        approve_campaign(campaign_id=uuid.uuid4(), seen="0" * 64, by="boss")


def test_another_hash_than_the_one_shown_is_answered_with_that_of_now() -> None:
    campaign = costly()
    with pytest.raises(ApprovalRequired, match="not as it was shown") as caught:
        approve_campaign(campaign_id=campaign.pk, seen="0" * 64, by="boss")
    assert caught.value.details == {"cost": 1000, "threshold": 0, "hash": shown(campaign)}
    assert not Approval.objects.exists()


def test_the_cost_that_was_shown_is_what_is_approved() -> None:
    campaign = costly()
    player = PlayerFactory()
    seen = shown(campaign)
    player.delete()
    # It costs less by now: what was shown still covers it.
    approve_campaign(campaign_id=campaign.pk, seen=seen, cost=2000, by="boss")
    assert Approval.objects.get().cost == 2000


@pytest.mark.parametrize(("cost", "words"), [(1000, "costs more by now"), (None, "not as it was shown"), (9999, "not")])
def test_a_cost_that_has_grown_since_or_was_never_shown(cost: int | None, words: str) -> None:
    campaign = costly()
    seen = shown(campaign)
    PlayerFactory()
    with pytest.raises(ApprovalRequired, match=words) as caught:
        approve_campaign(campaign_id=campaign.pk, seen=seen, cost=cost, by="boss")
    assert caught.value.details == {"cost": 2000, "threshold": 0, "hash": shown(campaign)}
    assert not Approval.objects.exists()


def test_an_approval_can_be_withdrawn_and_given_again() -> None:
    campaign = costly()
    approved(campaign)
    withdraw_approval(campaign_id=campaign.pk, by="anna")
    with pytest.raises(ApprovalRequired, match="anna has withdrawn the approval"):
        issue_campaign(campaign_id=campaign.pk, by="anna")
    with pytest.raises(CampaignNotEditable, match="no approval to withdraw"):
        withdraw_approval(campaign_id=campaign.pk, by="anna")
    approved(campaign, by="eve")
    issue_campaign(campaign_id=campaign.pk, by="anna")
    assert Campaign.objects.get().status == "issuing"
    history = Approval.objects.values_list("decision", "by", "cost")
    assert list(history) == [("approved", "eve", 1000), ("withdrawn", "anna", 1000), ("approved", "boss", 1000)]


def test_there_is_nothing_to_withdraw() -> None:
    with pytest.raises(CampaignNotEditable, match="no approval to withdraw"):
        withdraw_approval(campaign_id=costly().pk, by="boss")


def save_again(row: Approval) -> None:
    row.cost = 1
    row.save()


@pytest.mark.parametrize(
    "rewrite",
    [
        save_again,
        lambda row: row.delete(),
        lambda row: Approval.objects.update(cost=1),
        lambda row: Approval.objects.filter(pk=row.pk).delete(),
    ],
)
def test_the_history_is_append_only(rewrite: Callable[[Approval], Any]) -> None:
    row = approved(costly())
    before = list(Approval.objects.values())
    with pytest.raises(TypeError, match="append-only"), transaction.atomic():
        rewrite(row)
    assert list(Approval.objects.values()) == before
