"""Looks, while a wave's calls are made, for what must stop those that have not begun: the kill switch, a block."""

import time
from collections.abc import Sequence
from uuid import UUID

import structlog

from bonuses.models import Player, Stop
from bonuses.models.player import PlayerStatus
from bonuses.models.stop import StopScope, stops_of
from bonuses.services.bulk.plan import Promise
from campaigns.models import Campaign

log = structlog.get_logger(__name__)

INTERVAL = 0.5
"""Seconds from look to look."""


class Watch:
    """Over one wave, from before its first call on: the promise looked when it began, and may have taken a while."""

    def __init__(self, campaign: Campaign, promises: Sequence[Promise]) -> None:
        self._campaign = campaign
        self._players = [promise.order.player_external_id for promise in promises]
        self._adapters = {promise.adapter.pk for promise in promises}
        self._is_clear = True
        self.is_stopped = False
        """By the kill switch."""
        self.saw_block = False
        """Those who are left can be called for at once."""
        self._next_look = time.monotonic()

    def may_go_on(self) -> bool:
        if self._is_clear and time.monotonic() >= self._next_look:
            self._is_clear = self._look()
            self._next_look = time.monotonic() + INTERVAL
        return self._is_clear

    def _look(self) -> bool:
        try:
            self.is_stopped = _is_stopped(self._campaign, self._adapters)
            self.saw_block = not self.is_stopped and _anyone_is_blocked(self._players)
        except Exception:
            # Who can't see whether there is a stop makes no more calls.
            log.exception("fanout_watch_failed", campaign_id=str(self._campaign.pk))
            return False
        return not (self.is_stopped or self.saw_block)


def _is_stopped(campaign: Campaign, adapters: set[UUID]) -> bool:
    of_adapters = Stop.objects.filter(scope=StopScope.ADAPTER, target__in=adapters).order_by()
    return (stops_of(template=campaign.template_id, campaign=campaign.pk) | of_adapters).exists()


def _anyone_is_blocked(external_ids: Sequence[str]) -> bool:
    players = Player.objects.filter(external_id__in=external_ids).order_by()
    return players.exclude(status=PlayerStatus.ACTIVE).exists()
