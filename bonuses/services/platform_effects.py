"""What each platform event does to a grant. A handler says whether it did anything; the caller keeps the delivery."""

from collections.abc import Callable

from bonuses.lifecycle import LIVE, Status
from bonuses.models.template import BonusType
from bonuses.services.transition import Change, base_amount
from bonuses.services.wagering import revert_wager, wager
from bonuses.webhook_events import PlatformEvent
from integrations.models import DeliveryOutcome

APPLIED, NOT_APPLIED, EARLY = DeliveryOutcome.APPLIED, DeliveryOutcome.NOT_APPLIED, DeliveryOutcome.EARLY
Handler = Callable[[Change, PlatformEvent], DeliveryOutcome]

GIVES = frozenset(
    {
        "bonus.pending",
        "bonus.credited",
        "bonus.spins_completed",
        "bonus.wagered",
        "bonus.completed",
        "bonus.auto_completed",
        "bonus.lost",
    }
)
"""Events by which the platform says that the player has the bonus."""


def take_effect(change: Change, event: PlatformEvent) -> DeliveryOutcome:
    """Apply one event to a locked grant; the caller saves the change."""
    grant = change.grant
    handler = HANDLERS.get(event.event)
    if handler is None:
        return NOT_APPLIED
    if grant.has_ended and not grant.was_credited:
        return _after_an_end_without_credit(change, event)
    if grant.life_began_at is not None and event.ts < grant.life_began_at:
        # It belongs to a life that a reversal has closed.
        return NOT_APPLIED
    outcome = handler(change, event)
    if outcome == APPLIED and grant.has_ended:
        grant.life_ended_at = event.ts
    return outcome


def _after_an_end_without_credit(change: Change, event: PlatformEvent) -> DeliveryOutcome:
    """Nothing can follow; if the platform says that the player has it after all, a person must know."""
    refused_by_us = change.grant.state in (Status.FAILED, Status.CANCELLED)
    if event.event == "bonus.reversed" or (event.event in GIVES and refused_by_us):
        change.drift("credited_after_end", ours=change.grant.status, theirs=event.event)
    return NOT_APPLIED


def _pending(change: Change, event: PlatformEvent) -> DeliveryOutcome:
    return _outcome(change.advance(Status.PENDING))


def _credited(change: Change, event: PlatformEvent) -> DeliveryOutcome:
    return _outcome(change.advance(Status.ACTIVE))


def _spins_completed(change: Change, event: PlatformEvent) -> DeliveryOutcome:
    grant = change.grant
    if grant.terms.type != BonusType.FREE_SPINS or grant.spins_completed_at is not None:
        return NOT_APPLIED
    if not reach_account(change):
        return NOT_APPLIED
    change.complete_spins(winnings=event.data.winnings)
    if event.data.winnings == 0:
        change.move(Status.LOST, reason="the spins won nothing")
    return APPLIED


def _wagered(change: Change, event: PlatformEvent) -> DeliveryOutcome:
    came_from = change.grant.state
    counted = reach_account(change) and wager(change, event.data, at=event.ts)
    # A bet that does not count still tells that the player has the bonus.
    return _outcome(counted or change.grant.state is not came_from)


def _wager_reverted(change: Change, event: PlatformEvent) -> DeliveryOutcome:
    return _outcome(change.grant.is_live and revert_wager(change, event.data))


def _paid_out(change: Change, event: PlatformEvent, to: Status) -> DeliveryOutcome:
    grant = change.grant
    if grant.has_ended:
        return _second_ending(change, event)
    if event.data.total_wagered is not None:
        grant.progress_hundredths = max(grant.progress_hundredths, event.data.total_wagered * 100)
    turned_real = event.data.turned_real
    if turned_real is not None:
        grant.bonus_turned_real = turned_real
        cap = grant.terms.max_win_cap
        if cap is not None and turned_real > cap:
            change.drift("turned_real_over_cap", ours=str(cap), theirs=str(turned_real))
    return _outcome(change.advance(to))


def _completed(change: Change, event: PlatformEvent) -> DeliveryOutcome:
    return _paid_out(change, event, Status.COMPLETED)


def _auto_completed(change: Change, event: PlatformEvent) -> DeliveryOutcome:
    return _paid_out(change, event, Status.AUTO_COMPLETED)


def _lost(change: Change, event: PlatformEvent) -> DeliveryOutcome:
    if change.grant.has_ended:
        return _second_ending(change, event)
    return _outcome(change.advance(Status.LOST))


def _withdrawn(change: Change, event: PlatformEvent) -> DeliveryOutcome:
    """The platform ended it. Its `cancelled` echoes our own call when we had a wish: then it ends as we wished."""
    grant = change.grant
    if grant.has_ended:
        return _second_ending(change, event)
    to = Status(event.event.removeprefix("bonus."))
    if grant.wish and grant.state is not Status.QUEUED and to in (Status.CANCELLED, grant.wish):
        return _outcome(change.advance(Status(grant.wish), reason=grant.wish_reason))
    return _outcome(change.advance(to, reason=event.data.reason or ""))


def _second_ending(change: Change, event: PlatformEvent) -> DeliveryOutcome:
    """It has ended already. If that was before this, the reversal in between is still on its way."""
    ended_at = change.grant.life_ended_at
    return EARLY if ended_at is not None and event.ts > ended_at else NOT_APPLIED


def _reversed(change: Change, event: PlatformEvent) -> DeliveryOutcome:
    grant = change.grant
    if grant.state in LIVE:
        # The ending that it takes back has not arrived yet; kept until it has.
        return EARLY
    if grant.life_ended_at is not None and event.ts < grant.life_ended_at:
        # It took back an earlier ending, of which we have not heard: the one that we know came after it.
        return NOT_APPLIED
    if event.data.amount is not None:
        grant.amount = event.data.amount
        grant.amount_base = base_amount(grant.amount, grant)
    if event.data.expires_at is not None:
        grant.expires_at = event.data.expires_at
    grant.locked_amount = grant.amount if grant.wagering_required else 0
    grant.life_began_at = event.ts
    change.move(Status.REVERSED)
    return APPLIED


def reach_account(change: Change) -> bool:
    """Write the credit that an event implies when we have not seen it. False when the bonus has ended."""
    return change.grant.is_on_account or change.advance(Status.ACTIVE, reason="implied by a later report")


def _outcome(done: bool) -> DeliveryOutcome:
    return APPLIED if done else NOT_APPLIED


HANDLERS: dict[str, Handler] = {
    "bonus.pending": _pending,
    "bonus.credited": _credited,
    "bonus.spins_completed": _spins_completed,
    "bonus.wagered": _wagered,
    "bonus.wager_reverted": _wager_reverted,
    "bonus.completed": _completed,
    "bonus.auto_completed": _auto_completed,
    "bonus.lost": _lost,
    "bonus.expired": _withdrawn,
    "bonus.forfeited": _withdrawn,
    "bonus.cancelled": _withdrawn,
    "bonus.reversed": _reversed,
}
