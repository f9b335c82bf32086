"""Issuing a bonus to one player: the promise is committed first, then the platform is called."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from structlog.contextvars import bind_contextvars

from bonuses.lifecycle import Cause, Status
from bonuses.models import Grant, GrantTransition
from bonuses.services.checks import pass_all
from bonuses.services.claim import claim_until
from bonuses.services.credit import AdapterRejected, AdapterUnavailable, credit_new, reload
from bonuses.services.issue_checks import (
    ISSUE_CHECKS,
    IssueCase,
    IssuingStopped,
    PlayerBlocked,
    PlayerNotFound,
    TemplateNotActive,
    TemplateNotFound,
    usable_template,
)
from bonuses.services.offer import Offer
from bonuses.services.slots import GrantLimitReached, lost_race, lowest_free
from bonuses.services.transition import amounts_of
from integrations.errors import DomainError
from integrations.failpoints import failpoint
from integrations.fasttrack import PayloadInvalid, check_free_data
from integrations.platforms.base import PlatformRefused

__all__ = [
    "IssueRequest",
    "IssuingStopped",
    "PlayerBlocked",
    "PlayerNotFound",
    "RequestInvalid",
    "RequestKeyReused",
    "TemplateNotActive",
    "TemplateNotFound",
    "case_of",
    "issue",
    "offered",
    "promise",
    "usable_template",
]

log = structlog.get_logger(__name__)

TRIES = 5
SOON = 5.0
ASKED = ("template_id", "player_id", "deposit_amount", "loss_amount")
"""Who asks for another of these is not told of the grant that his key made."""


class RequestInvalid(DomainError):
    """`details` maps field paths to what is wrong."""

    code = "VALIDATION_ERROR"


class RequestKeyReused(DomainError):
    code = "IDEMPOTENCY_KEY_REUSED"

    def __init__(self) -> None:
        super().__init__("The request's key has made another grant: of another template, player or amount.")


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """Amounts are minor units of the grant's currency. `request_key` makes a repeated request the same grant."""

    template_id: uuid.UUID
    player_id: uuid.UUID
    granted_by_kind: str
    granted_by_id: uuid.UUID | None = None
    deposit_amount: int | None = None
    loss_amount: int | None = None
    currency_override: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    fasttrack_references: dict[str, Any] = field(default_factory=dict)
    campaign_id: uuid.UUID | None = None
    request_key: str | None = None
    reason: str = ""
    """For the history alone."""


def issue(*, request: IssueRequest, cause: Cause) -> Grant:
    """Give a bonus to a player. Amounts in minor units. A `request_key` that made a grant before finds that one.

    Raises what the checks find, nothing kept, and `RequestKeyReused` when the key's grant is another than is asked for;
    `AdapterRejected` when the platform refused (the grant has failed); `AdapterUnavailable` when it can't be reached
    (the grant stays queued and is retried).
    """
    _check_echoed(request)
    grant, is_new = promise(request=request, cause=cause)
    bind_contextvars(grant_id=str(grant.pk))
    if is_new:
        failpoint("issue.promised")
        grant = _credited(grant, cause)
    if grant.state is Status.QUEUED:
        raise AdapterUnavailable(grant.pk, retry_after=SOON)
    if grant.state is Status.FAILED:
        raise AdapterRejected(grant.pk, PlatformRefused(grant.failure_code, grant.failure_message))
    return grant


def _credited(grant: Grant, cause: Cause) -> Grant:
    """What has become of it after the first call. The promise stands, so whatever else goes wrong refuses nothing."""
    try:
        return credit_new(grant, cause=cause)
    except DomainError as error:
        if not isinstance(error, AdapterRejected | AdapterUnavailable):
            log.exception("outcome_not_written", grant_id=str(grant.pk))
        # A webhook may have said what the answer did not.
        grant = reload(grant)
        if grant.state is Status.QUEUED and isinstance(error, AdapterUnavailable):
            raise
        return grant


def _check_echoed(request: IssueRequest) -> None:
    """What comes back in every event must be fit for one now: later the grant could not change any more."""
    try:
        check_free_data(request.meta, "meta")
        check_free_data(request.fasttrack_references, "fasttrack_references")
    except PayloadInvalid as error:
        raise RequestInvalid(error.message, **error.details) from error


def promise(*, request: IssueRequest, cause: Cause) -> tuple[Grant, bool]:
    """Check, compute and commit the grant as queued, its first call claimed for the caller; whether it is new."""
    for tries_left in reversed(range(TRIES)):
        earlier = _made_before(request)
        if earlier is not None:
            return earlier, False
        try:
            with transaction.atomic(durable=True):
                return _insert(request, cause, timezone.now()), True
        except IntegrityError as error:
            # Between our look and our insert somebody took the slot, used the key or deleted the template: look again.
            if not tries_left and not lost_race(error):
                raise
        except DomainError:
            # What stands in the way may be the very grant that another try of this request has made since we looked.
            earlier = _made_before(request)
            if earlier is None:
                raise
            return earlier, False
    raise GrantLimitReached


def _made_before(request: IssueRequest) -> Grant | None:
    if request.request_key is None:
        return None
    found = Grant.objects.filter(request_key=request.request_key).first()
    if found is None:
        return None
    if any(getattr(found, name) != getattr(request, name) for name in ASKED):
        raise RequestKeyReused
    return reload(found)


def case_of(request: IssueRequest, now: datetime) -> IssueCase:
    return IssueCase(
        request.template_id,
        request.campaign_id,
        player_id=request.player_id,
        deposit=request.deposit_amount,
        loss=request.loss_amount,
        currency=request.currency_override,
        now=now,
    )


def _insert(request: IssueRequest, cause: Cause, now: datetime) -> Grant:
    case = case_of(request, now)
    pass_all(ISSUE_CHECKS, case)
    template, player, adapter = case.template, case.player, case.known.adapter
    claimed_until = claim_until(adapter, now)
    grant = Grant(
        template=template,
        revision=template.revision,
        player=player,
        player_currency=player.currency,
        adapter=adapter,
        slot=lowest_free(case.held),
        transition_count=1,
        created_at=now,
        # The call that follows is claimed by the same commit. If we die before it, the sweep finds it then.
        attempts=1,
        attempted_at=now,
        claimed_until=claimed_until,
        next_attempt_at=claimed_until,
        **_requested(request),
        **offered(case.offering.offer),
    )
    grant.save(force_insert=True)
    GrantTransition.objects.create(
        grant=grant,
        seq=1,
        to_status=Status.QUEUED,
        at=now,
        cause=cause.kind,
        actor=cause.actor,
        reason=request.reason[:500],
        amounts=amounts_of(grant),
    )
    return grant


def _requested(request: IssueRequest) -> dict[str, Any]:
    names = (
        "campaign_id",
        "granted_by_kind",
        "granted_by_id",
        "deposit_amount",
        "loss_amount",
        "meta",
        "fasttrack_references",
        "request_key",
    )
    return {name: getattr(request, name) for name in names}


def offered(offer: Offer) -> dict[str, Any]:
    """The columns of a grant that say what was agreed."""
    names = ("amount", "amount_base", "wagering_required", "window", "expires_at")
    rates = ("terms_rate", "exchange_rate", "player_rate")
    return {"currency": offer.terms.currency, **{name: getattr(offer, name) for name in names + rates}}
