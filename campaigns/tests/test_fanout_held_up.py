"""What stops a campaign on its way: the kill switch, its template, a platform, a block, and people."""

from collections.abc import Callable
from typing import Any

import pytest

from bonuses.models import BonusTemplate, Grant, Player
from bonuses.services import sweep
from bonuses.services.stop import lift, stop
from bonuses.tests.factories import AdapterFactory, PlayerFactory
from bonuses.tests.fake_platform import KIND
from bonuses.tests.issuing import change
from campaigns.fanout import run, watch
from campaigns.fanout.run import fan_out
from campaigns.fanout.tick import tick
from campaigns.models import Campaign
from campaigns.services.cancel_campaign import cancel_campaign
from campaigns.services.pause_campaign import pause_campaign
from campaigns.services.resume_campaign import resume_campaign
from campaigns.tests.fanning import (
    ScriptedPlatform,
    check_counts,
    check_spent,
    current,
    everything_due,
    issued,
    outcomes,
    players,
    told_once,
)
from integrations.models import Adapter
from integrations.platforms.base import GrantOrder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_chunks")]

PENDING, GRANTED = ("pending", ""), ("granted", "")


@pytest.fixture(autouse=True)
def _one_call_at_a_time(monkeypatch: pytest.MonkeyPatch, scripted: type[ScriptedPlatform]) -> None:
    """And a look before each."""
    monkeypatch.setattr(watch, "INTERVAL", 0.0)
    monkeypatch.setattr("integrations.platforms.bulk.ASK_EVERY", 0.0)
    monkeypatch.setattr("integrations.platforms.bulk.MOST_AT_ONCE", 1)
    change(Adapter.objects.get(), max_concurrency=1)


def during(scripted: type[ScriptedPlatform], number: int, happens: Callable[[], Any]) -> None:
    """Something happens while the platform is asked for the grant of this number, counted from 0."""

    def says(order: GrantOrder) -> None:
        if len(scripted.asked) == number:
            happens()

    scripted.says = staticmethod(says)


def test_the_kill_switch(scripted: type[ScriptedPlatform]) -> None:
    players(7)
    campaign = issued()
    during(scripted, 3, lambda: stop(scope="campaign", target=campaign.pk, reason="an incident", by="anna"))
    fan_out(campaign.pk)
    row = current(campaign)
    assert (row.status, row.status_reason) == ("paused", "ISSUING_STOPPED: an incident")
    # The call under way ends; nothing more is called.
    assert len(scripted.asked) == 4
    assert check_counts(campaign)["granted"] == 4
    check_spent(campaign)
    lift(key=f"campaign:{campaign.pk}", by="anna")
    carry_on(campaign)
    assert check_counts(campaign)["granted"] == 7
    told_once(campaign)


def test_the_kill_switch_of_a_platform(scripted: type[ScriptedPlatform]) -> None:
    players(3)
    adapter = Adapter.objects.get()
    during(scripted, 0, lambda: stop(scope="adapter", target=adapter.pk, reason="an incident", by="anna"))
    campaign = issued()
    fan_out(campaign.pk)
    assert current(campaign).status_reason == "ISSUING_STOPPED: an incident"
    assert len(scripted.asked) == 1


@pytest.mark.parametrize("status", ["paused", "archived"])
def test_its_template_is_no_longer_given(scripted: type[ScriptedPlatform], status: str) -> None:
    """What has been promised by then is given."""
    players(7)
    campaign = issued()
    during(scripted, 0, lambda: BonusTemplate.objects.update(status=status))
    fan_out(campaign.pk)
    row = current(campaign)
    assert (row.status, row.status_reason) == ("paused", f"TEMPLATE_{status.upper()}")
    assert outcomes(campaign) == [GRANTED] * 2 + [PENDING] * 5
    BonusTemplate.objects.update(status="active")
    carry_on(campaign)
    assert check_counts(campaign)["granted"] == 7


def test_its_platform_is_switched_off(scripted: type[ScriptedPlatform]) -> None:
    players(7)
    campaign = issued()
    during(scripted, 0, lambda: Adapter.objects.update(is_active=False))
    fan_out(campaign.pk)
    row = current(campaign)
    assert (row.status, row.status_reason) == ("paused", "ADAPTER_PAUSED: acme")
    assert outcomes(campaign) == [GRANTED] * 2 + [PENDING] * 5
    Adapter.objects.update(is_active=True)
    carry_on(campaign)
    assert check_counts(campaign)["granted"] == 7


def carry_on(campaign: Campaign) -> None:
    resume_campaign(campaign_id=campaign.pk, by="anna")
    fan_out(campaign.pk)
    everything_due()
    sweep.retry_queued()
    tick()
    assert current(campaign).status == "issued"


