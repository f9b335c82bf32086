"""Wagering progress of one locked grant, bet by bet or as the platform's own total."""

from datetime import datetime

from django.conf import settings

from bonuses import terms as rules
from bonuses.events import is_unplayed, ongoing_event
from bonuses.lifecycle import Status
from bonuses.models import Bet, Grant
from bonuses.models.template import MaxBetAction
from bonuses.money import MAX_MINOR
from bonuses.services.transition import Change
from bonuses.services.wish import wish
from bonuses.webhook_events import Bet as BetData
from bonuses.webhook_events import RevertedBet

MOST_PROGRESS = MAX_MINOR * 100
"""What is beyond it could neither be stored nor told."""


def wager(change: Change, data: BetData, *, at: datetime) -> bool:
    """Count a bet, or take over an absolute progress unless a newer one is known. False when it changes nothing."""
    grant = change.grant
    if _breaks_maximum(grant, data):
        return _refuse_bet(change, data)
    counted = _take_total(grant, data.absolute, at) if data.absolute is not None else _count_bet(grant, data)
    if not counted:
        return False
    if data.locked_amount is not None:
        grant.locked_amount = data.locked_amount
    _report_progress(change)
    return True


def revert_wager(change: Change, data: RevertedBet) -> bool:
    """Take a bet's progress back, never below zero. A bet that has not arrived yet is remembered as reverted."""
    grant = change.grant
    if data.bet_id is None:
        taken = _progress_of(grant, data.bet_amount or 0, data.game_category or "")
    else:
        bet, is_new = Bet.objects.get_or_create(grant=grant, bet_id=data.bet_id, defaults={"is_reverted": True})
        if bet.is_reverted and not is_new:
            return False
        Bet.objects.filter(pk=bet.pk).update(is_reverted=True)
        taken = bet.counted_hundredths
    grant.progress_hundredths = max(0, grant.progress_hundredths - taken)
    return True


def _take_total(grant: Grant, total: int, at: datetime) -> bool:
    """Of two totals of one moment the larger came last."""
    if grant.progress_at is not None and at < grant.progress_at:
        return False
    if at == grant.progress_at and total * 100 < grant.progress_hundredths:
        return False
    grant.progress_hundredths = total * 100
    grant.progress_at = at
    return True


def _count_bet(grant: Grant, data: BetData) -> bool:
    progress = _progress_of(grant, data.bet_amount or 0, data.game_category or "")
    if not _is_first_sight(grant, data.bet_id, progress):
        return False
    grant.progress_hundredths = min(grant.progress_hundredths + progress, MOST_PROGRESS)
    return True


def _breaks_maximum(grant: Grant, data: BetData) -> bool:
    """Where such a bet does not count, a total that the platform names beside it still does."""
    if data.bet_amount is None or not rules.is_over_max_bet(grant.terms, data.bet_amount):
        return False
    return data.absolute is None or grant.terms.max_bet_action == MaxBetAction.FORFEIT


def _refuse_bet(change: Change, data: BetData) -> bool:
    """A bet over the maximum never counts; as the terms say, it also ends the bonus, with the bet as the reason."""
    grant = change.grant
    is_new = _is_first_sight(grant, data.bet_id, 0)
    if not is_new or grant.terms.max_bet_action != MaxBetAction.FORFEIT:
        return False
    wish(change, Status.FORFEITED, reason=_over_maximum(grant, data))
    return True


def _is_first_sight(grant: Grant, bet_id: str | None, progress: int) -> bool:
    """A bet with an id counts once; one that was reverted before it came does not count at all."""
    if bet_id is None:
        return True
    _, is_new = Bet.objects.get_or_create(grant=grant, bet_id=bet_id, defaults={"counted_hundredths": progress})
    return is_new


def _progress_of(grant: Grant, amount: int, category: str) -> int:
    return rules.bet_progress(grant.terms, bet_amount=amount, category=category)


def _over_maximum(grant: Grant, data: BetData) -> str:
    bet = f"bet {data.bet_id} of " if data.bet_id else "a bet of "
    on = f" on {data.game_category}" if data.game_category else ""
    return f"{bet}{data.bet_amount}{on}; the maximum is {grant.terms.max_bet_during_wagering}"


def _report_progress(change: Change) -> None:
    """Ongoing on the first bet, then at each further step of the requirement; never twice for one step."""
    grant = change.grant
    if is_unplayed(grant):
        return
    step = _step(grant)
    if grant.ongoing_step is None or step > grant.ongoing_step:
        grant.ongoing_step = step
        change.events.append(ongoing_event(grant, change.moment))


def _step(grant: Grant) -> int:
    if not grant.wagering_required:
        return 0
    percent = min(100, grant.progress_hundredths // grant.wagering_required)
    return int(percent // settings.FASTTRACK_ONGOING_STEP_PERCENT)
