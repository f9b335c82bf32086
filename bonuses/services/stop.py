import uuid

from bonuses.models import Stop
from bonuses.models.stop import StopScope, stop_key
from integrations.errors import DomainError


class StopInvalid(DomainError):
    code = "VALIDATION_ERROR"


def stop(*, scope: str, target: uuid.UUID | None, reason: str, by: str) -> Stop:
    """Stop new credits at once, in every process; what is stopped already stays as it was. Raises `StopInvalid`."""
    if scope not in StopScope.values:
        raise StopInvalid("There is no such scope.", scope=f"must be one of {', '.join(StopScope.values)}")
    if (scope == StopScope.ALL) != (target is None):
        raise StopInvalid("Scope and target do not fit.", target="none for everything, one for every other scope")
    if not reason.strip():
        raise StopInvalid("A stop needs a reason.", reason="is required")
    found, _ = Stop.objects.get_or_create(
        key=stop_key(scope, target), defaults={"scope": scope, "target": target, "reason": reason, "set_by": by}
    )
    return found


def lift(*, key: str, by: str) -> bool:
    """Let credits flow again; False when nothing was stopped under this key. What waits is due within its delay."""
    deleted, _ = Stop.objects.filter(key=key).delete()
    return bool(deleted)
