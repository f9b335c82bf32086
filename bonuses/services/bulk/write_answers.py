"""What many calls to a platform came to, written in sets: the same changes as after one call, in a few statements."""

from collections import Counter
from collections.abc import Collection, Sequence

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from bonuses.lifecycle import Cause
from bonuses.services.bulk.claims import release_many
from bonuses.services.bulk.plan import Promise
from bonuses.services.claim import claim_began, wake_queued
from bonuses.services.credit import take_over, turn_down
from bonuses.services.early import follow_up_all
from bonuses.services.transition import Change, lock_grants, rates_at, save_all
from integrations.models import Adapter
from integrations.platforms.answers import GrantAnswer, Granted, NotSent, Refused, Unknown

log = structlog.get_logger(__name__)

TRIES = 4
IN_EACH_OTHERS_WAY = frozenset({"40001", "40P01"})
"""PostgreSQL's codes for a serialization failure and a deadlock: nothing of the transaction has happened."""

Answered = Sequence[tuple[Promise, Granted | Refused]]
Unanswered = Sequence[tuple[Promise, Unknown | NotSent]]


def write_answers(
    *, answers: Sequence[tuple[Promise, GrantAnswer]], cause: Cause, breaker_closed: Collection[Adapter] = ()
) -> None:
    """Each grant becomes what its platform says, and keeps what a webhook said first. Opens its own transactions.

    Without a usable answer the claim is given up and the sweep finds out. A grant whose outcome can't be written is
    left as it is: its claim runs out, and the sweep finds out as well. `breaker_closed`: platforms that are back.
    """
    answered: list[tuple[Promise, Granted | Refused]] = []
    unanswered: list[tuple[Promise, Unknown | NotSent]] = []
    for promise, answer in answers:
        if isinstance(answer, Granted | Refused):
            answered.append((promise, answer))
        else:
            unanswered.append((promise, answer))
    _write(answered, cause)
    _put_off(unanswered)
    # First what we know of these; waking the others may take long, or fail.
    for adapter in breaker_closed:
        wake_queued(adapter)


def _write(answers: Answered, cause: Cause) -> None:
    """All of them together; where one is in the way of the others, the two halves each by itself."""
    if not answers:
        return
    try:
        _write_stubbornly(answers, cause)
    except (OperationalError, InterfaceError):
        # The database itself is in trouble, so that fewer at a time help nobody.
        raise
    except Exception:
        if len(answers) == 1:
            log.exception("outcome_not_written", grant_id=str(answers[0][0].order.grant_id))
            return
        middle = len(answers) // 2
        _write(answers[:middle], cause)
        _write(answers[middle:], cause)


def _write_stubbornly(answers: Answered, cause: Cause) -> None:
    """Where somebody else got in the way, and the database undid our work for it: once more, from the beginning."""
    for tries_left in reversed(range(TRIES)):
        try:
            _write_together(answers, cause)
        except OperationalError as error:
            if not tries_left or getattr(error.__cause__, "sqlstate", None) not in IN_EACH_OTHERS_WAY:
                raise
            log.warning("outcome_to_be_written_again", grants=len(answers), error=repr(error))
        else:
            return


@transaction.atomic(durable=True)
def _write_together(answers: Answered, cause: Cause) -> None:
    by_id = {promise.order.grant_id: (promise, answer) for promise, answer in answers}
    grants, now = lock_grants(by_id), timezone.now()
    rate_of = rates_at(now)
    changes, moved = [], []
    for grant in grants:
        change = Change(grant, cause=cause, now=now, rate_of=rate_of)
        promise, answer = by_id[grant.pk]
        if isinstance(answer, Refused):
            turn_down(change, code=answer.code, message=answer.message)
        elif take_over(change, answer.bonus, claimed_until=promise.claimed_until):
            moved.append((change, claim_began(promise.adapter, promise.claimed_until)))
        changes.append(change)
    follow_up_all(moved)
    save_all(changes)


def _put_off(answers: Unanswered) -> None:
    if not answers:
        return
    counts = Counter((promise.adapter.slug, isinstance(answer, Unknown)) for promise, answer in answers)
    for (slug, sent), count in counts.items():
        log.warning("platform_trouble", adapter=slug, grants=count, sent=sent)
    release_many(answers)
