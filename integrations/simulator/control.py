"""`/control/…`: what a test, the demo or a person at the shell asks of the simulator itself.

Open to this machine only: it needs no credentials.
"""

import ipaddress
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from integrations.simulator.casino import Webhook, rfc3339
from integrations.simulator.faults import Faults, Rule
from integrations.simulator.options import Settings
from integrations.simulator.simulator import SIMULATOR, Simulator

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WantedEvent(BaseModel):
    """An event to send by hand. What is left out is filled in; `body` replaces the whole body."""

    model_config = ConfigDict(extra="forbid")

    event: str = ""
    grant_id: str = ""
    data: dict[str, Any] | None = None
    event_id: str = Field(default_factory=lambda: str(uuid.uuid4()))
    ts: str | None = None
    platform_bonus_id: str | None = None
    body: dict[str, Any] | None = None
    bad_signature: bool = False
    """Only with `wait`."""


class WantedWebhooks(BaseModel):
    model_config = ConfigDict(extra="forbid")

    events: list[WantedEvent] = Field(min_length=1)
    wait: bool = True
    """One attempt each, one after another, and the answers come back; otherwise they are queued and retried."""
    apply: bool = True
    """Move the platform's own bonus along, where its rules allow it."""


class WantedSettle(BaseModel):
    model_config = ConfigDict(extra="forbid")

    timeout_seconds: float = Field(default=30.0, ge=0)


def _json(body: Any, status: Literal[200, 201, 403, 404, 422] = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json")


@web.middleware
async def local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    peer = request.transport.get_extra_info("peername") if request.transport else None
    if not peer or not ipaddress.ip_address(peer[0]).is_loopback:
        return _json({"code": "FORBIDDEN", "message": "Control is for this machine only."}, 403)
    try:
        return await handler(request)
    except ValidationError as bad:
        errors = bad.errors(include_url=False, include_context=False, include_input=False)
        return _json({"code": "INVALID_REQUEST", "message": "Not as expected.", "errors": errors}, 422)


async def put_faults(request: web.Request) -> web.Response:
    """All faults at once; what is left out is off."""
    simulator = request.app[SIMULATOR]
    simulator.faults.put(Faults.model_validate_json(await request.read()))
    return await get_faults(request)


async def post_fault(request: web.Request) -> web.Response:
    """One more rule beside those in force."""
    request.app[SIMULATOR].faults.add(Rule.model_validate_json(await request.read()))
    return await get_faults(request)


async def delete_faults(request: web.Request) -> web.Response:
    request.app[SIMULATOR].faults.put(Faults())
    return await get_faults(request)


async def get_faults(request: web.Request) -> web.Response:
    return _json(request.app[SIMULATOR].faults.now.model_dump(mode="json"))


async def put_settings(request: web.Request) -> web.Response:
    """Changes what is named and leaves the rest. Secrets are not shown back."""
    change = Settings.model_validate_json(await request.read())
    options = request.app[SIMULATOR].options
    for name in change.model_fields_set:
        setattr(options, name, getattr(change, name))
    return _json({"changed": sorted(change.model_fields_set)})


async def get_state(request: web.Request) -> web.Response:
    return _json(request.app[SIMULATOR].state())


async def get_ledger(request: web.Request) -> web.Response:
    """`?grant_id=` for one grant; otherwise totals, with the entries by `?after=` and `?limit=`."""
    ledger = request.app[SIMULATOR].casino.ledger
    if grant_id := request.query.get("grant_id"):
        return _json(ledger.of_grant(grant_id))
    after, limit = (_count(request, name, default) for name, default in (("after", 0), ("limit", 1000)))
    return _json(ledger.summary(after=after, limit=limit))


async def get_grant(request: web.Request) -> web.Response:
    simulator = request.app[SIMULATOR]
    bonus = simulator.casino.find(request.match_info["grant_id"])
    if bonus is None:
        return _json({"code": "NOT_FOUND", "message": "No such bonus."}, 404)
    return _json({**bonus.shown(), "credits": simulator.casino.ledger.credits[bonus.grant_id]})


async def post_webhooks(request: web.Request) -> web.Response:
    simulator = request.app[SIMULATOR]
    wanted = WantedWebhooks.model_validate_json(await request.read())
    replies = []
    for event in wanted.events:
        webhook = _webhook(simulator, event)
        if wanted.apply:
            simulator.make_happen(webhook)
        if not wanted.wait:
            simulator.sender.enqueue(webhook)
            continue
        reply = await simulator.sender.attempt(webhook, secret="not-the-secret" if event.bad_signature else None)
        replies.append({"event_id": webhook.event_id, "status": reply.status, "body": reply.body})
    return _json({"replies": replies})


async def post_settle(request: web.Request) -> web.Response:
    simulator = request.app[SIMULATOR]
    wanted = WantedSettle.model_validate_json(await request.read() or b"{}")
    settled = await simulator.settle(wanted.timeout_seconds)
    return _json({"settled": settled, **simulator.state()})


async def trap(request: web.Request) -> web.Response:
    """Where redirects lead to: nobody should ever come here."""
    request.app[SIMULATOR].played["redirect_followed"] += 1
    return _json({"platform_bonus_id": "pb-trap", "status": "credited"}, 201)


def _count(request: web.Request, name: str, default: int) -> int:
    value = request.query.get(name, "")
    return int(value) if value.isascii() and value.isdigit() else default


def _webhook(simulator: Simulator, wanted: WantedEvent) -> Webhook:
    if wanted.body is not None:
        grant_id, event_id = (str(wanted.body.get(key, "")) for key in ("grant_id", "event_id"))
        return Webhook(event_id or wanted.event_id, grant_id, wanted.body)
    bonus = simulator.casino.find(wanted.grant_id)
    body = {
        "event": wanted.event,
        "event_id": wanted.event_id,
        "ts": wanted.ts or rfc3339(bonus.tick() if bonus else time.time_ns() // 1000),
        "grant_id": wanted.grant_id,
        "platform_bonus_id": wanted.platform_bonus_id or (bonus.platform_bonus_id if bonus else None),
        "data": wanted.data,
    }
    return Webhook(wanted.event_id, wanted.grant_id, body)
