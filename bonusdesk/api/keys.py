"""The life of an idempotency key: claimed, then finished, left open, given back or removed.

Each step is one conditional write on one table that names what was read, and whose row count is checked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from bonusdesk.models import IdempotencyKey
from integrations.errors import DomainError
from integrations.failpoints import failpoint
from integrations.ids import new_id

LEASE = timedelta(seconds=30)
"""A try that takes longer may be taken over by the next one; then it is fenced."""
BATCH = 2000
FREE = ""
"""The fingerprint of a key that any request may take."""


class KeyReused(DomainError):
    code = "IDEMPOTENCY_KEY_REUSED"

    def __init__(self) -> None:
        super().__init__("The Idempotency-Key was used for another request: another address, or another body.")


class KeyInProgress(DomainError):
    code = "IDEMPOTENCY_IN_PROGRESS"
    retry_after = 1

    def __init__(self) -> None:
        super().__init__("The first request with this Idempotency-Key is still running.")


@dataclass(frozen=True, slots=True)
class Claim:
    row: IdempotencyKey
    is_repeat: bool
    """Another try of this very request may have done something already."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: str


def claim(*, caller: str, key: str, fingerprint: str) -> Claim:
    """The key, running for the caller alone, or final. Committed before anything else happens.

    Raises `KeyReused` and `KeyInProgress`.
    """
    now = timezone.now()
    mine = IdempotencyKey(
        caller=caller, key=key, fingerprint=fingerprint, created_at=now, running_until=now + LEASE, attempt=1
    )
    with transaction.atomic(durable=True):
        IdempotencyKey.objects.bulk_create([mine], ignore_conflicts=True)
        found = IdempotencyKey.objects.filter(caller=caller, key=key).first()
        if found is None:
            # It was there when we inserted, and has been removed since.
            raise KeyInProgress
        claimed = Claim(found, is_repeat=False) if found.pk == mine.pk else _known(found, fingerprint, now)
    failpoint("key.claimed")
    return claimed


def _known(found: IdempotencyKey, fingerprint: str, now: datetime) -> Claim:
    is_running = found.running_until is not None and found.running_until > now
    if found.created_at < _oldest(now) and not is_running:
        # As if it had been removed already: another id, so that it makes another grant.
        fresh = {"id": new_id(), "status": None, "body": "", "is_final": False}
        return Claim(_taken_over(found, now, fingerprint=fingerprint, **fresh), is_repeat=False)
    if found.fingerprint not in (FREE, fingerprint):
        raise KeyReused
    if found.is_final:
        return Claim(found, is_repeat=True)
    if is_running:
        raise KeyInProgress
    is_repeat = found.fingerprint != FREE
    return Claim(_taken_over(found, now, fingerprint=fingerprint), is_repeat=is_repeat)


def _taken_over(found: IdempotencyKey, now: datetime, **fields: Any) -> IdempotencyKey:
    # It is kept from the last try on: what that one does must not be forgotten sooner than what a first one does.
    fields |= {"created_at": now, "running_until": now + LEASE, "attempt": found.attempt + 1}
    if not _unchanged(found).update(**fields):
        raise KeyInProgress
    for name, value in fields.items():
        setattr(found, name, value)
    return found


def finish(row: IdempotencyKey, answer: Answer) -> bool:
    """This is the answer that every repetition gets. False when another try has taken over."""
    failpoint("key.finishing")
    return _answered(row, answer, is_final=True)


def leave_open(row: IdempotencyKey, answer: Answer) -> bool:
    """Not the last word: a repetition runs again, to tell what has become of it."""
    return _answered(row, answer, is_final=False)


def _answered(row: IdempotencyKey, answer: Answer, *, is_final: bool) -> bool:
    fields = {"status": answer.status, "body": answer.body, "is_final": is_final, "running_until": None}
    return bool(_unchanged(row).update(**fields))


def give_back(row: IdempotencyKey) -> bool:
    """The request was refused: any other may take the key, a corrected one say.

    It keeps its id. Should an earlier try be held up somewhere and still make its grant, or this one have made more
    than the refusal lets suppose, then who uses the key next finds that grant, or is refused if it is not what he asks
    for, instead of making a second one.
    """
    return bool(_unchanged(row).update(fingerprint=FREE, status=None, body="", running_until=None))


def remove(row: IdempotencyKey) -> bool:
    """It was rolled back, so certainly nothing was done, unless under an earlier use of the key."""
    if row.attempt > 1:
        return give_back(row)
    removed, _ = _unchanged(row).delete()
    return bool(removed)


def _unchanged(row: IdempotencyKey) -> QuerySet[IdempotencyKey]:
    """The row, unless somebody has written since it was read: every write changes one of these."""
    return IdempotencyKey.objects.filter(pk=row.pk, attempt=row.attempt, running_until=row.running_until)


def remove_old(*, on_batch: Callable[[int], None] = lambda removed: None) -> int:
    """Removes those that have been kept long enough, in batches; how many. `on_batch` is told how many so far."""
    now, removed = timezone.now(), 0
    old = IdempotencyKey.objects.filter(created_at__lt=_oldest(now)).exclude(running_until__gt=now)
    while ids := list(old.order_by("created_at").values_list("pk", flat=True)[:BATCH]):
        # By the same conditions again: one may have been taken over since we looked.
        count, _ = old.filter(pk__in=ids).delete()
        removed += count
        on_batch(removed)
    return removed


def _oldest(now: datetime) -> datetime:
    return now - timedelta(hours=settings.KEEP_IDEMPOTENCY_KEYS_HOURS)
