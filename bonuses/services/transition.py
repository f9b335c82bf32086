"""The one way in which a grant changes: its row, its history and its events together, in the caller's transaction."""

import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from operator import attrgetter

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bonuses import lifecycle
from bonuses.events import Moment, created_event, events_of_change, is_unplayed
from bonuses.lifecycle import ENDED, Cause, Status
from bonuses.models import Drift, Grant, GrantTransition
from bonuses.money import convert
from bonuses.terms import winnings_required
from integrations import outbox
from integrations.errors import DomainError
from integrations.models import Adapter
from integrations.outbox import Event
from integrations.rates import rate_at
from integrations.rows import among, insert_rows

PAID_OUT = frozenset({Status.COMPLETED, Status.AUTO_COMPLETED, Status.LOST})
"""Endings that presuppose that free spins have been played."""

RateOf = Callable[[str], Decimal]


class GrantNotFound(DomainError):
    code = "NOT_FOUND"

    def __init__(self, grant_id: uuid.UUID | str) -> None:
        super().__init__(f"There is no grant {grant_id}.")


class GrantChangedMeanwhile(RuntimeError):
    """The row was not locked by the one who changed it: a mistake in our own code."""


def lock_grant(grant_id: uuid.UUID, *, adapter: Adapter | None = None) -> Grant:
    """The grant with all that its changes need, locked until the transaction ends. Raises `GrantNotFound`."""
    grants = Grant.objects.locked().select_related("revision", "player")
    if adapter is not None:
        grants = grants.filter(adapter=adapter)
    try:
        return grants.get(pk=grant_id)
    except Grant.DoesNotExist:
        raise GrantNotFound(grant_id) from None


def lock_grants(grant_ids: Collection[uuid.UUID]) -> list[Grant]:
    """Many of them, in the order of their keys, in two statements; the grants of one revision share it."""
    grants = Grant.objects.locked().filter(among(Grant, grant_ids))
    return list(grants.select_related("player").prefetch_related("revision"))


def rates_at(now: datetime) -> RateOf:
    """What one unit of a currency is worth in the base currency; each is looked up once."""
    return cache(lambda currency: rate_at(currency, settings.BASE_CURRENCY, now))


class Change:
    """What one cause does to one locked grant. Set fields on the grant, `move` it, then `save` once, or `save_all`."""

    def __init__(self, grant: Grant, *, cause: Cause, now: datetime, rate_of: RateOf | None = None) -> None:
        self.grant = grant
        self.cause = cause
        self.now = now
        self.events: list[Event] = []
        self.transitions: list[GrantTransition] = []
        self.drifts: list[Drift] = []
        self._before = _columns(grant)
        self._rate_of = rate_of or rates_at(now)

    def move(self, to: Status, *, reason: str = "") -> None:
        """One step of the state table. Raises `lifecycle.TransitionRefused`."""
        grant, came_from = self.grant, self.grant.state
        lifecycle.check(came_from, to, was_credited=grant.was_credited)
        if to in PAID_OUT and is_unplayed(grant):
            self.complete_spins(winnings=grant.bonus_turned_real or 0)
        grant.status = to
        if came_from is Status.QUEUED:
            self._leave_queue()
        self._settle_columns(to)
        self._note(came_from, reason)
        self.events += events_of_change(grant, came_from=came_from, moment=self.moment, reason=reason)

    def advance(self, to: Status, *, reason: str = "") -> bool:
        """Move to a state the platform reports, through what it implies. False when it comes too late to matter."""
        steps = lifecycle.path(self.grant.state, to)
        for step in steps:
            self.move(step, reason=reason if step is to else "implied by a later report")
        return bool(steps)

    def complete_spins(self, *, winnings: int) -> None:
        """The rounds of a free-spins bonus are over: what was won is now the bonus. `winnings` in minor units."""
        grant = self.grant
        grant.spins_completed_at = self.now
        grant.amount = winnings
        grant.amount_base = base_amount(winnings, grant)
        grant.wagering_required = winnings_required(grant.terms, winnings)
        grant.locked_amount = winnings if grant.wagering_required else 0
        self.events.append(created_event(grant, self.moment))

    def drift(self, kind: str, *, ours: str, theirs: str) -> None:
        """The platform says something that should not be: for a person to look at, once however often it is said."""
        self.drifts.append(Drift(grant=self.grant, kind=kind, ours=ours[:100], theirs=theirs[:100], seen_at=self.now))

    def save(self) -> None:
        """Write everything, in at most five statements. Must run in the transaction that locked the grant."""
        save_all([self])

    @property
    def moment(self) -> Moment:
        """Of the next event. Several of one change follow each other: two lives may end alike in it, and whoever tells
        events by what is in them is to see two."""
        at = self.now + timedelta(microseconds=len(self.events))
        return Moment(at=at, rate=self._rate_of(self.grant.player_currency))

    def altered(self) -> list[str]:
        """Names of the columns that are to be written."""
        pairs = zip(_ALTERABLE, self._before, _columns(self.grant), strict=True)
        return [name for name, before, after in pairs if before != after]

    def _leave_queue(self) -> None:
        """The outcome is known: nobody has to find it out any more, and a wish that waited for it is due.

        Who is still calling to find it out has lost his claim, so that his doubts change nothing here.
        """
        self.grant.needs_person = False
        self.grant.claimed_until = None
        self.grant.next_attempt_at = self.now if self.grant.wish else None

    def _settle_columns(self, to: Status) -> None:
        grant = self.grant
        if to is Status.ACTIVE:
            grant.activated_at = self.now
            grant.locked_amount = grant.amount if grant.wagering_required else 0
        elif to is Status.REVERSED:
            grant.life += 1
            grant.ended_at = None
            grant.life_ended_at = None
            # What had become real money is bonus money again.
            grant.bonus_turned_real = None
        if to in ENDED:
            grant.ended_at = self.now
            grant.locked_amount = 0
            _clear_plans(grant)
        if to is Status.FAILED or (to is Status.CANCELLED and not grant.was_credited):
            grant.slot = None

    def _note(self, came_from: Status, reason: str) -> None:
        grant = self.grant
        grant.transition_count += 1
        self.transitions.append(
            GrantTransition(
                grant_id=grant.pk,
                seq=grant.transition_count,
                life=grant.life,
                from_status=came_from,
                to_status=grant.status,
                at=self.now,
                cause=self.cause.kind,
                actor=self.cause.actor,
                webhook_id=self.cause.webhook_id,
                reason=reason[:500],
                amounts=amounts_of(grant),
            )
        )


