"""“Why?” about a campaign that lacks an approval: told as a check in its place, as enforcement would refuse it."""

from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from bonuses.models import Player
from bonuses.services.checks import Check, Outcome
from bonuses.services.stop import stop
from bonuses.tests.factories import PlayerFactory
from campaigns.fanout.run import fan_out
from campaigns.fanout.snapshot import ensure_snapshot
from campaigns.fanout.tick import tick
from campaigns.models import Campaign
from campaigns.services import explain_approval
from campaigns.services.approve_campaign import withdraw_approval
from campaigns.services.change_campaign import change_campaign
from campaigns.services.errors import ApprovalRequired
from campaigns.services.explain_approval import Asked
from campaigns.services.issue_campaign import issue_campaign
from campaigns.services.pause_campaign import pause_campaign
from campaigns.services.resume_campaign import resume_campaign
from campaigns.tests.approving import approved, costly
from campaigns.tests.explaining import finding_of, outcome, refused, why
from campaigns.tests.fanning import current
from integrations.time_limit import TookTooLong

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("two_need_approval")]

NEEDS = "It costs €20.00, and needs the approval of a second person."
REQUIRED = ("approval", "APPROVAL_REQUIRED")
PAST = datetime(2020, 1, 1, tzinfo=UTC)


def somebody() -> Player:
    return Player.objects.order_by("pk")[0]


def said(campaign: Campaign) -> str:
    return finding_of(why(campaign, somebody()).checks, "approval").words


def test_a_draft_that_needs_one() -> None:
    campaign = costly()
    found = why(campaign, somebody())
    assert refused(found.checks) == REQUIRED
    assert said(campaign) == NEEDS
    with pytest.raises(ApprovalRequired, match=NEEDS):
        issue_campaign(campaign_id=campaign.pk, by="anna")


def test_it_comes_after_what_issuing_asks_before_it() -> None:
    campaign = costly()
    PlayerFactory(status="banned")
    stop(scope="campaign", target=campaign.pk, reason="storm", by="anna")
    found = why(campaign, somebody())
    assert refused(found.checks) == ("kill_switch", "ISSUING_STOPPED")
    assert outcome(found.checks, "approval") == (Outcome.NOT_REACHED, "")


def test_one_that_waits_beyond_its_time() -> None:
    campaign = costly(status="scheduled", scheduled_at=PAST)
    tick()
    found = why(campaign, somebody())
    assert refused(found.checks) == REQUIRED
    assert said(campaign) == NEEDS
    assert finding_of(found.audience, "campaign").numbers.startswith(f"scheduled, APPROVAL_REQUIRED: {NEEDS}")


def test_an_approval_that_is_void_or_withdrawn_is_told_as_issuing_tells_it() -> None:
    campaign = costly()
    approved(campaign)
    change_campaign(campaign_id=campaign.pk, changes={"budget_amount": 9000}, by="anna")
    assert said(campaign) == "It was changed after boss had approved it, and needs a new approval: budget."
    withdraw_approval(campaign_id=campaign.pk, by="boss")
    assert said(campaign) == "boss has withdrawn the approval; it needs a new one."


@pytest.mark.parametrize(
    ("threshold", "is_approved", "numbers"),
    [
        (None, False, "none is ever needed"),
        (2000, False, "none is needed up to €20.00"),
        (1999, True, "none is needed up to €19.99; €20.00 approved"),
    ],
)
def test_what_it_may_give(settings: Settings, threshold: int | None, is_approved: bool, numbers: str) -> None:
    campaign = costly()
    if is_approved:
        approved(campaign)
    settings.CAMPAIGN_APPROVAL_THRESHOLD = threshold
    found = why(campaign, somebody())
    assert {one.outcome for one in found.checks} == {Outcome.PASSED}
    assert finding_of(found.checks, "approval").numbers == numbers


