"""The clients that are compared: each makes so many calls, so many at once."""

import asyncio
import os
import selectors
import socket
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from urllib.parse import urlsplit

import aiohttp
import urllib3

from integrations.models import Adapter
from integrations.platforms import wire
from integrations.platforms.answers import Granted
from integrations.platforms.base import GrantOrder, Wagering
from integrations.platforms.bulk import KEPT_FREE, grant_many
from scripts.bench.base import BenchFailed
from scripts.bench.client_turn import WARM_UP, Turn

WAVE = 1000


@dataclass(frozen=True)
class Ready:
    """A signed request. The bare clients get it for nothing."""

    headers: dict[str, str]
    body: bytes


def take(name: str, turn: Turn, orders: Sequence[GrantOrder] = ()) -> dict[str, float]:
    """Seconds, and seconds of CPU of this process. Orders are made up where none are given."""
    prepare = TURNS[name](turn)
    prepare(_orders(WARM_UP))()
    run = prepare(list(orders) or _orders(turn.calls))
    began, used = time.monotonic(), _cpu()
    run()
    return {"seconds": time.monotonic() - began, "cpu": _cpu() - used}


def _cpu() -> float:
    times = os.times()
    return times.user + times.system


Prepare = Callable[[list[GrantOrder]], Callable[[], object]]
"""Calls, ready to be made; what it takes to make them ready is not counted."""


def _grant_many(turn: Turn) -> Prepare:
    places = turn.at_once + turn.at_once // (KEPT_FREE - 1)
    adapter = Adapter(
        slug="bench",
        kind="simulator",
        base_url=turn.url,
        token=turn.token,
        signing_secret=turn.secret,
        max_concurrency=places,
        max_requests_per_second=1_000_000,
    )

    def run(orders: list[GrantOrder]) -> None:
        for start in range(0, len(orders), WAVE):
            wave = orders[start : start + WAVE]
            calls = grant_many(adapter, wave, start_before=time.monotonic() + 60, may_go_on=lambda: True)
            _check(all(isinstance(answer, Granted) for answer in calls.answers))

    return lambda orders: partial(run, orders)


def _aiohttp(turn: Turn) -> Prepare:
    loop = asyncio.new_event_loop()

    async def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    client = loop.run_until_complete(session())

    async def work(todo: list[Ready]) -> None:
        while todo:
            ready = todo.pop()
            async with client.post(f"{turn.url}/v1/bonuses/grant", data=ready.body, headers=ready.headers) as response:
                await response.read()
                _check(response.status == 201)

    async def all_of_them(todo: list[Ready]) -> None:
        await asyncio.gather(*(work(todo) for _ in range(turn.at_once)))

    return lambda orders: partial(loop.run_until_complete, all_of_them(_ready(turn, orders)))


def _urllib3(turn: Turn) -> Prepare:
    pool = urllib3.PoolManager(maxsize=turn.at_once, retries=False)
    threads = ThreadPoolExecutor(turn.at_once)

    def work(todo: list[Ready]) -> None:
        while True:
            try:
                ready = todo.pop()
            except IndexError:
                return
            response = pool.request("POST", f"{turn.url}/v1/bonuses/grant", body=ready.body, headers=ready.headers)
            _check(response.status == 201)

    def run(todo: list[Ready]) -> None:
        for done in [threads.submit(work, todo) for _ in range(turn.at_once)]:
            done.result()

    return lambda orders: partial(run, _ready(turn, orders))


def _sockets(turn: Turn) -> Prepare:
    """As little as possible on our side: what is left is the platform's own ceiling."""
    where = urlsplit(turn.url)
    lines = [socket.create_connection((where.hostname or "", where.port or 0)) for _ in range(turn.at_once)]
    selector = selectors.DefaultSelector()
    for line in lines:
        selector.register(line, selectors.EVENT_READ, line)

    def run(todo: list[bytes]) -> None:
        under_way = 0
        for line in lines[: len(todo)]:
            line.sendall(todo.pop())
            under_way += 1
        while under_way:
            for key, _ in selector.select():
                ready: socket.socket = key.data
                _check(ready.recv(65536).startswith(b"HTTP/1.1 201"))
                under_way -= 1
                if todo:
                    ready.sendall(todo.pop())
                    under_way += 1

    return lambda orders: partial(run, [_raw(ready) for ready in _ready(turn, orders)])


def _check(is_fine: bool) -> None:
    if not is_fine:
        raise BenchFailed("The platform did not grant.")


def _raw(ready: Ready) -> bytes:
    headers = {"Host": "platform", "Content-Length": str(len(ready.body)), **ready.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /v1/bonuses/grant HTTP/1.1\r\n{head}\r\n".encode() + ready.body


def _ready(turn: Turn, orders: Sequence[GrantOrder]) -> list[Ready]:
    def one(order: GrantOrder) -> Ready:
        request = next(wire.grant(order))
        return Ready(wire.headers(request, token=turn.token, secret=turn.secret, request_id=""), request.body)

    return [one(order) for order in orders]


def _orders(count: int) -> list[GrantOrder]:
    return [_order() for _ in range(count)]


def _order() -> GrantOrder:
    return GrantOrder(
        grant_id=uuid.uuid4(),
        player_external_id="player-1",
        type="deposit_match",
        amount_subunit=10000,
        currency="EUR",
        wagering=Wagering(Decimal(30), "bonus", 300000, 500, {"slots": 100, "default": 2.5}, None),
        expires_at=None,
        config={"match_percent": 100, "deposit_amount": 10000},
        granted_by_kind="campaign",
        granted_by_ref="c-1",
    )


TURNS: dict[str, Callable[[Turn], Prepare]] = {
    "sockets": _sockets,
    "aiohttp": _aiohttp,
    "grant_many": _grant_many,
    "urllib3": _urllib3,
}
