from bonuses.lifecycle import Status
from bonuses.services.transition import Change


def wish(change: Change, ending: Status, *, reason: str) -> None:
    """Remember how we want a grant to end; the first wish stands. Written by the change's `save`."""
    grant = change.grant
    if grant.wish:
        return
    grant.wish = ending.value
    grant.wish_reason = reason[:500]
    grant.wish_cause = change.cause.kind.value
    grant.wish_actor = change.cause.actor
    grant.next_attempt_at = change.now
