"""One caller at a time: a call to the platform is preceded by a claim on the grant, a committed conditional UPDATE."""

import random
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from bonuses.lifecycle import Status
from bonuses.models import Grant, Player
from bonuses.models.grant import GrantQuerySet
from bonuses.models.player import PlayerStatus
from bonuses.models.stop import stops_of
from integrations.models import Adapter

FIRST_DELAY = 5.0
LONGEST_DELAY = 600.0
CALLS_A_CLAIM = 3
"""A claim may ask for the status, credit, and on DUPLICATE_GRANT ask again; it must outlive all three."""
MARGIN = timedelta(seconds=5)

# Subqueries, never joins: a join would have Django look the row up in a subquery of its own, and PostgreSQL does not
# look there again when the update had to wait for another one. Two callers would get the same claim.
_ACTIVE_PLAYER = Player.objects.filter(pk=OuterRef("player_id"), status=PlayerStatus.ACTIVE).order_by()
_STOPS = stops_of(template=OuterRef("template_id"), adapter=OuterRef("adapter_id"), campaign=OuterRef("campaign_id"))


def claim_until(adapter: Adapter, now: datetime) -> datetime:
    return now + _length(adapter)


def claimed_at(grant: Grant) -> datetime:
    """When the caller's claim was taken: what the platform answers under it is no older than that."""
    assert grant.claimed_until is not None  # noqa: S101  asked by who holds the claim
    return claim_began(grant.adapter, grant.claimed_until)


def claim_began(adapter: Adapter, until: datetime) -> datetime:
    return until - _length(adapter)


def is_running_out(grant: Grant) -> bool:
    """Whether a call that began now could outlive the caller's claim: he was held up, and others may call by then."""
    call = timedelta(milliseconds=grant.adapter.total_timeout_ms)
    return grant.claimed_until is None or timezone.now() + call > grant.claimed_until


def _length(adapter: Adapter) -> timedelta:
    return timedelta(milliseconds=CALLS_A_CLAIM * adapter.total_timeout_ms) + MARGIN


def claim_credit(grant: Grant) -> bool:
    """Claim the right to credit: fails when taken, stopped, expired, or the player is no longer active.

    On success the grant counts as attempted from now on, even if this process dies before it calls.
    """
    now = timezone.now()
    return _claim(grant, creditable(now), now, counter="attempts", attempted_at=now)


def creditable(now: datetime) -> GrantQuerySet:
    """Queued grants that may be credited now, whoever has claimed them."""
    return (
        Grant.objects.filter(status=Status.QUEUED, needs_person=False, wish="")
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
        .filter(Exists(_ACTIVE_PLAYER), ~Exists(_STOPS))
    )


def claim_question(grant: Grant) -> bool:
    """Claim the right to ask what became of a grant, without crediting it."""
    return _claim(grant, Grant.objects.all(), timezone.now(), counter="attempts")


def claim_ending(grant: Grant) -> bool:
    """Claim the right to end a grant that the platform holds."""
    held = Grant.objects.filter(status__in=(Status.PENDING, Status.ACTIVE, Status.REVERSED)).exclude(wish="")
    return _claim(grant, held, timezone.now(), counter="wish_attempts")


def _claim(grant: Grant, eligible: GrantQuerySet, now: datetime, *, counter: str, **marks: datetime) -> bool:
    """Fails as well when somebody has tried since the caller read the grant: what he knows of it is out of date."""
    until = claim_until(grant.adapter, now)
    fields = {"claimed_until": until, "next_attempt_at": until, counter: F(counter) + 1, **marks}
    unchanged = eligible.filter(pk=grant.pk, attempted_at=grant.attempted_at)
    if not unchanged.unclaimed(now).update(**fields):
        return False
    grant.claimed_until = until
    setattr(grant, counter, getattr(grant, counter) + 1)
    return True


def release(grant: Grant, *, retry_in: float | None, **fields: object) -> None:
    """Give the claim up; the sweep comes back in `retry_in` seconds, or never by itself when None."""
    due = None if retry_in is None else timezone.now() + timedelta(seconds=retry_in)
    Grant.objects.filter(pk=grant.pk, claimed_until=grant.claimed_until).update(
        claimed_until=None, next_attempt_at=due, **fields
    )


def in_doubt(adapter: Adapter, *, delay: float) -> tuple[float | None, bool]:
    """After a call that the platform may have seen: when the sweep is to come back, and whether it needs a person."""
    if adapter.can("idempotent"):
        return delay, False
    # It would credit again, so that asking what became of it is all that may be done.
    return (delay if adapter.can("query_status") else None), True


def backoff(attempts: int) -> float:
    """Seconds until the next try: drawn from d/2 to d, d = 5, 10, 20 … 600."""
    longest = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempts - 1, 10))
    return random.uniform(longest / 2, longest)  # noqa: S311  spreads load, guards nothing


def wake_queued(adapter: Adapter) -> None:
    """The platform is back: what waits for it is due at once."""
    now = timezone.now()
    Grant.objects.filter(adapter=adapter, status=Status.QUEUED, next_attempt_at__gt=now).unclaimed(now).update(
        next_attempt_at=now
    )


def postpone(grant: Grant, *, seconds: float) -> None:
    """Put off a grant that nobody has claimed."""
    now = timezone.now()
    Grant.objects.filter(pk=grant.pk).live().unclaimed(now).update(next_attempt_at=now + timedelta(seconds=seconds))