def save_all(changes: Sequence[Change]) -> None:
    """Write all of them, each of another grant, in as few statements as one takes: at most five.

    Must run in the transaction that locked the grants. `GrantChangedMeanwhile` when one of them was not locked.
    """
    _write_grants(changes)
    insert_rows([step for change in changes for step in change.transitions])
    _write_drifts([drift for change in changes for drift in change.drifts])
    outbox.record([event for change in changes for event in change.events])


def _write_grants(changes: Sequence[Change]) -> None:
    grants, columns = [], {"updated_at"}
    for change in changes:
        if names := change.altered():
            change.grant.updated_at = change.now
            grants.append(change.grant)
            columns.update(names)
    # They are locked: a column that only others of them alter is written as it is.
    if Grant.objects.write_changes(grants=grants, fields=sorted(columns)) != len(grants):
        raise GrantChangedMeanwhile(", ".join(str(grant.pk) for grant in grants))
    for grant in grants:
        grant._stored_status = grant.status


def _write_drifts(drifts: Sequence[Drift]) -> None:
    """Those that are not there yet."""
    if not drifts:
        return
    known = Drift.objects.filter(grant__in={drift.grant_id for drift in drifts}, resolved_at=None)
    open_ones = set(known.values_list("grant_id", "kind", "theirs"))
    new: dict[tuple[uuid.UUID, str, str], Drift] = {}
    for drift in drifts:
        new.setdefault((drift.grant_id, drift.kind, drift.theirs), drift)
    Drift.objects.bulk_create([drift for key, drift in new.items() if key not in open_ones])


@contextmanager
def changing(grant: Grant, *, cause: Cause) -> Iterator[Change]:
    """A change of the grant as it is now, locked and saved in one transaction. What the caller holds is not touched."""
    with transaction.atomic():
        change = Change(lock_grant(grant.pk), cause=cause, now=timezone.now())
        yield change
        change.save()
    change.grant.adapter = grant.adapter


def base_amount(minor: int, grant: Grant) -> int:
    """An amount of the grant in the base currency's minor units, at the rate locked when it was issued."""
    return convert(
        minor, rate=Decimal(grant.exchange_rate), from_currency=grant.currency, to_currency=settings.BASE_CURRENCY
    )


def amounts_of(grant: Grant) -> dict[str, int | None]:
    return {
        "amount": grant.amount,
        "wagering_required": grant.wagering_required,
        "wagering_progress": grant.wagering_progress,
        "locked_amount": grant.locked_amount,
        "bonus_turned_real": grant.bonus_turned_real,
    }


def _clear_plans(grant: Grant) -> None:
    grant.wish = ""
    grant.next_attempt_at = None
    grant.claimed_until = None
    grant.needs_person = False


_ALTERABLE = (
    "status",
    "life",
    "life_began_at",
    "life_ended_at",
    "transition_count",
    "amount",
    "amount_base",
    "wagering_required",
    "progress_hundredths",
    "progress_at",
    "ongoing_step",
    "locked_amount",
    "bonus_turned_real",
    "spins_completed_at",
    "issue_reported",
    "platform_bonus_id",
    "failure_code",
    "failure_message",
    "slot",
    "attempted_at",
    "claimed_until",
    "next_attempt_at",
    "needs_person",
    "wish",
    "wish_reason",
    "wish_cause",
    "wish_actor",
    "heard_at",
    "activated_at",
    "expires_at",
    "ended_at",
)
"""All that a change may alter; what was agreed at issue time stays out."""
_columns = attrgetter(*_ALTERABLE)
