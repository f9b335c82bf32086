"""Steps two and three of issuing: call the platform under a claim, then write down what it said."""

import math
import uuid
from datetime import datetime

import structlog

from bonuses.lifecycle import LIVE, Cause, Status
from bonuses.models import Grant
from bonuses.services.claim import (
    backoff,
    claim_credit,
    claimed_at,
    in_doubt,
    is_running_out,
    postpone,
    release,
    wake_queued,
)
from bonuses.services.early import follow_up
from bonuses.services.order import grant_order
from bonuses.services.transition import Change, changing
from integrations.errors import DomainError
from integrations.failpoints import failpoint
from integrations.platforms.base import PlatformBonus, PlatformRefused, PlatformTrouble
from integrations.platforms.gateway import Gateway, PlatformUnavailable

log = structlog.get_logger(__name__)

PLATFORM_STATUS = {
    "pending": Status.PENDING,
    "credited": Status.ACTIVE,
    "active": Status.ACTIVE,
    "completed": Status.COMPLETED,
    "auto_completed": Status.AUTO_COMPLETED,
    "forfeited": Status.FORFEITED,
    "expired": Status.EXPIRED,
    "lost": Status.LOST,
    "cancelled": Status.CANCELLED,
    # It is on the account; that it had ended and came back is for the webhooks to tell.
    "reversed": Status.ACTIVE,
}


class AdapterRejected(DomainError):
    """The platform said no, and means it."""

    code = "ADAPTER_REJECTED"

    def __init__(self, grant_id: uuid.UUID, refused: PlatformRefused) -> None:
        super().__init__(
            "The platform refused.",
            grant_id=str(grant_id),
            platform_code=refused.code,
            platform_message=refused.message,
        )


class AdapterUnavailable(DomainError):
    """The platform can't be reached or gave no usable answer; what was asked for is kept and tried again."""

    code = "ADAPTER_UNAVAILABLE"

    def __init__(self, grant_id: uuid.UUID, *, retry_after: float) -> None:
        super().__init__("The platform can't be reached; this is kept and will be retried.", grant_id=str(grant_id))
        self.retry_after = max(1, math.ceil(retry_after))


def reachable(grant: Grant) -> Gateway:
    """The way to the grant's platform. Raises `AdapterUnavailable`, the grant put off, while the breaker is open."""
    gateway = Gateway(grant.adapter)
    wait = gateway.available()
    if wait:
        postpone(grant, seconds=wait)
        raise AdapterUnavailable(grant.pk, retry_after=wait)
    return gateway


def credit(grant: Grant, *, cause: Cause, gateway: Gateway | None = None) -> Grant:
    """Ask the platform to credit a queued grant. Its `grant_id` is the same each time, so a repeat credits nothing.

    Raises `AdapterRejected` (the grant has failed) or `AdapterUnavailable` (it stays queued and will be retried).
    """
    gateway = gateway or reachable(grant)
    attempted_before = grant.attempted_at
    if not claim_credit(grant):
        return reload(grant)
    return _call(grant, gateway, cause=cause, attempted_before=attempted_before)


def credit_new(grant: Grant, *, cause: Cause) -> Grant:
    """The same for a grant that was just inserted, its first call claimed in the same commit."""
    gateway = Gateway(grant.adapter)
    wait = gateway.available()
    if wait:
        release(grant, retry_in=wait, attempted_at=None)
        raise AdapterUnavailable(grant.pk, retry_after=wait)
    return _call(grant, gateway, cause=cause, attempted_before=None)


def _call(grant: Grant, gateway: Gateway, *, cause: Cause, attempted_before: datetime | None) -> Grant:
    failpoint("credit.claimed")
    if is_running_out(grant):
        late = PlatformUnavailable("held up until the claim was running out", retry_after=0)
        raise _put_off(grant, late, attempted_before)
    try:
        answer = gateway.grant(grant_order(grant))
    except PlatformRefused as refused:
        failpoint("credit.answered")
        fail(grant, code=refused.code, message=refused.message, cause=cause)
        _noted(grant, refused.breaker_closed)
        raise AdapterRejected(grant.pk, refused) from refused
    except PlatformTrouble as trouble:
        raise _put_off(grant, trouble, attempted_before) from trouble
    failpoint("credit.answered")
    # First what we know of this one; waking the others may take long, or fail.
    settled = settle(grant, answer.value, cause=cause)
    _noted(grant, answer.breaker_closed)
    return settled


