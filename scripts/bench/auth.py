"""What it costs to know who calls: each kind of caller, against the same answers where nobody is asked."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

from scripts.bench import few_grants
from scripts.bench.base import CONNECTIONS, THREADS, WORKERS, BenchFailed
from scripts.bench.callers import by_session, by_token
from scripts.bench.few_grants import LIMIT, PAGE
from scripts.bench.grants import shares
from scripts.bench.load import Load, Request, in_turns
from scripts.bench.record import statements_of
from scripts.bench.report import Row
from scripts.bench.world import World
from scripts.local_stack import free_port

AGAINST = "the same, nobody asked"
AT_LEAST = 0.85


@dataclass(frozen=True)
class Caller:
    name: str
    headers: Callable[[int], dict[str, str]]
    """Of the so manieth request; each connection has a person of its own."""
    statements: int
    """That it may add to a request."""


@dataclass(frozen=True)
class Asked:
    name: str
    path: str
    at_least: float | None = None


def run(world: World) -> list[Row]:
    few_grants.add(world)
    port = _serve_unasked(world)
    page, template = Asked(f"a page of {LIMIT}", PAGE), Asked("a template", f"/v1/bonus-templates/{world.template_id}")
    usual = (
        Caller("internal secret", lambda _: world.headers(), 0),
        Caller("Clerk token", lambda number: by_token(number % CONNECTIONS), 1),
        Caller("session", lambda number: by_session(number % CONNECTIONS), 1),
    )
    fresh = Caller("Clerk token, each a new one", lambda number: by_token(number % CONNECTIONS, number), 1)
    compared = [
        *((replace(page, at_least=AT_LEAST), caller) for caller in usual),
        (page, fresh),
        *((template, caller) for caller in usual),
    ]
    return [_compare(world, port, asked, caller) for asked, caller in compared]


def _serve_unasked(world: World) -> int:
    port = free_port()
    gunicorn = (sys.executable, "-m", "gunicorn", "scripts.bench.unasked.wsgi", "--bind", f"127.0.0.1:{port}")
    options = ("--workers", str(WORKERS), "--threads", str(THREADS), "--no-control-socket")
    world.stack.start("unasked", *gunicorn, *options)
    world.stack.wait_for("unasked", f"http://127.0.0.1:{port}/nothing-here")
    return port


def _compare(world: World, port: int, asked: Asked, caller: Caller) -> Row:
    sizes = world.sizes
    fire = _Fire(world, asked, caller)
    for side in (world.port, port):
        fire(side, sizes.warm_up)
    statements = _statements_added(world, asked, caller)
    rounds = [
        in_turns(lambda: fire(world.port, sizes.asked), lambda: fire(port, sizes.asked)) for _ in range(sizes.rounds)
    ]
    ours, other = [mine for mine, _ in rounds], [theirs for _, theirs in rounds]
    return Row(
        f"{asked.name}, {caller.name}",
        AGAINST,
        "/s",
        [load.per_second for load in ours],
        [load.per_second for load in other],
        at_least=asked.at_least,
        note=f"{statements or 'no'} statement{'s' * (statements != 1)} to know who it is; {shares(ours, other)}",
    )


class _Fire:
    """Both sides are sent the same, credentials included."""

    def __init__(self, world: World, asked: Asked, caller: Caller) -> None:
        self.world, self.asked, self.caller = world, asked, caller
        self.sent = 0

    def request(self, number: int) -> Request:
        return Request("GET", self.asked.path, {"Host": "127.0.0.1", **self.caller.headers(number)})

    def __call__(self, port: int, count: int) -> Load:
        self.sent += count
        requests = [self.request(number) for number in range(self.sent - count, self.sent)]
        return self.world.client.fire(port, requests, expected=200, connections=CONNECTIONS)


def _statements_added(world: World, asked: Asked, caller: Caller) -> int:
    """By the request as it runs in this process. Raises `BenchFailed` for more than there may be."""
    request = _Fire(world, asked, caller).request(0)
    statements_of(request)  # What groups may is read at times, whoever asks.
    added = len(statements_of(request)) - 1
    if added > caller.statements:
        raise BenchFailed(f"{caller.name}: {added} statements to know who it is, not {caller.statements}.")
    return added
