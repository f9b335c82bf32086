"""What each check has compared, in words: by the checks' names, for those that passed and for those that refused."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from bonuses.lifecycle import Status
from bonuses.models import Grant, Stop
from bonuses.models.stop import stops_of
from bonuses.models.template import BonusType
from bonuses.money import display
from bonuses.services.checks import numbers_of_part
from bonuses.services.issue_checks import IssueCase
from bonuses.services.offer import Offering
from bonuses.terms import Terms, window

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def in_words(stops: QuerySet[Stop]) -> str:
    return "; ".join(f"{stop.get_scope_display()}: {stop.reason} ({stop.set_by})" for stop in stops)


def used(held: Collection[object] | int, terms: Terms, now: datetime) -> str:
    """`3 of 3 grants used in the 7 days from 1 Mar 2026`."""
    count, limit = held if isinstance(held, int) else len(held), terms.max_grants_per_player
    share = f"{count} so far, no limit" if limit is None else f"{count} of {limit} grant{'s' * (limit != 1)} used"
    if terms.type != BonusType.CASHBACK:
        return share
    since = _EPOCH + timedelta(days=window(terms, now))
    return f"{share} in the {terms.config['window_days']} days from {since:%-d %b %Y}"


def standing(grant: Grant) -> str:
    """What a grant is doing now, or why it ended, beyond its status. Needs `grants_of`."""
    if grant.failure_code:
        return f"{grant.failure_code}: {grant.failure_message}"
    if grant.needs_person:
        return "Nobody knows whether the platform credited it: a person must say."
    if grant.wish:
        return f"Is to end as {grant.wish}; the platform has not confirmed it yet. {grant.wish_reason}".strip()
    if grant.state is not Status.QUEUED:
        return str(getattr(grant, "last_reason", "") or "")
    calls = f"The platform was called {grant.attempts} time{'s' * (grant.attempts != 1)} without a usable answer."
    called = calls if grant.was_attempted else "The platform was not called yet."
    due = grant.next_attempt_at
    return f"{called} Next try at {due:%-d %b %Y %H:%M:%S} UTC." if due else called


def _currency(making: Offering) -> str:
    return making.terms.currency


def _amount(making: Offering) -> str:
    return f"{_shown(making, making.amount)}{_basis(making)}"


def _amount_refused(making: Offering) -> str:
    return _basis(making).removeprefix(" for ")


def _basis(making: Offering) -> str:
    if making.deposit is not None:
        return f" for a deposit of {_shown(making, making.deposit)}"
    if making.terms.type != BonusType.CASHBACK or making.loss is None:
        return ""
    least = _shown(making, making.terms.config["min_loss"])
    return f" for a loss of {_shown(making, making.loss)}, of which at least {least} is needed"


def _rates(making: Offering) -> str:
    currency = making.terms.currency
    if currency == settings.BASE_CURRENCY:
        return ""
    return f"1 {currency} = {making.exchange_rate.normalize():f} {settings.BASE_CURRENCY}"


def _totals(making: Offering) -> str:
    return f"{_shown(making, making.wagering_required)} to be wagered" if making.wagering_required else "no wagering"


def _player_rate(making: Offering) -> str:
    if making.player_rate is None:
        return ""
    return f"1 {making.terms.currency} = {making.player_rate.normalize():f} {making.player_currency}"


def _shown(making: Offering, minor: int) -> str:
    return display(minor, making.terms.currency)


def _slots(case: IssueCase) -> str:
    return used(case.held, case.offering.terms, case.now)


def _adapter(case: IssueCase) -> str:
    return f"{case.known.adapter.name} for {case.player.origin}"


OFFER_PASSED: dict[str, Callable[[Offering], str]] = {
    "currency": _currency,
    "amount": _amount,
    "rates": _rates,
    "totals": _totals,
    "player_rate": _player_rate,
}
OFFER_REFUSED: dict[str, Callable[[Offering], str]] = {"amount": _amount_refused}

ISSUE_PASSED: dict[str, Callable[[IssueCase], str]] = {
    "template_exists": lambda case: f"“{case.template.name}”, {case.template.revision}",
    "player_exists": lambda case: case.player.external_id,
    **numbers_of_part(OFFER_PASSED, lambda case: case.offering),
    "adapter": _adapter,
    "limit": _slots,
}
ISSUE_REFUSED: dict[str, Callable[[IssueCase], str]] = {
    "kill_switch": lambda case: in_words(stops_of(template=case.template_id, campaign=case.campaign_id)),
    **numbers_of_part(OFFER_REFUSED, lambda case: case.offering),
    "adapter_stop": lambda case: in_words(stops_of(adapter=case.known.adapter.pk)),
    "limit": _slots,
}
