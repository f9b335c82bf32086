"""A chunk is one worker's at a time. Clocks are the database's, so that machines need not agree on the time.

Every lease has an epoch of its own: who wakes up after another has taken over promises nothing more.
"""

import os
import socket
import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from campaigns.fanout.clock import from_now
from campaigns.models import Chunk

LEASE_SECONDS = 30.0


class LeaseLost(Exception):
    """Another worker has taken over."""


@dataclass(frozen=True, slots=True)
class Lease:
    chunk_id: int
    number: int
    """The chunk's, in its campaign."""
    epoch: int


def owner() -> str:
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


def free_chunks() -> QuerySet[Chunk]:
    """With somebody left to be promised something, and nobody at it."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=Now())
    due = Q(not_before__isnull=True) | Q(not_before__lte=Now())
    return Chunk.objects.filter(free, due, untouched__gt=0)


def acquire(campaign_id: uuid.UUID, *, by: str) -> Lease | None:
    """The next chunk; None when there is none that is free."""
    with transaction.atomic():
        # SQLite has one writer at a time: there nobody else can be looking.
        chunk = (
            free_chunks()
            .filter(campaign=campaign_id)
            .select_for_update(skip_locked=True, no_key=True)
            .order_by("number")
            .first()
        )
        if chunk is None:
            return None
        Chunk.objects.filter(pk=chunk.pk).update(
            leased_by=by, leased_until=from_now(LEASE_SECONDS), epoch=F("epoch") + 1, not_before=None
        )
    return Lease(chunk.pk, chunk.number, chunk.epoch + 1)


def release(lease: Lease, *, wait: float = 0.0) -> None:
    """Give it back, if it is still ours; nobody takes it for `wait` seconds."""
    Chunk.objects.filter(pk=lease.chunk_id, epoch=lease.epoch).update(
        leased_by="", leased_until=None, not_before=from_now(wait) if wait else None
    )