def test_one_that_was_paused_before_it_gave_anything() -> None:
    campaign = costly()
    approved(campaign)
    issue_campaign(campaign_id=campaign.pk, by="anna")
    PlayerFactory()
    assert refused(why(campaign, somebody()).checks) == REQUIRED
    fan_out(campaign.pk)
    assert current(campaign).status == "paused"
    assert refused(why(campaign, somebody()).checks) == REQUIRED
    assert said(campaign) == "It costs €30.00 by now, and boss has approved €20.00."
    approved(campaign)
    assert outcome(why(campaign, somebody()).checks, "approval") == (Outcome.PASSED, "")


def under_way() -> Campaign:
    """Of two players, unblocked since; €10 may be given without an approval."""
    Player.objects.update(status="banned")
    campaign = costly()
    issue_campaign(campaign_id=campaign.pk, by="anna")
    assert ensure_snapshot(current(campaign))
    Player.objects.update(status="active")
    return campaign


def test_one_that_has_given_as_much_as_it_may(settings: Settings) -> None:
    settings.CAMPAIGN_APPROVAL_THRESHOLD = 1000
    campaign = under_way()
    found = why(campaign, somebody())
    assert outcome(found.checks, "approval") == (Outcome.PASSED, "")
    assert finding_of(found.checks, "ceiling").numbers == "€10.00 needed, €10.00 of €10.00 left"

    fan_out(campaign.pk)
    row = current(campaign)
    assert (row.status, row.budget_used) == ("paused", 1000)
    left = Player.objects.get(grants__isnull=True)
    assert refused(why(campaign, left).checks) == REQUIRED
    # As the fan-out would find it, were it to go on.
    Campaign.objects.filter(pk=campaign.pk).update(status="issuing")
    found = why(campaign, left)
    assert refused(found.checks) == ("ceiling", "APPROVAL_REQUIRED")
    assert finding_of(found.checks, "ceiling").numbers == "€10.00 needed, €0.00 of €10.00 left"

    Campaign.objects.filter(pk=campaign.pk).update(status="paused")
    approved(campaign)
    resume_campaign(campaign_id=campaign.pk, by="anna")
    assert finding_of(why(campaign, left).checks, "ceiling").numbers == "€10.00 needed, €10.00 of €20.00 left"


def test_a_budget_below_that_is_the_limit() -> None:
    campaign = costly(budget_amount=999)
    found = why(campaign, somebody())
    assert refused(found.checks) == ("budget", "BUDGET_EXHAUSTED")
    assert finding_of(found.checks, "budget").numbers == "€10.00 needed, €9.99 of €9.99 left"


def test_once_it_is_over_nothing_is_asked(settings: Settings) -> None:
    settings.CAMPAIGN_APPROVAL_THRESHOLD = 2000
    Player.objects.filter(pk=somebody().pk).update(status="banned")
    campaign = costly()
    issue_campaign(campaign_id=campaign.pk, by="anna")
    fan_out(campaign.pk)
    settings.CAMPAIGN_APPROVAL_THRESHOLD = 0
    found = why(campaign, somebody())
    assert current(campaign).status == "issued"
    assert finding_of(found.checks, "approval").numbers == "asked when it began"


def too_long(_: Asked) -> None:
    raise TookTooLong


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (f"APPROVAL_REQUIRED: {NEEDS}", (Outcome.REFUSED, "APPROVAL_REQUIRED")),
        ("", (Outcome.NOTED, "")),
    ],
)
def test_where_counting_takes_too_long_what_was_noted_counts(
    monkeypatch: pytest.MonkeyPatch, reason: str, expected: tuple[Outcome, str]
) -> None:
    campaign = costly(status_reason=reason)
    monkeypatch.setattr(explain_approval, "APPROVAL_CHECKS", (Check("approval", too_long),))
    assert outcome(why(campaign, somebody()).checks, "approval") == expected


def test_nothing_is_paused_by_asking() -> None:
    campaign = costly()
    approved(campaign)
    issue_campaign(campaign_id=campaign.pk, by="anna")
    pause_campaign(campaign_id=campaign.pk, by="anna")
    before = current(campaign).status_reason
    why(campaign, somebody())
    assert current(campaign).status_reason == before
