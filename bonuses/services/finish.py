"""Endings that we decide: the wish is stored, the platform is told, and only then does the grant change."""

from bonuses.lifecycle import Cause, CauseKind, Status
from bonuses.models import Grant
from bonuses.services.claim import backoff, claim_ending, claimed_at, release, wake_queued
from bonuses.services.credit import (
    PLATFORM_STATUS,
    AdapterRejected,
    AdapterUnavailable,
    ask,
    reachable,
    reload,
    settle,
)
from bonuses.services.early import follow_up
from bonuses.services.transition import changing
from integrations.failpoints import failpoint
from integrations.platforms.base import CancelOrder, PlatformRefused, PlatformTrouble
from integrations.platforms.gateway import Gateway


def finish(grant: Grant) -> Grant:
    """Have the platform take back a bonus that we want ended, then end it here.

    Raises `AdapterRejected` or `AdapterUnavailable`; the wish is kept and tried again.
    """
    if not grant.adapter.can("cancel"):
        return _cannot_end(grant)
    gateway = reachable(grant)
    if not claim_ending(grant):
        return reload(grant)
    failpoint("finish.claimed")
    order = CancelOrder(
        grant_id=grant.pk, platform_bonus_id=grant.platform_bonus_id or None, reason=_reason_for_platform(grant)
    )
    try:
        answer = gateway.cancel(order)
    except PlatformRefused as refused:
        return _refused(grant, gateway, refused)
    except PlatformTrouble as trouble:
        delay = backoff(grant.wish_attempts)
        release(grant, retry_in=delay)
        raise AdapterUnavailable(grant.pk, retry_after=delay) from trouble
    failpoint("finish.answered")
    ended = _ended(grant)
    if answer.breaker_closed:
        wake_queued(grant.adapter)
    return ended


def _ended(grant: Grant) -> Grant:
    with changing(grant, cause=_cause_of_wish(grant)) as change:
        locked = change.grant
        # A webhook may have ended it first, and cleared the wish.
        if locked.wish:
            change.advance(Status(locked.wish), reason=locked.wish_reason)
            follow_up(change, since=claimed_at(grant))
        locked.heard_at = change.now
    return locked


def _cannot_end(grant: Grant) -> Grant:
    """The platform has no way to take a bonus back; that it stays playable there is for a person to know."""
    with changing(grant, cause=_cause_of_wish(grant)) as change:
        locked = change.grant
        if locked.wish and locked.next_attempt_at is not None:
            change.drift("platform_cannot_cancel", ours=locked.wish, theirs=locked.status)
            locked.next_attempt_at = None
    return locked


def _refused(grant: Grant, gateway: Gateway, refused: PlatformRefused) -> Grant:
    """It won't cancel. Perhaps because the bonus has ended there; if so, that is what became of it."""
    if refused.breaker_closed:
        wake_queued(grant.adapter)
    if grant.adapter.can("query_status"):
        found = ask(grant, gateway)
        if found is not None and PLATFORM_STATUS[found.status] not in (Status.PENDING, Status.ACTIVE):
            return settle(grant, found, cause=_cause_of_wish(grant))
    release(grant, retry_in=backoff(grant.wish_attempts))
    raise AdapterRejected(grant.pk, refused) from refused


def _reason_for_platform(grant: Grant) -> str:
    """`forfeited`, `expired`, or for a cancel the words that came with it."""
    return grant.wish if grant.wish != Status.CANCELLED else grant.wish_reason or Status.CANCELLED.value


def _cause_of_wish(grant: Grant) -> Cause:
    return Cause(CauseKind(grant.wish_cause or CauseKind.SYSTEM), actor=grant.wish_actor)
