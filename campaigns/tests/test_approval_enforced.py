"""Nothing costly begins or goes on without an approval, whichever way it is asked for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from pytest_django import Settings

from bonuses.models import Player
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import PlayerFactory
from campaigns.fanout import tick as ticks
from campaigns.fanout.run import fan_out
from campaigns.fanout.snapshot import ensure_snapshot
from campaigns.fanout.tick import tick
from campaigns.models import Campaign, Chunk, Recipient
from campaigns.services.change_campaign import change_campaign
from campaigns.services.change_segment import change_segment
from campaigns.services.errors import ApprovalRequired
from campaigns.services.issue_campaign import issue_campaign
from campaigns.services.pause_campaign import pause_campaign
from campaigns.services.resume_campaign import resume_campaign
from campaigns.tests.admin_pages import page, seen
from campaigns.tests.approving import approved, costly, shown
from campaigns.tests.fanning import ScriptedPlatform, check_counts, check_spent, current, players
from campaigns.tests.test_api_campaigns import data, refused
from integrations.tests.admin_client import messages_in, signed_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("two_need_approval")]

NEEDS = "It costs €20.00, and needs the approval of a second person."
PAST = datetime(2020, 1, 1, tzinfo=UTC)


def stored() -> dict[str, Any]:
    return dict(Campaign.objects.values().get())


def test_over_the_api(api: ApiClient) -> None:
    campaign = costly()
    before = stored()
    details = refused(api.post(f"bonus-campaigns/{campaign.pk}/issue"), 409, "APPROVAL_REQUIRED")
    assert details == {"cost": 2000, "threshold": 1999, "hash": shown(campaign)}
    assert stored() == before
    approved(campaign)
    assert data(api.post(f"bonus-campaigns/{campaign.pk}/issue"), 202)["status"] == "issuing"


def test_in_the_admin() -> None:
    campaign = costly()
    client = signed_in("campaigns.view_campaign", "campaigns.issue_campaign")
    before = stored()
    response = client.post(page(campaign, "issue/"), seen(campaign), follow=True)
    assert messages_in(response) == [f"Nothing was done. {NEEDS}"]
    assert stored() == before


def test_by_command() -> None:
    campaign = costly()
    before = stored()
    with pytest.raises(CommandError, match=f"APPROVAL_REQUIRED: {NEEDS}"):
        call_command("issue_campaign", str(campaign.pk))
    assert stored() == before


def test_by_the_schedule_it_waits_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = costly(status="scheduled", scheduled_at=PAST)
    tick()
    row = current(campaign)
    assert (row.status, row.status_reason) == ("scheduled", f"APPROVAL_REQUIRED: {NEEDS}")
    # It is not counted again and again.
    monkeypatch.setattr(ticks, "issue_campaign", lambda **_: pytest.fail("tried again"))
    tick()
    monkeypatch.undo()

    approved(campaign)
    assert current(campaign).status_reason == ""
    tick()
    row = current(campaign)
    assert (row.status, row.status_reason, row.issued_by) == ("issuing", "", "schedule")


def test_what_waits_is_tried_again_after_an_edit_and_when_no_approval_is_needed_any_more(settings: Settings) -> None:
    campaign = costly(status="scheduled", scheduled_at=PAST)
    tick()
    change_campaign(campaign_id=campaign.pk, changes={"budget_amount": 1000}, by="anna")
    tick()
    assert current(campaign).status == "issuing"
    other = costly(status="scheduled", scheduled_at=PAST)
    tick()
    assert current(other).status == "scheduled"
    settings.CAMPAIGN_APPROVAL_THRESHOLD = None
    tick()
    assert current(other).status == "issuing"


@pytest.mark.parametrize("threshold", [None, 2000])
def test_up_to_the_threshold_none_is_needed(settings: Settings, threshold: int | None) -> None:
    settings.CAMPAIGN_APPROVAL_THRESHOLD = threshold
    issue_campaign(campaign_id=costly().pk, by="anna")
    assert stored()["status"] == "issuing"


def test_nor_within_a_small_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "campaigns.approvals.check.review_of", lambda *_, **__: pytest.fail("nothing needs to be counted")
    )
    issue_campaign(campaign_id=costly(budget_amount=1999).pk, by="anna")
    assert stored()["status"] == "issuing"


def test_an_audience_that_has_outgrown_its_approval() -> None:
    campaign = costly()
    approved(campaign)
    PlayerFactory()
    with pytest.raises(ApprovalRequired, match=r"costs €30.00 by now, and boss has approved €20.00") as caught:
        issue_campaign(campaign_id=campaign.pk, by="anna")
    assert caught.value.details == {"cost": 3000, "threshold": 1999, "hash": shown(campaign)}
    assert stored()["status"] == "draft"


def test_one_that_outgrows_it_between_issuing_and_the_snapshot() -> None:
    campaign = costly()
    approved(campaign)
    issue_campaign(campaign_id=campaign.pk, by="anna")
    PlayerFactory()
    fan_out(campaign.pk)
    row = current(campaign)
    said = "APPROVAL_REQUIRED: It costs €30.00 by now, and boss has approved €20.00."
    assert (row.status, row.status_reason, row.snapshot_at) == ("paused", said, None)
    assert (Recipient.objects.count(), Chunk.objects.count(), ScriptedPlatform.asked) == (0, 0, [])
    with pytest.raises(ApprovalRequired, match=r"€30.00 by now"):
        resume_campaign(campaign_id=campaign.pk, by="anna")

    approved(campaign)
    resume_campaign(campaign_id=campaign.pk, by="anna")
    fan_out(campaign.pk)
    assert check_counts(campaign)["granted"] == 3


def test_one_that_was_cheap_when_it_was_issued(settings: Settings) -> None:
    settings.CAMPAIGN_APPROVAL_THRESHOLD = 2000
    campaign = costly()
    issue_campaign(campaign_id=campaign.pk, by="anna")
    PlayerFactory()
    fan_out(campaign.pk)
    assert current(campaign).status_reason.startswith("APPROVAL_REQUIRED: It costs €30.00")
    assert Recipient.objects.count() == 0


def test_rules_that_are_changed_between_issuing_and_the_snapshot() -> None:
    campaign = costly()
    approved(campaign)
    issue_campaign(campaign_id=campaign.pk, by="anna")
    rules = {"field": "total_deposited", "op": "gte", "value": -1}
    change_segment(segment_id=campaign.segment_id, changes={"rules": rules})
    fan_out(campaign.pk)
    row = current(campaign)
    assert (row.status, "new approval: segment" in row.status_reason) == ("paused", True)
    assert Recipient.objects.count() == 0


@pytest.mark.parametrize(("threshold", "is_approved", "granted"), [(1999, True, 2), (2000, False, 2), (1999, False, 1)])
def test_one_that_becomes_dearer_under_way_gives_no_more_than_it_may(
    settings: Settings, threshold: int, is_approved: bool, granted: int
) -> None:
    """Players who were blocked, so that they cost nothing, may be unblocked while it goes on."""
    settings.CAMPAIGN_APPROVAL_THRESHOLD = threshold
    Player.objects.update(status="banned")
    players(2 if granted == 2 else 1)
    campaign = costly()
    if is_approved:
        approved(campaign)
    issue_campaign(campaign_id=campaign.pk, by="anna")
    assert ensure_snapshot(current(campaign))
    Player.objects.update(status="active")
    fan_out(campaign.pk)
    row, said = current(campaign), "APPROVAL_REQUIRED: It has given as much as may be given without another approval."
    assert (row.status, row.status_reason, check_spent(campaign)) == ("paused", said, 1000 * granted)
    assert check_counts(campaign)["granted"] == granted
    with pytest.raises(ApprovalRequired):
        resume_campaign(campaign_id=campaign.pk, by="anna")

    approved(campaign)
    resume_campaign(campaign_id=campaign.pk, by="anna")
    fan_out(campaign.pk)
    assert (current(campaign).status, check_counts(campaign)["pending"]) == ("issued", 0)


def test_a_paused_one_goes_on_under_its_approval(small_chunks: None) -> None:
    campaign = costly(budget_amount=2000)
    approved(campaign)
    issue_campaign(campaign_id=campaign.pk, by="anna")
    pause_campaign(campaign_id=campaign.pk, by="anna")
    resume_campaign(campaign_id=campaign.pk, by="anna")
    fan_out(campaign.pk)
    assert check_counts(campaign)["granted"] == 2


def test_a_raised_budget_needs_another_one() -> None:
    campaign = costly(budget_amount=1000)
    issue_campaign(campaign_id=campaign.pk, by="anna")
    fan_out(campaign.pk)
    assert (current(campaign).status_reason, check_counts(campaign)["granted"]) == ("BUDGET_EXHAUSTED", 1)
    change_campaign(campaign_id=campaign.pk, changes={"budget_amount": 5000}, by="anna")
    with pytest.raises(ApprovalRequired, match=NEEDS) as caught:
        resume_campaign(campaign_id=campaign.pk, by="anna")
    assert caught.value.details["cost"] == 2000
    assert current(campaign).status == "paused"

    approved(campaign)
    # Whom the snapshot holds no later change of the segment alters.
    change_segment(
        segment_id=campaign.segment_id, changes={"rules": {"field": "status", "op": "eq", "value": "banned"}}
    )
    resume_campaign(campaign_id=campaign.pk, by="anna")
    fan_out(campaign.pk)
    assert check_counts(campaign)["granted"] == 2


def test_a_later_time_is_another_campaign() -> None:
    later = timezone.now() + timedelta(hours=1)
    campaign = costly(status="scheduled", scheduled_at=later)
    approved(campaign)
    change_campaign(campaign_id=campaign.pk, changes={"scheduled_at": PAST}, by="anna")
    tick()
    row = current(campaign)
    assert (row.status, "new approval: schedule" in row.status_reason) == ("scheduled", True)
