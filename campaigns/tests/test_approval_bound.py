"""An approval is of exactly what was shown: an edit of any part of it makes another hash, and the approval void."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bonuses.services.change_template import change_template
from bonuses.tests.factories import PlayerFactory
from campaigns.models import Campaign
from campaigns.services.change_campaign import change_campaign
from campaigns.services.change_segment import change_segment
from campaigns.services.errors import ApprovalRequired
from campaigns.services.issue_campaign import issue_campaign
from campaigns.tests.approving import approved, costly, shown
from campaigns.tests.factories import SegmentFactory, list_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_need_approval")]

OTHER_RULES = {"field": "total_deposited", "op": "gte", "value": -1}


def edit(**changes: Any) -> Callable[[Campaign], Any]:
    return lambda campaign: change_campaign(campaign_id=campaign.pk, changes=changes, by="anna")


def edit_terms(campaign: Campaign) -> None:
    change_template(template_id=campaign.template_id, changes={"max_win_cap": 777}, by="anna")


def edit_rules(campaign: Campaign) -> None:
    change_segment(segment_id=campaign.segment_id, changes={"rules": OTHER_RULES})


def same_rules_elsewhere(campaign: Campaign) -> None:
    edit(segment_id=SegmentFactory().pk)(campaign)


EDITS: dict[str, tuple[Callable[[Campaign], Any], str]] = {
    "terms": (edit_terms, "terms"),
    "rules": (edit_rules, "segment"),
    "segment": (same_rules_elsewhere, "segment"),
    "currency": (edit(currency_override="EUR"), "currency"),
    "deposit": (edit(deposit_amount=500), "deposit"),
    "budget": (edit(budget_amount=9000), "budget"),
    "holdout": (edit(holdout_percent=1), "holdout"),
    "schedule": (edit(scheduled_at=datetime(2099, 1, 1, tzinfo=UTC)), "schedule"),
}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_makes_it_void(what: str) -> None:
    make, named = EDITS[what]
    campaign = costly(holdout_salt="0")
    approved(campaign)
    before = shown(campaign)
    make(campaign)
    assert shown(campaign) != before
    with pytest.raises(ApprovalRequired, match=f"changed after boss had approved it.*: {named}") as caught:
        issue_campaign(campaign_id=campaign.pk, by="anna")
    assert caught.value.details == {"cost": 1000, "threshold": 0, "hash": shown(campaign)}
    row = Campaign.objects.get()
    assert (row.status in {"draft", "scheduled"}, row.issued_at, row.revision_id) == (True, None, None)


def test_so_does_a_change_of_the_list() -> None:
    first, second = PlayerFactory(), PlayerFactory()
    campaign = costly(segment=list_of([first]))
    approved(campaign)
    before = shown(campaign)
    change_segment(segment_id=campaign.segment_id, changes={"external_ids": [second.external_id]})
    assert shown(campaign) != before
    with pytest.raises(ApprovalRequired, match="segment"):
        issue_campaign(campaign_id=campaign.pk, by="anna")


def test_a_new_name_changes_nothing_that_counts() -> None:
    campaign = costly()
    approved(campaign)
    before = shown(campaign)
    edit(name="Another")(campaign)
    change_segment(segment_id=campaign.segment_id, changes={"name": "Another"})
    assert shown(campaign) == before
    issue_campaign(campaign_id=campaign.pk, by="anna")
    assert Campaign.objects.get().status == "issuing"


def test_an_edit_that_is_taken_back_is_none() -> None:
    campaign = costly(budget_amount=5000)
    approved(campaign)
    edit(budget_amount=9000)(campaign)
    edit(budget_amount=5000)(campaign)
    issue_campaign(campaign_id=campaign.pk, by="anna")
    assert Campaign.objects.get().status == "issuing"


def test_the_hash_is_of_the_cost_too() -> None:
    campaign = costly()
    before = shown(campaign)
    PlayerFactory()
    assert shown(campaign) != before
