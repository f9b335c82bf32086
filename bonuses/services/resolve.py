import uuid

from django.db import transaction
from django.utils import timezone

from bonuses.lifecycle import Cause, Status
from bonuses.models import Grant
from bonuses.services.transition import Change, lock_grant
from integrations.errors import DomainError

NOT_CREDITED = "NOT_CREDITED"


class GrantNotUnresolved(DomainError):
    code = "GRANT_NOT_UNRESOLVED"

    def __init__(self, grant: Grant) -> None:
        super().__init__(f"Nobody needs to resolve this grant: it is {grant.status}.", status=grant.status)


def resolve(*, grant_id: uuid.UUID, was_credited: bool, cause: Cause, reason: str = "") -> Grant:
    """A person says what became of a call whose outcome the platform can't tell.

    Raises `GrantNotFound`, and `GrantNotUnresolved` for a grant that does not wait for a person.
    """
    with transaction.atomic():
        grant = lock_grant(grant_id)
        if not grant.needs_person or grant.state is not Status.QUEUED:
            raise GrantNotUnresolved(grant)
        change = Change(grant, cause=cause, now=timezone.now())
        grant.needs_person = False
        grant.claimed_until = None
        grant.next_attempt_at = change.now if was_credited and grant.wish else None
        if was_credited:
            change.move(Status.ACTIVE, reason=reason)
        elif grant.wish:
            change.move(Status.CANCELLED, reason=reason or grant.wish_reason)
        else:
            grant.failure_code = NOT_CREDITED
            grant.failure_message = (reason or "The platform did not credit it, says an operator.")[:500]
            change.move(Status.FAILED, reason=reason)
        change.save()
    return grant
