"""The public adapter contract as bytes: what is asked, how it is signed, and what an answer means. Sends nothing.

A conversation is a generator: it yields requests, is sent the responses, and returns what has come of it. So one call
at a time and many at once differ only in how they send.
"""

import re
import time
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NoReturn
from urllib.parse import quote
from uuid import UUID, uuid4

import orjson
import structlog

from integrations.http import Response
from integrations.platforms.base import (
    STATUSES,
    CancelOrder,
    GrantOrder,
    PlatformBonus,
    PlatformRefused,
    PlatformTrouble,
    Wagering,
)
from integrations.signatures import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign

CREDITED = frozenset({"credited", "pending"})
REFUSALS = frozenset({400, 409, 422})
DUPLICATE_GRANT = "DUPLICATE_GRANT"
MAX_ID = 200
MAX_CODE = 100
MAX_MESSAGE = 500

_HEADER_SAFE = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    """Behind `/v1/bonuses/`."""
    key: str
    """For the platform to know a repeat by."""
    body: bytes


Grants = Generator[Request, Response, PlatformBonus]
States = Generator[Request, Response, PlatformBonus | None]


def grant(order: GrantOrder) -> Grants:
    response = yield Request("POST", "grant", str(order.grant_id), grant_body(order))
    if response.status == 201:
        return _bonus(response, CREDITED)
    try:
        _refuse(response)
    except PlatformRefused as refused:
        if refused.code != DUPLICATE_GRANT:
            raise
    return (yield from _granted_before(order.grant_id))


def cancel(order: CancelOrder) -> Generator[Request, Response, None]:
    response = yield Request("POST", "cancel", f"cancel:{order.grant_id}", cancel_body(order))
    if response.status != 200:
        _refuse(response)


def status(*, grant_id: UUID, platform_bonus_id: str | None) -> States:
    # A path of dots only would be taken for a folder.
    known = platform_bonus_id if platform_bonus_id and platform_bonus_id.strip(".") else str(grant_id)
    response = yield Request("GET", quote(known, safe=""), str(grant_id), b"")
    if response.status == 404:
        return None
    if response.status != 200:
        _refuse(response)
    if _json_object(response).get("grant_id") != str(grant_id):
        raise PlatformTrouble("the answer is about another grant", sent=True)
    return _bonus(response, STATUSES)


def _granted_before(grant_id: UUID) -> Grants:
    try:
        found = yield from status(grant_id=grant_id, platform_bonus_id=None)
    except PlatformRefused as refused:
        raise PlatformTrouble(f"has the grant, but won't say its status ({refused.code})", sent=True) from refused
    except PlatformTrouble as trouble:
        raise PlatformTrouble(f"has the grant, but its status: {trouble.message}", sent=True) from trouble
    if found is None:
        raise PlatformTrouble("has the grant, and does not know it", sent=True)
    return found


def headers(request: Request, *, token: str, secret: str, request_id: str) -> dict[str, str]:
    now = int(time.time())
    found = {
        "Authorization": f"Bearer {token}",
        TIMESTAMP_HEADER: str(now),
        SIGNATURE_HEADER: sign(secret, now, request.body),
        "Idempotency-Key": request.key,
        "X-Request-Id": request_id or str(uuid4()),
        "Accept": "application/json",
    }
    if request.body:
        found["Content-Type"] = "application/json"
    return found


def bound_request_id() -> str:
    """The one that this thread works for; empty when there is none that may stand in a header."""
    bound = structlog.contextvars.get_contextvars().get("request_id")
    return bound if isinstance(bound, str) and _HEADER_SAFE.fullmatch(bound) else ""


def grant_body(order: GrantOrder) -> bytes:
    """The same bytes for the same order, also when the database has shuffled the keys of its JSON meanwhile."""
    return _dump(
        {
            "grant_id": str(order.grant_id),
            "player_external_id": order.player_external_id,
            "template": {
                "type": order.type,
                "amount_subunit": order.amount_subunit,
                "currency": order.currency,
                "wagering": _wagering(order.wagering),
                "expires_at": _utc(order.expires_at),
                "config": order.config,
            },
            "granted_by": {"kind": order.granted_by_kind, "ref": order.granted_by_ref},
        }
    )


def cancel_body(order: CancelOrder) -> bytes:
    return _dump(
        {
            "grant_id": str(order.grant_id),
            "platform_bonus_id": order.platform_bonus_id,
            "reason": order.reason,
        }
    )


def _wagering(wagering: Wagering) -> dict[str, Any]:
    return {
        "multiplier": _number(wagering.multiplier),
        "basis": wagering.basis,
        "required_subunit": wagering.required_subunit,
        "max_bet_subunit": wagering.max_bet_subunit,
        "game_contribution": wagering.game_contribution,
        "max_win_subunit": wagering.max_win_subunit,
    }


@lru_cache(maxsize=256)
def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _utc(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _dump(body: dict[str, Any]) -> bytes:
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def _json_object(response: Response) -> dict[str, Any]:
    try:
        found = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise PlatformTrouble(f"HTTP {response.status} with an unreadable body", sent=True)
    return found


def _bonus(response: Response, statuses: frozenset[str]) -> PlatformBonus:
    body = _json_object(response)
    bonus_id, status = body.get("platform_bonus_id"), body.get("status")
    if not isinstance(bonus_id, str) or not 0 < len(bonus_id) <= MAX_ID or "\x00" in bonus_id:
        raise PlatformTrouble(f"HTTP {response.status} without a usable platform_bonus_id", sent=True)
    if not isinstance(status, str) or status not in statuses:
        raise PlatformTrouble(f"HTTP {response.status} without a usable status", sent=True)
    return PlatformBonus(bonus_id, status)


def _refuse(response: Response) -> NoReturn:
    """Raise what a response that is no success means."""
    if response.status not in REFUSALS:
        raise PlatformTrouble(f"HTTP {response.status}", sent=True)
    body = _json_object(response)
    code, message = body.get("code"), body.get("message")
    if not isinstance(code, str) or not code or not isinstance(message, str):
        raise PlatformTrouble(f"HTTP {response.status} without a code and a message", sent=True)
    raise PlatformRefused(_clean(code, MAX_CODE), _clean(message, MAX_MESSAGE))


def _clean(text: str, length: int) -> str:
    """PostgreSQL stores no NUL."""
    return text.replace("\x00", "")[:length]