def test_a_player_is_blocked_before_his_wave(scripted: type[ScriptedPlatform]) -> None:
    those = players(5)
    campaign = issued()
    during(scripted, 0, lambda: Player.objects.filter(pk=those[4].pk).update(status="banned"))
    fan_out(campaign.pk)
    assert outcomes(campaign) == [GRANTED] * 4 + [("skipped", "PLAYER_BLOCKED")]
    assert current(campaign).status == "issued"


def test_a_player_is_blocked_between_his_promise_and_his_call(scripted: type[ScriptedPlatform]) -> None:
    """He is not called for; the others of the wave are. The sweep ends his grant, and the schedule his row."""
    those = players(6)
    campaign = issued()
    during(scripted, 3, lambda: Player.objects.filter(pk=those[4].pk).update(status="banned"))
    fan_out(campaign.pk)
    assert those[4].external_id not in {order.player_external_id for order in scripted.asked}
    assert outcomes(campaign) == [GRANTED] * 4 + [PENDING, GRANTED]
    assert check_spent(campaign) == 6000
    everything_due()
    sweep.retry_queued()
    tick()
    assert outcomes(campaign) == [GRANTED] * 4 + [("skipped", "PLAYER_BLOCKED"), GRANTED]
    assert check_counts(campaign) == {"pending": 0, "granted": 5, "skipped": 1, "failed": 0}
    assert (current(campaign).status, check_spent(campaign)) == ("issued", 5000)
    told_once(campaign)
    assert len(scripted.asked) == 5


@pytest.mark.parametrize("count", [1, 3])
def test_a_player_is_blocked_between_the_promise_and_the_first_call(
    scripted: type[ScriptedPlatform], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    those = players(count)
    campaign = issued()
    monkeypatch.setattr(watch, "INTERVAL", 1000.0)
    monkeypatch.setattr(run, "FIRST_WAVE", 3)

    def blocked(name: str) -> None:
        Player.objects.filter(pk=those[0].pk).update(status="banned")

    monkeypatch.setattr(run, "failpoint", blocked)
    fan_out(campaign.pk)
    assert those[0].external_id not in {order.player_external_id for order in scripted.asked}
    assert len(scripted.asked) == count - 1
    assert Grant.objects.get(player=those[0]).attempted_at is None
    check_counts(campaign)


def test_paused_and_resumed(scripted: type[ScriptedPlatform]) -> None:
    """What has been promised by then is called for and settled."""
    players(7)
    campaign = issued()
    during(scripted, 3, lambda: pause_campaign(campaign_id=campaign.pk, by="anna"))
    assert fan_out(campaign.pk) is False
    row = current(campaign)
    assert (row.status, row.status_reason, row.finished_at) == ("paused", "Paused by anna.", None)
    promised = Grant.objects.count()
    assert check_counts(campaign) == {"pending": 7 - promised, "granted": promised, "skipped": 0, "failed": 0}
    assert fan_out(campaign.pk) is False
    tick()
    assert Grant.objects.count() == promised < 7
    resume_campaign(campaign_id=campaign.pk, by="anna")
    fan_out(campaign.pk)
    assert (current(campaign).status, check_counts(campaign)["granted"]) == ("issued", 7)
    told_once(campaign)


def test_cancelled(scripted: type[ScriptedPlatform]) -> None:
    players(7)
    campaign = issued()
    during(scripted, 3, lambda: cancel_campaign(campaign_id=campaign.pk, by="anna"))
    fan_out(campaign.pk)
    promised = Grant.objects.count()
    assert check_counts(campaign)["granted"] == promised
    assert fan_out(campaign.pk) is False
    assert outcomes(campaign) == [GRANTED] * promised + [("skipped", "CAMPAIGN_CANCELLED")] * (7 - promised)
    assert promised < 7
    row = current(campaign)
    assert (row.status, row.finished_at is not None) == ("cancelled", True)
    assert check_counts(campaign)["skipped"] == 7 - promised
    assert check_spent(campaign) == 1000 * promised


def test_cancelled_while_a_wave_is_being_called(scripted: type[ScriptedPlatform]) -> None:
    """Another worker skips the others at once; those promised keep what they were promised."""
    players(7)
    campaign = issued()

    def cancelled() -> None:
        cancel_campaign(campaign_id=campaign.pk, by="anna")
        fan_out(campaign.pk)
        assert current(campaign).finished_at is None

    during(scripted, 0, cancelled)
    fan_out(campaign.pk)
    assert outcomes(campaign) == [GRANTED] * 2 + [("skipped", "CAMPAIGN_CANCELLED")] * 5
    assert current(campaign).finished_at is not None
    check_counts(campaign)


def test_one_of_two_platforms(scripted: type[ScriptedPlatform]) -> None:
    AdapterFactory(slug="bcme", kind=KIND, origins=["b.example"])
    players(2)
    PlayerFactory(origin="b.example")
    campaign = issued()
    fan_out(campaign.pk)
    assert set(Grant.objects.values_list("adapter__slug", flat=True)) == {"acme", "bcme"}
    assert check_counts(campaign)["granted"] == 3
