"""Why a player got a campaign's bonus or not: told before it begins, meanwhile and afterwards, and nothing changed."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bonuses.lifecycle import Status
from bonuses.models import Grant, Player
from bonuses.services.bulk.judge import ADAPTER_CHECKS, JUDGE_CHECKS
from bonuses.services.checks import Outcome, first_refusal
from bonuses.services.issue_checks import TEMPLATE_CHECKS
from bonuses.services.stop import stop
from bonuses.tests.factories import GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.issuing import change, open_breaker
from campaigns.models import Campaign, Recipient
from campaigns.services.preview_campaign import preview_campaign
from campaigns.tests.explaining import outcome, refused, why
from campaigns.tests.factories import CampaignFactory, SegmentFactory, list_of
from campaigns.tests.fanning import ScriptedPlatform, carried_out, issued
from integrations.models import Adapter
from integrations.platforms.base import PlatformRefused, PlatformTrouble

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted")]

CHECKS = [
    *(check.name for check in TEMPLATE_CHECKS),
    "approval",
    *(check.name for check in (*JUDGE_CHECKS, *ADAPTER_CHECKS)),
    "budget",
    "breaker",
]


def adapter() -> Adapter:
    return Adapter.objects.get()


def test_nothing_stands_in_the_way_of_a_draft() -> None:
    player = PlayerFactory()
    found = why(CampaignFactory(), player)
    assert [one.name for one in found.audience] == ["campaign", "snapshot", "segment", "holdout", "recipient"]
    assert {one.outcome for one in found.audience} == {Outcome.PASSED, Outcome.NOTED}
    assert [one.name for one in found.checks] == CHECKS
    assert {one.outcome for one in found.checks} == {Outcome.PASSED}
    assert found.decision == []


@pytest.mark.parametrize(
    ("player", "terms", "campaign", "check", "code"),
    [
        ({"status": "banned"}, {}, {}, "player_active", "PLAYER_BLOCKED"),
        ({}, {"type": "deposit_match"}, {}, "amount", "BONUS_DEPOSIT_AMOUNT_REQUIRED"),
        ({}, {"type": "reload"}, {"deposit_amount": 1}, "amount", "BONUS_NOT_ELIGIBLE"),
        ({}, {}, {"currency_override": "GBP"}, "currency", "EXCHANGE_RATE_MISSING"),
        ({"currency": "JPY"}, {}, {}, "rates", "EXCHANGE_RATE_MISSING"),
        ({}, {"status": "paused"}, {}, "template_active", "BONUS_TEMPLATE_NOT_ACTIVE"),
        ({}, {}, {"budget_amount": 999}, "budget", "BUDGET_EXHAUSTED"),
    ],
)
def test_each_check_of_issuing(
    player: dict[str, Any], terms: dict[str, Any], campaign: dict[str, Any], check: str, code: str
) -> None:
    made = CampaignFactory(template=TemplateFactory(**terms), **campaign)
    found = why(made, PlayerFactory(**player))
    assert refused(found.checks) == (check, code)


def test_the_kill_switch_and_the_platform() -> None:
    campaign, player = CampaignFactory(), PlayerFactory()
    open_breaker(adapter())
    assert refused(why(campaign, player).checks) == ("breaker", "ADAPTER_UNAVAILABLE")
    stop(scope="adapter", target=adapter().pk, reason="storm", by="anna")
    assert refused(why(campaign, player).checks) == ("adapter_stop", "ISSUING_STOPPED")
    change(adapter(), is_active=False)
    assert refused(why(campaign, player).checks) == ("adapter_active", "ADAPTER_PAUSED")
    change(adapter(), capabilities=["cancel"])
    assert refused(why(campaign, player).checks) == ("adapter", "ADAPTER_CAPABILITY_MISSING")
    change(adapter(), is_default=False)
    assert refused(why(campaign, player).checks) == ("adapter", "ADAPTER_NOT_CONFIGURED")
    stop(scope="campaign", target=campaign.pk, reason="storm", by="anna")
    assert refused(why(campaign, player).checks) == ("kill_switch", "ISSUING_STOPPED")


@pytest.mark.parametrize(
    ("status", "check", "code"),
    [("active", "live_grant", "LIVE_GRANT"), ("expired", "limit", "BONUS_GRANT_LIMIT_REACHED")],
)
def test_what_he_had_before(status: str, check: str, code: str) -> None:
    grant = GrantFactory(status=status, adapter=adapter())
    found = why(CampaignFactory(template=grant.template), grant.player)
    assert refused(found.checks) == (check, code)
    assert [one.pk for one in found.grants] == [grant.pk]


def test_the_explanation_is_the_previews_for_everybody() -> None:
    had = GrantFactory(status="lost", adapter=adapter())
    people = [had.player, *(PlayerFactory(status=status) for status in ("active", "banned", "bonus_blocked"))]
    campaign = CampaignFactory(template=had.template, segment=list_of(people))
    sample = {row["external_id"]: row["reason"] for row in preview_campaign(campaign_id=campaign.pk)["sample"]}
    assert len(sample) == 4
    for player in people:
        refusal = first_refusal(why(campaign, player).checks)
        assert (refusal.code if refusal else "") == sample[player.external_id]


def test_who_is_not_in_the_segment_is_told_rule_by_rule() -> None:
    rules = {
        "all": [
            {"field": "total_deposited", "op": "gte", "value": 1000},
            {"not": {"field": "attributes.vip", "op": "eq", "value": True}},
            {"any": [{"field": "country", "op": "in", "value": ["SE", "NO"]}, {"field": "country", "op": "exists"}]},
        ]
    }
    player = PlayerFactory(total_deposited=500, attributes={"vip": True}, country="SE")
    found = why(CampaignFactory(segment=SegmentFactory(rules=rules)), player)
    assert refused(found.audience) == ("segment", "NOT_IN_SEGMENT")
    assert found.checks == []
    assert [(one.depth, one.words, one.is_true, one.value) for one in found.rules] == [
        (0, "all of these", False, ""),
        (1, "total_deposited ≥ €10.00", False, "€5.00"),
        (1, "not", False, ""),
        (2, "attributes.vip = true", True, "true"),
        (1, "any of these", True, ""),
        (2, "country in SE, NO", True, "SE"),
        (2, "country is there", True, "SE"),
    ]


def test_a_list_holds_him_or_not() -> None:
    listed, other = PlayerFactory(), PlayerFactory()
    campaign = CampaignFactory(segment=list_of([listed]))
    assert outcome(why(campaign, listed).audience, "segment") == (Outcome.PASSED, "")
    found = why(campaign, other)
    assert refused(found.audience) == ("segment", "NOT_IN_SEGMENT")
    assert found.rules == []


@pytest.mark.parametrize("begun", [False, True])
def test_exactly_those_who_are_held_out_are_told_so(begun: bool) -> None:
    people = [PlayerFactory() for _ in range(12)]
    make = carried_out if begun else CampaignFactory
    campaign = make(holdout_percent=50, holdout_salt="salt")
    held_out = {one.pk for one in people if first_refusal(why(campaign, one).audience)}
    assert len(held_out) == len(people) - preview_campaign(campaign_id=campaign.pk)["audience"]
    assert 0 < len(held_out) < 12
    for one in people:
        if one.pk in held_out:
            assert refused(why(campaign, one).audience) == ("holdout", "HELD_OUT")


def test_who_joined_after_the_audience_was_written_down() -> None:
    PlayerFactory()
    campaign = carried_out()
    found = why(campaign, PlayerFactory())
    assert refused(found.audience) == ("snapshot", "JOINED_LATER")
    assert found.checks == []


def test_who_did_not_fit_then_but_does_now() -> None:
    rules = {"field": "total_deposited", "op": "gte", "value": 1000}
    player, _ = PlayerFactory(), PlayerFactory(total_deposited=1000)
    campaign = carried_out(segment=SegmentFactory(rules=rules))
    assert refused(why(campaign, player).audience) == ("segment", "NOT_IN_SEGMENT")
    Player.objects.filter(pk=player.pk).update(total_deposited=2000)
    assert refused(why(campaign, player).audience) == ("recipient", "NOT_IN_AUDIENCE")


def test_who_was_granted_and_left_the_segment_since() -> None:
    rules = {"field": "total_deposited", "op": "gte", "value": 1000}
    player = PlayerFactory(total_deposited=1000)
    campaign = carried_out(segment=SegmentFactory(rules=rules))
    Player.objects.filter(pk=player.pk).update(total_deposited=0)
    found = why(campaign, player)
    assert first_refusal([*found.audience, *found.decision]) is None
    assert [(one.name, one.outcome) for one in found.decision] == [
        ("decision", Outcome.PASSED),
        ("answer", Outcome.PASSED),
        ("grant", Outcome.NOTED),
    ]
    assert found.decision[-1].numbers == Status.ACTIVE
    assert found.checks == []


def test_who_was_skipped_is_told_what_was_noted_then_and_how_it_is_now() -> None:
    player = PlayerFactory(status="banned")
    campaign = carried_out()
    found = why(campaign, player)
    assert refused(found.decision) == ("decision", "PLAYER_BLOCKED")
    assert refused(found.checks) == ("player_active", "PLAYER_BLOCKED")
    Player.objects.filter(pk=player.pk).update(status="active")
    found = why(campaign, player)
    assert refused(found.decision) == ("decision", "PLAYER_BLOCKED")
    assert first_refusal(found.checks) is None


def test_whom_the_platform_refused(scripted: type[ScriptedPlatform]) -> None:
    def no(_: Any) -> None:
        raise PlatformRefused("NO_ACCOUNT", "The account is closed.")

    scripted.says = staticmethod(no)
    player = PlayerFactory()
    found = why(carried_out(), player)
    assert refused(found.decision[:1]) == ("decision", "NO_ACCOUNT")
    assert refused(found.decision[1:2]) == ("answer", "NO_ACCOUNT")
    assert found.decision[1].words == "The account is closed."
    assert found.decision[2].numbers == Status.FAILED


def test_who_waits_for_the_platform(scripted: type[ScriptedPlatform]) -> None:
    def trouble(_: Any) -> None:
        raise PlatformTrouble("timed out", sent=True)

    scripted.says = staticmethod(trouble)
    player = PlayerFactory()
    found = why(carried_out(), player)
    assert [(one.name, one.outcome) for one in found.decision] == [
        ("decision", Outcome.NOTED),
        ("answer", Outcome.NOTED),
        ("grant", Outcome.NOTED),
    ]
    assert found.decision[1].words.startswith("The platform was called 1 time without a usable answer. Next try at ")
    stop(scope="all", target=None, reason="storm", by="anna")
    [grant] = Grant.objects.all()
    assert why(Campaign.objects.get(pk=grant.campaign_id), player).decision[2].words == "A kill switch holds it back."


def test_whose_turn_has_not_come() -> None:
    player = PlayerFactory()
    campaign = issued()
    now = timezone.now() + timedelta(seconds=1)
    Campaign.objects.filter(pk=campaign.pk).update(snapshot_at=now, audience_count=1, status="paused")
    Recipient.objects.create(campaign=campaign, number=0, player=player)
    found = why(campaign, player)
    assert [(one.name, one.words) for one in found.decision] == [("decision", "It is not the player’s turn yet.")]
    assert first_refusal(found.checks) is None


def test_a_campaign_that_was_cancelled_before_it_began() -> None:
    found = why(CampaignFactory(status="cancelled"), PlayerFactory())
    assert refused(found.audience) == ("campaign", "CAMPAIGN_CANCELLED")
    assert found.checks == []
