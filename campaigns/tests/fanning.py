"""Campaigns carried out against a platform in this process, for tests: players, waves, and what has become of them."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from bonuses.models import Grant, GrantTransition, Player
from bonuses.tests.factories import PlayerFactory
from bonuses.tests.fake_platform import FakePlatform
from campaigns.fanout.run import fan_out
from campaigns.models import Campaign, Chunk, Recipient
from campaigns.services.issue_campaign import issue_campaign
from campaigns.stats import stats_of
from campaigns.tests.factories import CampaignFactory
from integrations.models import OutgoingEvent
from integrations.platforms.base import GrantOrder, PlatformBonus


class ScriptedPlatform(FakePlatform):
    """`says` decides what each order gets: it returns or raises; it credits whatever it has nothing against."""

    says: Callable[[GrantOrder], PlatformBonus | None] = staticmethod(lambda order: None)
    knows: dict[UUID, int] = {}  # noqa: RUF012  shared on purpose: it is the platform
    """How often each grant was credited."""
    lock = threading.Lock()

    @classmethod
    def reset(cls) -> None:
        super().reset()
        cls.says = staticmethod(lambda order: None)
        cls.knows = {}

    def grant(self, order: GrantOrder) -> PlatformBonus:
        try:
            said = type(self).says(order)
        finally:
            # What it asked the database in a thread of the calls' own.
            if threading.current_thread() is not threading.main_thread() and not connection.in_atomic_block:
                connection.close()
        with self.lock:
            self.asked.append(order)
            self.knows[order.grant_id] = 1
        return said or PlatformBonus(f"pb-{order.grant_id}", "credited")

    def status(self, *, grant_id: UUID, platform_bonus_id: str | None) -> PlatformBonus | None:
        return PlatformBonus(f"pb-{grant_id}", "credited") if grant_id in self.knows else None


def players(count: int, **fields: Any) -> list[Player]:
    """In the order of their ids."""
    return sorted((PlayerFactory(**fields) for _ in range(count)), key=lambda player: player.pk)


def issued(**fields: Any) -> Campaign:
    """Begun, and not carried on yet."""
    campaign = CampaignFactory(**fields)
    return issue_campaign(campaign_id=campaign.pk, by="anna")


def carried_out(**fields: Any) -> Campaign:
    campaign = issued(**fields)
    fan_out(campaign.pk)
    return current(campaign)


def current(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


def check_counts(campaign: Campaign) -> dict[str, int]:
    """The stats, which must be what a fresh count says, and add up to the audience."""
    stats = stats_of(campaign.pk)
    statuses = Counter(Recipient.objects.filter(campaign=campaign).values_list("status", flat=True))
    assert {name: count for name, count in stats.items() if count} == dict(statuses)
    assert sum(stats.values()) == (current(campaign).audience_count or 0)
    untouched = Recipient.objects.filter(campaign=campaign, status="pending", grant_id=None).count()
    assert sum(Chunk.objects.filter(campaign=campaign).values_list("untouched", flat=True)) == untouched
    return stats


def check_spent(campaign: Campaign) -> int:
    """What is used of the budget, which must be the face value of what was promised and not given back."""
    kept = Recipient.objects.filter(campaign=campaign, status__in=("pending", "granted"), grant_id__isnull=False)
    grants = Grant.objects.filter(pk__in=kept.values("grant_id"))
    used = current(campaign).budget_used
    assert used == sum(grants.values_list("amount_base", flat=True))
    return used


def outcomes(campaign: Campaign) -> list[tuple[str, str]]:
    """Status and reason of each recipient, in their order."""
    return list(campaign.recipients.order_by("number").values_list("status", "reason"))


def told_once(campaign: Campaign) -> None:
    """Each granted recipient has one grant, two steps of history and one Created event."""
    granted = list(Recipient.objects.filter(campaign=campaign, status="granted").values_list("grant_id", flat=True))
    assert len(set(granted)) == len(granted)
    events = OutgoingEvent.objects.filter(grant_id__in=granted).values_list("grant_id", "key")
    assert sorted(events) == sorted((grant_id, "0:Created") for grant_id in granted)
    steps = Counter(GrantTransition.objects.filter(grant__in=granted).values_list("grant_id", flat=True))
    assert steps == dict.fromkeys(granted, 2)


def everything_due() -> None:
    """As if all claims and leases had run out, and every delay had passed."""
    past = timezone.now() - timedelta(seconds=1)
    Grant.objects.filter(status="queued", next_attempt_at__gt=past).update(next_attempt_at=past)
    Grant.objects.filter(status="queued", claimed_until__gt=past).update(claimed_until=past)
    Chunk.objects.filter(leased_until__gt=past).update(leased_until=past)
    Chunk.objects.filter(not_before__gt=past).update(not_before=past)
    Campaign.objects.filter(snapshot_claimed_until__gt=past).update(snapshot_claimed_until=past)
