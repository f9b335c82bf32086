import uuid

from django.db import transaction
from django.utils import timezone
from structlog.contextvars import bind_contextvars

from bonuses.lifecycle import Cause, Status
from bonuses.models import Grant
from bonuses.services.adapters import AdapterCapabilityMissing
from bonuses.services.credit import AdapterUnavailable, reload
from bonuses.services.finish import finish
from bonuses.services.retry import retry
from bonuses.services.transition import Change, lock_grant
from bonuses.services.wish import wish
from integrations.errors import DomainError
from integrations.models import Adapter

WHILE_CALLED = 10.0


class GrantNotCancellable(DomainError):
    code = "GRANT_NOT_CANCELLABLE"

    def __init__(self, grant: Grant) -> None:
        super().__init__(f"The grant has ended: it is {grant.status}.", status=grant.status)


def cancel(*, grant_id: uuid.UUID, cause: Cause, reason: str = "", is_repeat: bool = False) -> Grant:
    """End a live grant, here and on the platform. A repeated request finds it cancelled by its own kept wish.

    Raises `GrantNotFound`, `GrantNotCancellable`, `AdapterCapabilityMissing`, and `AdapterRejected` or
    `AdapterUnavailable` when the platform doesn't play along; in these two cases the wish is kept and carried out.
    """
    bind_contextvars(grant_id=str(grant_id))
    grant = _decide(grant_id, cause=cause, reason=reason, is_repeat=is_repeat)
    if not grant.has_ended:
        grant = _carry_out(grant, cause=cause)
    if grant.is_live:
        raise AdapterUnavailable(grant.pk, retry_after=WHILE_CALLED)
    if grant.state is not Status.CANCELLED:
        raise GrantNotCancellable(grant)
    return grant


def _decide(grant_id: uuid.UUID, *, cause: Cause, reason: str, is_repeat: bool) -> Grant:
    """Cancel at once what the platform can't have seen; for everything else store the wish."""
    with transaction.atomic(durable=True):
        grant = lock_grant(grant_id)
        adapter = Adapter.objects.get(pk=grant.adapter_id)
        change = Change(grant, cause=cause, now=timezone.now())
        if is_repeat and grant.state is Status.CANCELLED:
            return grant
        if grant.has_ended:
            raise GrantNotCancellable(grant)
        if grant.state is Status.QUEUED and not grant.was_attempted:
            change.move(Status.CANCELLED, reason=reason)
        elif not adapter.can("cancel"):
            raise AdapterCapabilityMissing(adapter, "cancel")
        else:
            wish(change, Status.CANCELLED, reason=reason)
        change.save()
    grant.adapter = adapter
    return grant


def _carry_out(grant: Grant, *, cause: Cause) -> Grant:
    if grant.state is Status.QUEUED:
        grant = retry(reload(grant), cause=cause)
    return finish(reload(grant)) if grant.is_live and grant.state is not Status.QUEUED else grant
