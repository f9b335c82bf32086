"""Plays a fault on the wire. Each is one function in the table at the end."""

import asyncio
from collections.abc import Awaitable, Callable

import orjson
from aiohttp import web

from integrations.simulator.casino import Answer, refused
from integrations.simulator.faults import Kind, Rule
from integrations.simulator.simulator import Simulator

TRICKLE_STEPS = 50

Work = Callable[[], Answer]


def as_response(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, body=orjson.dumps(answer.body), content_type="application/json")


def hang_up(request: web.Request) -> web.Response:
    """The connection breaks; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def play(simulator: Simulator, request: web.Request, rule: Rule, work: Work) -> web.StreamResponse:
    simulator.played[rule.kind.value] += 1
    if rule.does_the_work and rule.kind is not Kind.LATE:
        work()
    return await FAULTS[rule.kind](simulator, request, rule, work)


async def _error(_simulator: Simulator, _request: web.Request, rule: Rule, _work: Work) -> web.StreamResponse:
    return as_response(refused(rule.status or 503, rule.code, rule.message))


async def _refuse(_simulator: Simulator, _request: web.Request, rule: Rule, _work: Work) -> web.StreamResponse:
    return as_response(refused(rule.status or 422, rule.code, rule.message))


async def _drop(_simulator: Simulator, request: web.Request, _rule: Rule, _work: Work) -> web.StreamResponse:
    return hang_up(request)


async def _late(simulator: Simulator, request: web.Request, rule: Rule, work: Work) -> web.StreamResponse:
    """Holds the connection meanwhile; the work is done even when the caller has gone."""
    await asyncio.shield(simulator.later(rule.delay_seconds, work))
    return hang_up(request)


async def _hang(_simulator: Simulator, request: web.Request, rule: Rule, _work: Work) -> web.StreamResponse:
    await asyncio.sleep(rule.delay_seconds)
    return hang_up(request)


async def _garbage(_simulator: Simulator, _request: web.Request, _rule: Rule, _work: Work) -> web.StreamResponse:
    return web.Response(status=201, body=b"<html>\xff\xfe upstream", content_type="application/json")


async def _oversized(_simulator: Simulator, _request: web.Request, rule: Rule, _work: Work) -> web.StreamResponse:
    body = b'{"padding": "' + b"x" * rule.size_bytes + b'"}'
    return web.Response(status=201, body=body, content_type="application/json")


async def _trickle(_simulator: Simulator, request: web.Request, rule: Rule, _work: Work) -> web.StreamResponse:
    response = web.StreamResponse(status=201, headers={"Content-Type": "application/json"})
    response.content_length = TRICKLE_STEPS
    try:
        await response.prepare(request)
        for _ in range(TRICKLE_STEPS):
            await asyncio.sleep(rule.delay_seconds / TRICKLE_STEPS)
            await response.write(b" ")
    except ConnectionError:
        return hang_up(request)
    return response


async def _redirect(_simulator: Simulator, _request: web.Request, rule: Rule, _work: Work) -> web.StreamResponse:
    return web.Response(status=rule.status or 307, headers={"Location": rule.location})


FAULTS: dict[Kind, Callable[[Simulator, web.Request, Rule, Work], Awaitable[web.StreamResponse]]] = {
    Kind.ERROR: _error,
    Kind.REFUSE: _refuse,
    Kind.DROP: _drop,
    Kind.LATE: _late,
    Kind.HANG: _hang,
    Kind.GARBAGE: _garbage,
    Kind.OVERSIZED: _oversized,
    Kind.TRICKLE: _trickle,
    Kind.REDIRECT: _redirect,
}
