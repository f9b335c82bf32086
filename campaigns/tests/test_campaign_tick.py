"""The schedule's tick: it finds what no hint told of."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from celery import current_app

from bonuses.services import sweep
from campaigns import tasks
from campaigns.fanout import tick as ticks
from campaigns.fanout.run import fan_out
from campaigns.fanout.settle import settle
from campaigns.fanout.snapshot import ensure_snapshot
from campaigns.fanout.tick import tick
from campaigns.models import Chunk
from campaigns.services.cancel_campaign import cancel_campaign
from campaigns.services.change_campaign import change_campaign
from campaigns.services.pause_campaign import pause_campaign
from campaigns.tests.factories import CampaignFactory
from campaigns.tests.fanning import (
    ScriptedPlatform,
    check_counts,
    current,
    everything_due,
    issued,
    outcomes,
    players,
)
from integrations.platforms import breaker
from integrations.platforms.base import GrantOrder, PlatformTrouble

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_chunks", "_closed_breaker")]


@pytest.fixture
def _closed_breaker() -> Iterator[None]:
    breaker.local.clear()
    yield
    breaker.local.clear()


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Whom the workers are asked to go on with, and for how long that is good."""
    sent: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **more: sent.append((args[0], more["expires"])))
    return sent


def test_one_hint_for_a_missing_snapshot(hints: list[Any]) -> None:
    campaign = issued()
    hints.clear()
    tick()
    assert hints == [(str(campaign.pk), 2.0)]


def test_one_hint_for_each_free_chunk(hints: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    players(10)
    campaign = issued()
    ensure_snapshot(campaign)
    hints.clear()
    Chunk.objects.filter(number=1).update(leased_until="2099-01-01T00:00Z")
    Chunk.objects.filter(number=2).update(not_before="2099-01-01T00:00Z")
    tick()
    assert len(hints) == 2
    monkeypatch.setattr(ticks, "MOST_HINTS", 1)
    tick()
    assert len(hints) == 3


def test_none_for_what_is_paused_or_through(scripted: type[ScriptedPlatform], hints: list[Any]) -> None:
    players(2)
    paused = issued()
    ensure_snapshot(paused)
    pause_campaign(campaign_id=paused.pk, by="anna")
    fan_out(issued().pk)
    hints.clear()
    tick()
    assert hints == []


def test_one_for_what_is_cancelled_until_everybody_is_told(hints: list[Any]) -> None:
    players(4)
    campaign = issued()
    ensure_snapshot(campaign)
    cancel_campaign(campaign_id=campaign.pk, by="anna")
    hints.clear()
    tick()
    assert hints == [(str(campaign.pk), 2.0)]
    fan_out(campaign.pk)
    tick()
    assert len(hints) == 1
    assert current(campaign).finished_at is not None


def lost_answers(scripted: type[ScriptedPlatform]) -> None:
    def says(order: GrantOrder) -> None:
        scripted.knows[order.grant_id] = 1
        raise PlatformTrouble("the answer was lost", sent=True)

    scripted.says = staticmethod(says)


@pytest.mark.parametrize("status", ["issuing", "paused", "cancelled"])
def test_what_the_sweep_found_out_is_settled(scripted: type[ScriptedPlatform], status: str) -> None:
    players(3)
    lost_answers(scripted)
    campaign = issued()
    fan_out(campaign.pk)
    assert outcomes(campaign) == [("pending", "")] * 3
    if status == "paused":
        pause_campaign(campaign_id=campaign.pk, by="anna")
    if status == "cancelled":
        cancel_campaign(campaign_id=campaign.pk, by="anna")
    everything_due()
    sweep.retry_queued()
    tick()
    assert check_counts(campaign)["granted"] == 3
    row = current(campaign)
    assert (row.status, row.finished_at is None) == ("issued" if status == "issuing" else status, status == "paused")


def test_a_chunk_without_news_is_left_alone(scripted: type[ScriptedPlatform], monkeypatch: pytest.MonkeyPatch) -> None:
    players(6)
    lost_answers(scripted)
    campaign = issued()
    fan_out(campaign.pk)
    looked_at: list[int] = []

    def watched(chunk_id: int) -> int:
        looked_at.append(chunk_id)
        return settle(chunk_id)

    monkeypatch.setattr(ticks, "settle", watched)
    tick()
    assert looked_at == []
    everything_due()
    sweep.retry_queued()
    tick()
    assert sorted(looked_at) == sorted(Chunk.objects.values_list("pk", flat=True))
    tick()
    assert len(looked_at) == 2


def test_trouble_with_one_does_not_hold_up_the_others(hints: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = issued(), issued()
    hints.clear()
    send = ticks.hint.send

    def fussy(campaign_id: Any, **more: Any) -> None:
        if campaign_id == first.pk:
            raise OSError("not this one")
        send(campaign_id, **more)

    monkeypatch.setattr(ticks.hint, "send", fussy)
    tick()
    assert [campaign_id for campaign_id, _ in hints] == [str(second.pk)]


def test_a_worker_that_yields_asks_to_be_called_again(hints: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = issued()
    hints.clear()
    for more in (True, False):
        monkeypatch.setattr(tasks.run, "fan_out", lambda campaign_id, more=more: more)
        tasks.fan_out(str(campaign.pk))
    assert hints == [(str(campaign.pk), 10)]


@pytest.mark.parametrize(("planned", "status"), [(None, "draft"), (datetime(2099, 1, 1, tzinfo=UTC), "scheduled")])
def test_put_off_in_the_moment_in_which_it_is_due(
    monkeypatch: pytest.MonkeyPatch, planned: datetime | None, status: str
) -> None:
    campaign = CampaignFactory(status="scheduled", scheduled_at=datetime(2020, 1, 1, tzinfo=UTC))
    seen = ticks._due()
    assert seen == [campaign.pk]
    change_campaign(campaign_id=campaign.pk, changes={"scheduled_at": planned}, by="anna")
    monkeypatch.setattr(ticks, "_due", lambda: seen)
    tick()
    row = current(campaign)
    assert (row.status, row.status_reason, row.issued_at) == (status, "", None)