def ask(grant: Grant, gateway: Gateway) -> PlatformBonus | None:
    """What the platform knows of a grant that the caller has claimed; None when it has not seen it.

    Raises `AdapterUnavailable`, the claim given up, when there is no usable answer: a refusal to answer is none either.
    """
    try:
        answer = gateway.status(grant_id=grant.pk, platform_bonus_id=grant.platform_bonus_id or None)
    except (PlatformRefused, PlatformTrouble) as trouble:
        _noted(grant, trouble.breaker_closed)
        delay = backoff(grant.attempts)
        release(grant, retry_in=delay)
        raise AdapterUnavailable(grant.pk, retry_after=delay) from trouble
    _noted(grant, answer.breaker_closed)
    return answer.value


def settle(grant: Grant, bonus: PlatformBonus, *, cause: Cause) -> Grant:
    """Write down what the platform says a grant has become. What a webhook said first stays."""
    with changing(grant, cause=cause) as change:
        if take_over(change, bonus, claimed_until=grant.claimed_until):
            follow_up(change, since=claimed_at(grant))
    return change.grant


def take_over(change: Change, bonus: PlatformBonus, *, claimed_until: datetime | None) -> bool:
    """What an answer under the claim until then does to the grant; False when it stays in its state.

    Where it moves, what was received while we asked is to follow up.
    """
    locked = change.grant
    hear(change, platform_bonus_id=bonus.platform_bonus_id)
    target = as_wished(locked, PLATFORM_STATUS[bonus.status])
    moved = change.advance(target, reason=locked.wish_reason if target == locked.wish else "")
    if not moved:
        _note_drift(change, target)
    if locked.claimed_until == claimed_until:
        locked.claimed_until = None
    locked.needs_person = False
    # A wish that waited until the outcome was known is due now; otherwise nothing is left to do.
    locked.next_attempt_at = change.now if locked.wish else None
    return moved


def as_wished(grant: Grant, theirs: Status) -> Status:
    """What a platform calls cancelled may be the echo of our own call for an ending: then it ended as we wished.

    While it is queued no such call has been made.
    """
    is_echo = bool(grant.wish) and theirs is Status.CANCELLED and grant.state is not Status.QUEUED
    return Status(grant.wish) if is_echo else theirs


def fail(grant: Grant, *, code: str, message: str, cause: Cause) -> Grant:
    """The player never had it and never will."""
    with changing(grant, cause=cause) as change:
        turn_down(change, code=code, message=message)
    return change.grant


def turn_down(change: Change, *, code: str, message: str) -> None:
    """What a refusal does to the grant: nothing where a webhook knew better."""
    locked = change.grant
    if locked.state is Status.QUEUED:
        locked.failure_code = code[:100]
        locked.failure_message = message[:500]
        change.move(Status.FAILED, reason=code)


def hear(change: Change, *, platform_bonus_id: str | None) -> None:
    """The platform spoke about a grant: note when, and under which id it knows it."""
    grant = change.grant
    grant.heard_at = change.now
    if not platform_bonus_id or platform_bonus_id == grant.platform_bonus_id:
        return
    if grant.platform_bonus_id:
        change.drift("other_platform_id", ours=grant.platform_bonus_id, theirs=platform_bonus_id)
    else:
        grant.platform_bonus_id = platform_bonus_id


def reload(grant: Grant) -> Grant:
    return Grant.objects.select_related("revision", "player", "adapter").get(pk=grant.pk)


def _noted(grant: Grant, breaker_closed: bool) -> None:
    if breaker_closed:
        wake_queued(grant.adapter)


def _note_drift(change: Change, target: Status) -> None:
    grant = change.grant
    never_had = grant.state is Status.FAILED or (grant.state is Status.CANCELLED and not grant.was_credited)
    if never_had and target in LIVE:
        change.drift("credited_after_end", ours=grant.status, theirs=target.value)


def _put_off(grant: Grant, trouble: PlatformTrouble, attempted_before: datetime | None) -> AdapterUnavailable:
    """Release the claim after a call without a usable answer, and say when the next one is due."""
    delay = trouble.retry_after if isinstance(trouble, PlatformUnavailable) else backoff(grant.attempts)
    log.warning("platform_trouble", grant_id=str(grant.pk), sent=trouble.sent, message=trouble.message)
    if not trouble.sent:
        # The platform certainly never saw this call, so it leaves no doubt behind.
        release(grant, retry_in=delay, attempted_at=attempted_before)
    else:
        retry_in, needs_person = in_doubt(grant.adapter, delay=delay)
        release(grant, retry_in=retry_in, needs_person=needs_person)
    return AdapterUnavailable(grant.pk, retry_after=delay)
