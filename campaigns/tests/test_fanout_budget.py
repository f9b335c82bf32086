"""The budget: the first recipients for whom it is enough, to the cent; what is not used comes back."""

from typing import Any

import pytest
from django.db.models import F

from bonuses.models import Grant
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from campaigns.fanout import wave
from campaigns.fanout.run import fan_out
from campaigns.models import Campaign
from campaigns.services.change_campaign import change_campaign
from campaigns.services.resume_campaign import resume_campaign
from campaigns.tests.fanning import (
    ScriptedPlatform,
    carried_out,
    check_counts,
    check_spent,
    current,
    issued,
    outcomes,
    players,
)
from integrations.platforms.base import GrantOrder, PlatformRefused

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_chunks")]

PENDING, GRANTED = ("pending", ""), ("granted", "")


def test_exhausted(scripted: type[ScriptedPlatform]) -> None:
    players(7)
    campaign = carried_out(budget_amount=4999)
    assert (campaign.status, campaign.status_reason) == ("paused", "BUDGET_EXHAUSTED")
    assert outcomes(campaign) == [GRANTED] * 4 + [PENDING] * 3
    assert check_spent(campaign) == 4000
    assert check_counts(campaign) == {"pending": 3, "granted": 4, "skipped": 0, "failed": 0}
    assert len(scripted.asked) == 4


def test_just_enough(scripted: type[ScriptedPlatform]) -> None:
    players(7)
    campaign = carried_out(budget_amount=7000)
    assert (campaign.status, check_spent(campaign)) == ("issued", 7000)


def test_not_enough_for_one(scripted: type[ScriptedPlatform]) -> None:
    players(2)
    campaign = carried_out(budget_amount=999)
    assert (campaign.status, check_spent(campaign), scripted.asked) == ("paused", 0, [])


def test_who_is_skipped_costs_nothing(scripted: type[ScriptedPlatform]) -> None:
    players(2)
    PlayerFactory(status="banned")
    players(1)
    campaign = carried_out(budget_amount=3000)
    assert (campaign.status, check_spent(campaign)) == ("issued", 3000)


def test_the_prefix_ends_at_the_first_who_is_too_dear(scripted: type[ScriptedPlatform]) -> None:
    """Nobody behind him is preferred because he would cost less."""
    for loss in (20000, 10000, 40000, 1000):
        PlayerFactory(net_loss=loss)
    campaign = carried_out(template=TemplateFactory(type="cashback"), budget_amount=3500)
    assert outcomes(campaign) == [GRANTED, GRANTED, PENDING, PENDING]
    assert (campaign.status_reason, check_spent(campaign)) == ("BUDGET_EXHAUSTED", 3000)


def test_what_a_refusal_gives_back_is_used(scripted: type[ScriptedPlatform]) -> None:
    those = players(5)
    unlucky = {those[0].external_id, those[1].external_id}
    scripted.says = staticmethod(lambda order: refuse(order, unlucky))
    campaign = carried_out(budget_amount=3000)
    assert outcomes(campaign) == [("failed", "NO")] * 2 + [GRANTED] * 3
    assert (campaign.status, check_spent(campaign)) == ("issued", 3000)


def refuse(order: GrantOrder, external_ids: set[str]) -> None:
    if order.player_external_id in external_ids:
        raise PlatformRefused("NO", "no")


def test_raised_it_goes_on(scripted: type[ScriptedPlatform]) -> None:
    players(5)
    campaign = carried_out(budget_amount=2000)
    change_campaign(campaign_id=campaign.pk, changes={"budget_amount": 4000}, by="anna")
    resume_campaign(campaign_id=campaign.pk, by="anna")
    fan_out(campaign.pk)
    assert outcomes(campaign) == [GRANTED] * 4 + [PENDING]
    change_campaign(campaign_id=campaign.pk, changes={"budget_amount": None}, by="anna")
    resume_campaign(campaign_id=campaign.pk, by="anna")
    fan_out(campaign.pk)
    assert (current(campaign).status, check_spent(campaign)) == ("issued", 5000)


def test_somebody_else_takes_some_of_it_meanwhile(
    scripted: type[ScriptedPlatform], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another chunk's worker spends between our look and our last statement: ours is undone and done anew."""
    players(3)
    campaign = issued(budget_amount=2000)
    promise_many, took = wave.promise_many, list[bool]()

    def overtaken(**asked: Any) -> Any:
        promised = promise_many(**asked)
        if not took:
            took.append(True)
            Campaign.objects.filter(pk=campaign.pk).update(budget_used=F("budget_used") + 1000)
        return promised

    monkeypatch.setattr(wave, "promise_many", overtaken)
    fan_out(campaign.pk)
    # What the other one took was undone with ours, since it was in our transaction; so there is enough for two.
    assert outcomes(campaign) == [GRANTED, GRANTED, PENDING]
    assert (current(campaign).budget_used, Grant.objects.count()) == (2000, 2)


def test_what_is_given_back_meanwhile_keeps_it_from_pausing(
    scripted: type[ScriptedPlatform], monkeypatch: pytest.MonkeyPatch
) -> None:
    players(2)
    campaign = issued(budget_amount=1000)
    Campaign.objects.filter(pk=campaign.pk).update(budget_used=1000)
    pause, gave = wave.pause, list[int]()

    def given_back(*args: Any, **as_seen: Any) -> bool:
        if not gave:
            gave.append(Campaign.objects.filter(pk=campaign.pk).update(budget_used=0))
        return pause(*args, **as_seen)

    monkeypatch.setattr(wave, "pause", given_back)
    fan_out(campaign.pk)
    assert outcomes(campaign) == [PENDING, PENDING]
    assert current(campaign).status == "issuing"
