from bonuses.lifecycle import SYSTEM, Status
from bonuses.models import Grant
from bonuses.services.claim import claim_question, claimed_at
from bonuses.services.credit import PLATFORM_STATUS, as_wished, ask, hear, reachable, reload
from bonuses.services.early import follow_up
from bonuses.services.transition import Change, changing
from integrations.platforms.base import PlatformBonus


def reconcile(grant: Grant) -> Grant:
    """Ask the platform how a live grant stands, take over what we missed, and record what can't be right.

    Raises `AdapterUnavailable`.
    """
    if not grant.adapter.can("query_status"):
        return grant
    gateway = reachable(grant)
    if not claim_question(grant):
        return reload(grant)
    found = ask(grant, gateway)
    with changing(grant, cause=SYSTEM) as change:
        locked = change.grant
        locked.heard_at = change.now
        # Had it moved while we asked, the answer could be older than what we know.
        if locked.transition_count == grant.transition_count:
            _compare(change, found)
            follow_up(change, since=claimed_at(grant))
        if locked.claimed_until == grant.claimed_until:
            locked.claimed_until = None
        locked.next_attempt_at = change.now if locked.wish else None
    return locked


def _compare(change: Change, bonus: PlatformBonus | None) -> None:
    grant = change.grant
    if bonus is None:
        change.drift("missing_on_platform", ours=grant.status, theirs="unknown")
        return
    hear(change, platform_bonus_id=bonus.platform_bonus_id)
    theirs = as_wished(grant, PLATFORM_STATUS[bonus.status])
    agree = theirs is grant.state or (theirs is Status.ACTIVE and grant.is_on_account)
    reason = grant.wish_reason if theirs == grant.wish else "found by reconciliation"
    if not agree and not change.advance(theirs, reason=reason):
        change.drift("status_differs", ours=grant.status, theirs=bonus.status)
