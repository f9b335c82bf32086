"""What a sweep, or a person in a hurry, does about a grant that is still queued."""

from datetime import timedelta
from enum import StrEnum

from django.utils import timezone

from bonuses.lifecycle import Cause, Status
from bonuses.models import Grant
from bonuses.models.stop import stops_of
from bonuses.services.claim import backoff, claim_question, claim_until, postpone, release
from bonuses.services.credit import ask, credit, reachable, reload, settle
from bonuses.services.transition import Change, changing

WHILE_STOPPED = 30.0


class Hold(StrEnum):
    """Why a queued grant must not be credited (any more)."""

    ENDING = "ending"
    BLOCKED = "blocked"
    STOPPED = "stopped"


def hold_on(grant: Grant) -> Hold | None:
    if grant.wish:
        return Hold.ENDING
    if not grant.player.may_be_granted:
        return Hold.BLOCKED
    if stops_of(template=grant.template_id, adapter=grant.adapter_id, campaign=grant.campaign_id).exists():
        return Hold.STOPPED
    return None


def retry(grant: Grant, *, cause: Cause) -> Grant:
    """Carry a queued grant on. Raises `AdapterRejected` or `AdapterUnavailable` as `credit` does."""
    hold = hold_on(grant)
    if grant.was_attempted:
        return _resume(grant, hold=hold, cause=cause)
    if hold is None:
        return credit(grant, cause=cause)
    return _give_up(grant, hold=hold, cause=cause)


def _resume(grant: Grant, *, hold: Hold | None, cause: Cause) -> Grant:
    """The platform may have credited it already: ask first, and only then repeat the call.

    A platform that does not deduplicate is never asked to credit twice: it waits for a person.
    """
    gateway = reachable(grant)
    may_repeat = hold is None and grant.adapter.can("idempotent")
    if grant.adapter.can("query_status"):
        if not claim_question(grant):
            return reload(grant)
        found = ask(grant, gateway)
        if found is not None:
            return settle(grant, found, cause=cause)
        if not may_repeat:
            return _unseen(grant, hold=hold, cause=cause)
        release(grant, retry_in=0)
    elif hold is Hold.STOPPED:
        return _give_up(grant, hold=hold, cause=cause)
    elif not may_repeat:
        return _leave_to_person(grant)
    return credit(reload(grant), cause=cause, gateway=gateway)


def _unseen(grant: Grant, *, hold: Hold | None, cause: Cause) -> Grant:
    """The platform does not know it. That proves something only after the time it may take to process a call."""
    assert grant.attempted_at is not None  # noqa: S101  only what was attempted is asked for
    # Under the claim that was taken then our call may have left until its end: one among many had to wait for its turn.
    # From then on the platform may take its time.
    proven_at = claim_until(grant.adapter, grant.attempted_at) + timedelta(seconds=grant.adapter.max_processing_seconds)
    if timezone.now() < proven_at:
        release(grant, retry_in=(proven_at - timezone.now()).total_seconds())
        return reload(grant)
    release(grant, retry_in=backoff(grant.attempts), needs_person=not grant.adapter.can("idempotent"))
    return reload(grant) if hold is None else _give_up(reload(grant), hold=hold, cause=cause)


def _leave_to_person(grant: Grant) -> Grant:
    Grant.objects.filter(pk=grant.pk, status=Status.QUEUED).unclaimed(timezone.now()).update(
        needs_person=True, next_attempt_at=None
    )
    return reload(grant)


def _give_up(grant: Grant, *, hold: Hold, cause: Cause) -> Grant:
    """The player never had it: end it here, without the platform."""
    if hold is Hold.STOPPED:
        postpone(grant, seconds=WHILE_STOPPED)
        return reload(grant)
    with changing(grant, cause=cause) as change:
        locked = change.grant
        # Someone who began to call meanwhile has left his mark in `attempted_at`; then nothing is certain any more.
        if locked.state is Status.QUEUED and locked.attempted_at == grant.attempted_at:
            _end(change, hold)
    return locked


def _end(change: Change, hold: Hold) -> None:
    if hold is Hold.ENDING:
        change.move(Status.CANCELLED, reason=change.grant.wish_reason)
    else:
        change.grant.failure_code = "PLAYER_BLOCKED"
        change.grant.failure_message = "The player was blocked before the bonus was credited."
        change.move(Status.FAILED, reason="PLAYER_BLOCKED")
