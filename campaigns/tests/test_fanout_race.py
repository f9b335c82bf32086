"""Many workers at once, each with a connection of its own: counted exactly at every moment, and given once."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import connections

from bonuses.lifecycle import LIVE
from bonuses.models import Grant
from bonuses.services import sweep
from bonuses.tests.factories import TemplateFactory
from bonuses.tests.issuing import change
from campaigns.fanout.run import fan_out
from campaigns.fanout.tick import tick
from campaigns.models import Campaign, Recipient
from campaigns.services.cancel_campaign import cancel_campaign
from campaigns.services.errors import CampaignNotIssuable
from campaigns.services.pause_campaign import pause_campaign
from campaigns.services.resume_campaign import resume_campaign
from campaigns.stats import stats_of
from campaigns.tests.fanning import (
    ScriptedPlatform,
    check_counts,
    check_spent,
    current,
    everything_due,
    issued,
    players,
    told_once,
)
from integrations.models import Adapter
from integrations.platforms.base import GrantOrder, PlatformRefused, PlatformTrouble

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_chunks")]

WORKERS = 4
PLAYERS = 24
PACE = 0.01
"""Seconds: who only looks on leaves the others some of the machine."""


@pytest.fixture(autouse=True)
def _roomy(scripted: type[ScriptedPlatform]) -> None:
    change(Adapter.objects.get(), max_concurrency=64, max_requests_per_second=100_000)


def all_at_once(*works: Callable[[], object]) -> None:
    """Each in a thread of its own; what one raises is raised."""
    start, errors = threading.Barrier(len(works)), list[BaseException]()

    def go(work: Callable[[], object]) -> None:
        try:
            start.wait()
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def until_ended(campaign: Campaign, work: Callable[[], object]) -> Callable[[], None]:
    def again_and_again() -> None:
        for _ in range(2000):
            if current(campaign).finished_at is not None:
                return
            work()
        raise TimeoutError("It does not end.")

    return again_and_again


def carry_on(campaign: Campaign) -> None:
    fan_out(campaign.pk, seconds=1)
    everything_due()
    sweep.retry_queued()
    tick()


def looked_at(campaign: Campaign) -> None:
    """From outside: at no moment do the numbers add up to anything else."""
    time.sleep(PACE)
    stats = stats_of(campaign.pk)
    assert sum(stats.values()) in {0, PLAYERS}
    assert min(stats.values()) >= 0


def moody(scripted: type[ScriptedPlatform]) -> None:
    """It refuses every seventh, and loses the answer to every fifth call."""
    calls = iter(range(1, 1_000_000))
    tried: Counter[object] = Counter()

    def says(order: GrantOrder) -> None:
        tried[order.grant_id] += 1
        if int(order.player_external_id.rpartition("-")[2]) % 7 == 0:
            raise PlatformRefused("NO", "no")
        if next(calls) % 5 == 0 and tried[order.grant_id] == 1:
            scripted.knows[order.grant_id] = 1
            raise PlatformTrouble("the answer was lost", sent=True)

    scripted.says = staticmethod(says)


def check_all(campaign: Campaign) -> dict[str, int]:
    stats = check_counts(campaign)
    assert stats["pending"] == 0
    check_spent(campaign)
    told_once(campaign)
    return stats


def test_many_workers(scripted: type[ScriptedPlatform]) -> None:
    those = players(PLAYERS)
    moody(scripted)
    campaign = issued()
    work = until_ended(campaign, lambda: carry_on(campaign))
    all_at_once(*[work] * WORKERS, until_ended(campaign, lambda: looked_at(campaign)))
    refused = sum(int(player.external_id.rpartition("-")[2]) % 7 == 0 for player in those)
    assert check_all(campaign) == {"pending": 0, "granted": PLAYERS - refused, "skipped": 0, "failed": refused}
    assert current(campaign).status == "issued"


def test_paused_and_resumed_all_the_time(scripted: type[ScriptedPlatform]) -> None:
    players(PLAYERS)
    campaign = issued()

    def turn() -> None:
        time.sleep(PACE)
        for verb in (pause_campaign, resume_campaign):
            with suppress(CampaignNotIssuable):
                verb(campaign_id=campaign.pk, by="anna")

    work = until_ended(campaign, lambda: carry_on(campaign))
    all_at_once(work, work, until_ended(campaign, turn), until_ended(campaign, lambda: looked_at(campaign)))
    assert check_all(campaign)["granted"] == PLAYERS


def test_cancelled_on_the_way(scripted: type[ScriptedPlatform]) -> None:
    players(PLAYERS)
    campaign = issued()

    def cancel() -> None:
        if len(scripted.asked) > PLAYERS // 4 and current(campaign).status == "issuing":
            with suppress(CampaignNotIssuable):
                cancel_campaign(campaign_id=campaign.pk, by="anna")

    scripted.says = staticmethod(lambda order: cancel())
    work = until_ended(campaign, lambda: carry_on(campaign))
    all_at_once(work, work, until_ended(campaign, lambda: looked_at(campaign)))
    stats = check_all(campaign)
    assert (stats["granted"], current(campaign).status) == (Grant.objects.count(), "cancelled")
    assert stats["skipped"] == PLAYERS - stats["granted"] > 0


def test_the_budget_is_never_overdrawn(scripted: type[ScriptedPlatform]) -> None:
    players(PLAYERS)
    campaign = issued(budget_amount=12_500)
    fan_out(campaign.pk, seconds=0)
    works = [lambda: fan_out(campaign.pk)] * WORKERS
    all_at_once(*works)
    carry_on(campaign)
    row = current(campaign)
    assert (row.status, row.status_reason) == ("paused", "BUDGET_EXHAUSTED")
    assert check_counts(campaign) == {"pending": PLAYERS - 12, "granted": 12, "skipped": 0, "failed": 0}
    assert check_spent(campaign) == 12_000


def test_three_campaigns_of_one_template_for_the_same_players(scripted: type[ScriptedPlatform]) -> None:
    template = TemplateFactory(max_grants_per_player=1)
    players(PLAYERS)
    campaigns = [issued(template=template) for _ in range(3)]
    all_at_once(*(until_ended(campaign, lambda campaign=campaign: carry_on(campaign)) for campaign in campaigns))
    assert sum(check_all(campaign)["granted"] for campaign in campaigns) == PLAYERS
    assert Grant.objects.filter(status__in=LIVE).count() == PLAYERS
    assert len(set(Grant.objects.values_list("player_id", flat=True))) == PLAYERS
    assert set(Recipient.objects.filter(status="skipped").values_list("reason", flat=True)) == {"LIVE_GRANT"}
    assert len(scripted.asked) == PLAYERS
