"""From a grant to what Fast Track is told about it. Which change makes which event is decided here and nowhere else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from bonuses.lifecycle import Status
from bonuses.models import Grant
from bonuses.models.template import BonusType
from bonuses.money import convert, major_number
from bonuses.terms import fasttrack_type
from integrations.fasttrack import BonusPayload, CustomPayload
from integrations.models import EventKind
from integrations.outbox import Event

STATUS_NAMES = {
    Status.PENDING: "Pending",
    Status.ACTIVE: "Created",
    Status.COMPLETED: "Completed",
    Status.AUTO_COMPLETED: "AutoCompleted",
    Status.FORFEITED: "Forfeited",
    Status.EXPIRED: "Expired",
    Status.LOST: "Lost",
    Status.REVERSED: "Reversed",
}
CREATED = STATUS_NAMES[Status.ACTIVE]
ONGOING = "Ongoing"
WITH_TURNED_REAL = frozenset({"Completed", "AutoCompleted"})


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened, and what one unit of the player's currency was worth in the base currency then."""

    at: datetime
    rate: Decimal


def is_unplayed(grant: Grant) -> bool:
    """Free spins whose rounds are not over: nothing about them is a BONUS event yet."""
    return grant.terms.type == BonusType.FREE_SPINS and grant.spins_completed_at is None


def events_of_change(grant: Grant, *, came_from: Status, moment: Moment, reason: str) -> Iterator[Event]:
    """The events that a grant's move into its present status makes: one, or none where the player never had it."""
    if grant.state in (Status.QUEUED, Status.FAILED):
        return
    if grant.state is Status.CANCELLED and came_from is Status.QUEUED:
        return
    if is_unplayed(grant):
        yield from _events_of_unplayed_spins(grant, moment)
    elif grant.state is Status.CANCELLED:
        meta = {"reason": "cancelled", **({"note": reason} if reason else {})}
        yield bonus_event(grant, status=settings.FASTTRACK_CANCELLED_STATUS, moment=moment, extra_meta=meta)
    else:
        yield bonus_event(grant, status=STATUS_NAMES[grant.state], moment=moment)


def created_event(grant: Grant, moment: Moment) -> Event:
    """For free spins, once the rounds are over; every other type gets it from the change to active."""
    return bonus_event(grant, status=CREATED, moment=moment)


def ongoing_event(grant: Grant, moment: Moment) -> Event:
    return bonus_event(grant, status=ONGOING, moment=moment, step=grant.ongoing_step)


def _events_of_unplayed_spins(grant: Grant, moment: Moment) -> Iterator[Event]:
    if not settings.FASTTRACK_CUSTOM_EVENTS:
        return
    if grant.state not in (Status.PENDING, Status.ACTIVE):
        yield _custom_event(grant, f"free_spins_{grant.status}", moment)
    elif not grant.issue_reported:
        grant.issue_reported = True
        yield _custom_event(grant, "free_spins_issued", moment)


def bonus_event(
    grant: Grant, *, status: str, moment: Moment, step: int | None = None, extra_meta: dict[str, Any] | None = None
) -> Event:
    terms = grant.terms
    payload = BonusPayload(
        amount=_in_player_currency(grant, grant.amount),
        bonus_code=terms.bonus_code or None,
        bonus_id=str(grant.template_id),
        bonus_turned_real=(
            _in_player_currency(grant, grant.bonus_turned_real)
            if status in WITH_TURNED_REAL and grant.bonus_turned_real is not None
            else None
        ),
        currency=grant.player_currency,
        exchange_rate=float(moment.rate),
        locked_amount=_in_player_currency(grant, grant.locked_amount),
        meta=_meta(grant, extra_meta or {}) or None,
        origin=grant.player.origin,
        product=terms.product,
        required_wagering_amount=_in_player_currency(grant, grant.wagering_required),
        status=status,
        timestamp=moment.at,
        type=fasttrack_type(terms),
        user_bonus_id=str(grant.id),
        user_id=grant.player.external_id,
        fasttrack_references=grant.fasttrack_references or None,
    )
    key = f"{grant.life}:{status}" if step is None else f"{grant.life}:{status}:{step}"
    return _event(grant, key=key, kind=EventKind.BONUS, status=status, payload=payload, moment=moment)


def _custom_event(grant: Grant, notification_type: str, moment: Moment) -> Event:
    payload = CustomPayload(
        notification_type=notification_type,
        user_id=grant.player.external_id,
        origin=grant.player.origin,
        timestamp=moment.at,
        data={
            "user_bonus_id": str(grant.id),
            "bonus_id": str(grant.template_id),
            "count": str(grant.terms.config["count"]),
            "value": str(_in_player_currency(grant, grant.amount)),
            "currency": grant.player_currency,
            **({"bonus_code": grant.terms.bonus_code} if grant.terms.bonus_code else {}),
        },
    )
    key = f"{grant.life}:custom:{notification_type}"
    return _event(grant, key=key, kind=EventKind.CUSTOM, status=notification_type, payload=payload, moment=moment)


def _event(
    grant: Grant, *, key: str, kind: EventKind, status: str, payload: BonusPayload | CustomPayload, moment: Moment
) -> Event:
    return Event(
        grant_id=grant.id,
        key=key,
        kind=kind,
        status=status,
        user_id=grant.player.external_id,
        payload=payload,
        created_at=moment.at,
    )


def _in_player_currency(grant: Grant, minor: int) -> float:
    """Major units of the player's currency, at the rate that was locked when the grant was issued."""
    if grant.player_rate is not None:
        minor = convert(minor, rate=grant.player_rate, from_currency=grant.currency, to_currency=grant.player_currency)
    return major_number(minor, grant.player_currency)


def _meta(grant: Grant, extra: dict[str, Any]) -> dict[str, Any]:
    campaign = {"campaign_id": str(grant.campaign_id)} if grant.campaign_id else {}
    return {**grant.meta, **campaign, **extra}
