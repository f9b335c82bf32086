"""A worker's turn at a campaign: chunk by chunk, wave by wave, until the time is up or there is nothing to do."""

import time
import uuid
from dataclasses import dataclass, field

import structlog

from bonuses.lifecycle import Cause
from bonuses.services.bulk.claims import reclaim_many, release_many
from bonuses.services.bulk.plan import Promise
from bonuses.services.issue import IssuingStopped
from campaigns.fanout import lease as leases
from campaigns.fanout.breakers import PlatformResting
from campaigns.fanout.call import call
from campaigns.fanout.finish import finish
from campaigns.fanout.lease import Lease, LeaseLost
from campaigns.fanout.pause import pause_for
from campaigns.fanout.plan import cause_of
from campaigns.fanout.settle import settle
from campaigns.fanout.snapshot import ensure_snapshot
from campaigns.fanout.unwind import skip_untouched
from campaigns.fanout.watch import Watch
from campaigns.fanout.wave import next_wave
from campaigns.lifecycle import Status
from campaigns.models import Campaign, chunk
from integrations.errors import DomainError
from integrations.failpoints import failpoint
from integrations.platforms.answers import NotSent

log = structlog.get_logger(__name__)

TIME_BOX = 10.0
"""Seconds after which a worker yields, so that other work gets its turn."""
WAVE_SECONDS = 3.0
FIRST_WAVE, SMALLEST_WAVE = 200, 50
AFTER_TROUBLE = 5.0
"""Seconds for which a chunk is left alone that something of ours went wrong with."""
AFTER_LOST_RACES = 1.0


@dataclass(slots=True)
class _Turn:
    campaign: Campaign
    cause: Cause
    until: float
    size: int
    is_over: bool = False
    """The campaign is not to go on just now, whatever time is left."""
    carried: list[tuple[Promise, NotSent]] = field(default_factory=list)
    """Promised, and not called after all; still claimed by us."""

    @property
    def has_time(self) -> bool:
        return not self.is_over and time.monotonic() < self.until


def fan_out(campaign_id: uuid.UUID, *, seconds: float | None = None) -> bool:
    """Whether there is more to do than there was time for: `seconds`, or `TIME_BOX`."""
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign is None:
        return False
    until = time.monotonic() + (TIME_BOX if seconds is None else seconds)
    more = False
    if campaign.status == Status.CANCELLED:
        more = skip_untouched(campaign, until=until)
    elif campaign.status == Status.ISSUING and _has_snapshot(campaign):
        more = _take_chunks(_Turn(campaign, cause_of(campaign), until, size=FIRST_WAVE))
    finish(campaign_id)
    return more


def _has_snapshot(campaign: Campaign) -> bool:
    try:
        return ensure_snapshot(campaign)
    except DomainError as error:
        # Rules that we no longer take, say: a person has to change something first.
        pause_for(campaign, error)
        return False


def _take_chunks(turn: _Turn) -> bool:
    by = leases.owner()
    while turn.has_time:
        lease = leases.acquire(turn.campaign.pk, by=by)
        if lease is None:
            return False
        _work(turn, lease)
    return not turn.is_over


def _work(turn: _Turn, lease: Lease) -> None:
    """One chunk, to its end if there is time; the lease is given back in any case."""
    wait = 0.0
    try:
        wait = _take_waves(turn, lease)
    except LeaseLost:
        log.warning("fanout_lease_lost", campaign_id=str(turn.campaign.pk), chunk=lease.number)
    except PlatformResting as resting:
        turn.is_over, wait = True, resting.wait
    except DomainError as error:
        turn.is_over = True
        pause_for(turn.campaign, error)
    except Exception:
        turn.is_over, wait = True, AFTER_TROUBLE
        log.exception("fanout_failed", campaign_id=str(turn.campaign.pk), chunk=lease.number)
    finally:
        # The sweep has them from now on.
        release_many(turn.carried)
        turn.carried = []
    leases.release(lease, wait=wait)


def _take_waves(turn: _Turn, lease: Lease) -> float:
    """Seconds for which the chunk is to be left alone."""
    while turn.has_time:
        promises, left = _carried_over(turn), 1
        if not promises:
            wave = next_wave(lease, size=turn.size)
            if wave is None:
                turn.is_over = True
                return 0.0
            if not wave.decided:
                return AFTER_LOST_RACES if wave.left else 0.0
            promises, left = wave.promises, wave.left
        wait = _call(turn, lease, promises)
        if wait:
            turn.is_over = True
            return wait
        if not left and not turn.carried:
            return 0.0
    return 0.0


def _carried_over(turn: _Turn) -> list[Promise]:
    """Those not called after all, claimed anew; what must not be called for any more is left out."""
    carried, turn.carried = turn.carried, []
    return reclaim_many([promise for promise, _ in carried]) if carried else []


def _call(turn: _Turn, lease: Lease, promises: list[Promise]) -> float:
    if not promises:
        return 0.0
    failpoint("fanout.promised")
    began = time.monotonic()
    watch = Watch(turn.campaign, promises)
    called = call(promises, cause=turn.cause, may_go_on=watch.may_go_on)
    turn.carried = called.not_sent
    settle(lease.chunk_id)
    if watch.is_stopped:
        raise IssuingStopped
    turn.size = _next_size(called.answered, time.monotonic() - began)
    # Where nothing at all was called it would be no better the next moment.
    return called.wait or (0.0 if called.answered or watch.saw_block else AFTER_TROUBLE)


def _next_size(answered: int, seconds: float) -> int:
    """As many as are called in about `WAVE_SECONDS`."""
    return max(SMALLEST_WAVE, min(round(answered / max(seconds, 0.001) * WAVE_SECONDS), chunk.SIZE))
