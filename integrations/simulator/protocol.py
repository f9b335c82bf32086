"""The platform's three calls."""

import asyncio
import hashlib
import time
from typing import Any

import orjson
from aiohttp import web

from integrations.simulator.casino import Answer, refused
from integrations.simulator.faults import Call
from integrations.simulator.orders import BadOrder, Order, grant_id_of, read_order
from integrations.simulator.signing import refusal
from integrations.simulator.simulator import SIMULATOR, Simulator
from integrations.simulator.trouble import Work, as_response, hang_up, play


async def grant(request: web.Request) -> web.StreamResponse:
    simulator = request.app[SIMULATOR]
    body, early = await _let_in(simulator, request, "grant")
    if early is not None:
        return early
    try:
        order = read_order(_json(body))
        _check_idempotency_key(request, order.grant_id)
    except BadOrder as bad:
        return as_response(refused(400, "INVALID_REQUEST", str(bad)))
    digest = hashlib.blake2b(body, digest_size=16).digest()
    work = _granting(simulator, order, digest)
    return await _answer(simulator, request, "grant", work, grant_id=order.grant_id, player=order.player)


async def cancel(request: web.Request) -> web.StreamResponse:
    simulator = request.app[SIMULATOR]
    body, early = await _let_in(simulator, request, "cancel")
    if early is not None:
        return early
    try:
        wanted = _json(body)
        grant_id = grant_id_of(wanted)
        _check_idempotency_key(request, f"cancel:{grant_id}")
    except BadOrder as bad:
        return as_response(refused(400, "INVALID_REQUEST", str(bad)))
    bonus = simulator.casino.find(grant_id)
    player = bonus.order.player if bonus else ""
    reason = str(wanted.get("reason") or "")
    work = _cancelling(simulator, grant_id, reason)
    return await _answer(simulator, request, "cancel", work, grant_id=grant_id, player=player)


async def status(request: web.Request) -> web.StreamResponse:
    simulator = request.app[SIMULATOR]
    _, early = await _let_in(simulator, request, "status")
    if early is not None:
        return early
    bonus_id = request.match_info["bonus_id"]
    bonus = simulator.casino.find(bonus_id)
    grant_id, player = (bonus.grant_id, bonus.order.player) if bonus else (bonus_id, "")
    work = _asking(simulator, bonus_id)
    return await _answer(simulator, request, "status", work, grant_id=grant_id, player=player)


async def _let_in(simulator: Simulator, request: web.Request, call: Call) -> tuple[bytes, web.Response | None]:
    """The body, or the answer to a call that is not even looked at."""
    simulator.calls[call] += 1
    if outage := simulator.faults.outage():
        simulator.played["outage"] += 1
        if outage.mode == "close":
            return b"", hang_up(request)
        return b"", as_response(refused(503, "UNAVAILABLE", "The platform is down."))
    body = await request.read()
    if seconds := simulator.faults.latency_seconds():
        await asyncio.sleep(seconds)
    options = simulator.options
    why = refusal(request.headers, body, token=options.token, secret=options.secret, now=time.time())
    if why is not None:
        simulator.calls["unauthorized"] += 1
        return body, as_response(refused(401, "UNAUTHORIZED", why))
    return body, None


async def _answer(
    simulator: Simulator, request: web.Request, call: Call, work: Work, *, grant_id: str, player: str
) -> web.StreamResponse:
    rule = simulator.faults.pick(call, grant_id, player)
    if rule is not None:
        return await play(simulator, request, rule, work)
    return as_response(work())


def _granting(simulator: Simulator, order: Order, digest: bytes) -> Work:
    return lambda: simulator.grant(order, digest)


def _cancelling(simulator: Simulator, grant_id: str, reason: str) -> Work:
    def work() -> Answer:
        bonus = simulator.casino.find(grant_id)
        if bonus is None:
            return refused(404, "NOT_FOUND", "No such bonus.")
        return simulator.cancel(bonus, reason)

    return work


def _asking(simulator: Simulator, bonus_id: str) -> Work:
    def work() -> Answer:
        bonus = simulator.casino.find(bonus_id)
        if bonus is None:
            return refused(404, "NOT_FOUND", "No such bonus.")
        return Answer(200, simulator.casino.status_of(bonus))

    return work


def _json(body: bytes) -> dict[str, Any]:
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError as trouble:
        raise BadOrder("The body is not JSON.") from trouble
    if not isinstance(read, dict):
        raise BadOrder("The body must be an object.")
    return read


def _check_idempotency_key(request: web.Request, key: str) -> None:
    if request.headers.get("Idempotency-Key") != key:
        raise BadOrder(f"Idempotency-Key must be {key}.")
