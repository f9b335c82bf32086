"""What is measured and what it is measured with: a database of its own, the product, the bare app, the platform."""

import logging
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import django
import orjson
import redis
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection, connections

from scripts.bench import database
from scripts.bench.base import THREADS, WORKERS, BenchFailed, Sizes
from scripts.bench.callers import clerk_environment
from scripts.bench.load import Client, Request
from scripts.bench.record import Recorder, save, send
from scripts.bench.tape import FIRST, PLAYER, Tape, numbered
from scripts.local_stack import LOOPBACK, MANAGE, ROOT, Stack, free_port

FOLDER = ROOT / "var" / "bench"
REDIS_DATABASE = 15
SLUG = "bench"
TEMPLATE = {
    "name": "Bench",
    "type": "no_deposit",
    "config": {"amount": 1000, "currency": "EUR"},
    "wagering_requirement_multiplier": 30,
    "time_limit_hours": 72,
}
UNLIMITED = 1_000_000


@dataclass
class World:
    sizes: Sizes
    stack: Stack
    client: Client
    bare_port: int
    template_id: str = ""
    sample_grant: str = ""
    fixed: frozenset[UUID] = frozenset()
    """Ids of rows that every request has in common."""
    grants_tape: Tape = field(default_factory=Tape)
    _next: int = FIRST

    @property
    def port(self) -> int:
        return self.stack.web_port

    @property
    def database_url(self) -> str:
        return self.stack.env["DATABASE_URL"]

    @property
    def rabbitmq_url(self) -> str:
        return _service("TEST_RABBITMQ_URL")

    @property
    def kafka_servers(self) -> str:
        return _service("TEST_KAFKA_SERVERS")

    @property
    def webhook_secret(self) -> str:
        return self.stack.env["BENCH_WEBHOOK_SECRET"]

    def take(self, count: int) -> int:
        """The first of `count` numbers that nobody has used."""
        self._next += count
        return self._next - count

    def headers(self, body: bytes = b"") -> dict[str, str]:
        headers = {"Host": "127.0.0.1", "X-Internal-Secret": self.stack.secret}
        return {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))} if body else headers

    def issue_request(self, number: int) -> Request:
        asked = {
            "template_id": self.template_id,
            "player_id": numbered(PLAYER, number),
            "granted_by_kind": "api",
        }
        body = orjson.dumps(asked)
        return Request("POST", "/v1/bonus-grants", self.headers(body), body)

    def record(self, name: str, request: Request, *, expected: int) -> Tape:
        tape = Recorder(self.fixed).record(request, expected=expected)
        save(tape, FOLDER / "tapes" / name)
        return tape


def environment(database_url: str, redis_url: str) -> dict[str, str]:
    """Production's settings, whatever is set outside."""
    foreign = ("DJANGO_", "BONUSDESK_", "FASTTRACK_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    for name in ("EXCHANGE_RATES_URL", "LOG_LEVEL", "EVENT_SINKS", "CONN_MAX_AGE"):
        kept.pop(name, None)
    return kept | {
        "DJANGO_SETTINGS_MODULE": "bonusdesk.settings",
        "DJANGO_DEBUG": "0",
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
        "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
        "DJANGO_SSL_REDIRECT": "0",
        "DJANGO_CSRF_TRUSTED_ORIGINS": "https://127.0.0.1",
        "BONUSDESK_FIELD_KEYS": Fernet.generate_key().decode(),
        "BONUSDESK_INTERNAL_SECRETS": secrets.token_urlsafe(32),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "CELERY_BROKER_URL": redis_url,
        "OUTBOUND_ALLOWED_NETWORKS": LOOPBACK,
        **clerk_environment(),
        # Requests are counted as in production, and none is refused.
        "THROTTLE_USER_PER_SECOND": str(UNLIMITED),
        "THROTTLE_SERVICE_PER_SECOND": str(UNLIMITED),
        "EVENT_FILE": str(FOLDER / "events.jsonl"),
        "BENCH_TAPES": str(FOLDER / "tapes"),
        "BENCH_PLATFORM_URL": f"http://127.0.0.1:{free_port()}",
        # On a command line; one that began with a dash would be taken for an option.
        "BENCH_PLATFORM_TOKEN": secrets.token_hex(24),
        "BENCH_PLATFORM_SECRET": secrets.token_hex(24),
        "BENCH_WEBHOOK_SECRET": secrets.token_urlsafe(24),
    }


def _service(variable: str) -> str:
    url = os.environ.get(variable)
    if not url:
        raise BenchFailed(f"{variable} is not set (`make services-up`).")
    return url


@contextmanager
def _redis() -> Iterator[str]:
    """A database of the server that the tests use least."""
    server = _service("TEST_REDIS_URL").rstrip("/")
    url = f"{server.rpartition('/')[0] if server.count('/') > 2 else server}/{REDIS_DATABASE}"
    with redis.Redis.from_url(url, socket_timeout=5) as client:
        client.flushdb()
        try:
            yield url
        finally:
            client.flushdb()


@contextmanager
def made(sizes: Sizes) -> Iterator[World]:
    with ExitStack() as ends:
        redis_url = ends.enter_context(_redis())
        server = _service("TEST_DATABASE_URL")
        url = ends.enter_context(database.fresh_database(server, f"bonusdesk_bench_{os.getpid()}"))
        env = environment(url, redis_url)
        os.environ.update(env)
        django.setup()
        # Requests made in this process are none of those that are measured.
        logging.getLogger("bonusdesk.access").setLevel(logging.WARNING)
        ends.callback(connections.close_all)
        call_command("migrate", verbosity=0)
        stack = ends.enter_context(Stack(FOLDER, env, web_port=free_port()))
        world = World(sizes, stack, ends.enter_context(Client()), bare_port=free_port())
        _furnish(world)
        _start(world, env)
        yield world


def _furnish(world: World) -> None:
    """An adapter without limits, a template, and one grant, recorded as it is issued."""
    env = world.stack.env
    secrets_of_adapter = {
        "token": env["BENCH_PLATFORM_TOKEN"],
        "secret": env["BENCH_PLATFORM_SECRET"],
        "webhook_secret": env["BENCH_WEBHOOK_SECRET"],
    }
    named = {"slug": SLUG, "kind": "simulator", "base_url": env["BENCH_PLATFORM_URL"], "default": True}
    with Path(os.devnull).open("w") as nowhere:
        call_command("add_adapter", stdout=nowhere, **named, **secrets_of_adapter)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_adapter SET max_requests_per_second = %s, max_concurrency = %s RETURNING id",
            [UNLIMITED, UNLIMITED],
        )
        adapter = cursor.fetchone()[0]
    body = orjson.dumps(TEMPLATE)
    template = send(Request("POST", "/v1/bonus-templates", world.headers(), body)).json()["data"]
    world.template_id = template["id"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT revision_id FROM bonuses_bonustemplate")
        world.fixed = frozenset({adapter, UUID(world.template_id), cursor.fetchone()[0]})
    database.make_bare_tables()
    number = world.take(1)
    database.add_players(number, 1)
    world.grants_tape = world.record("grants", world.issue_request(number), expected=201)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM bonuses_grant")
        world.sample_grant = cursor.fetchone()[0]


def _start(world: World, env: Mapping[str, str]) -> None:
    stack, url = world.stack, env["BENCH_PLATFORM_URL"]
    shared = ("--token", env["BENCH_PLATFORM_TOKEN"], "--secret", env["BENCH_PLATFORM_SECRET"])
    stack.start("platform", *MANAGE, "simulate_platform", "--port", url.rpartition(":")[2], "--no-lives", *shared)
    for name, app, port in (
        ("web", "bonusdesk.wsgi", world.port),
        ("bare", "scripts.bench.bare.wsgi", world.bare_port),
    ):
        gunicorn = (sys.executable, "-m", "gunicorn", app, "--bind", f"127.0.0.1:{port}")
        stack.start(name, *gunicorn, "--workers", str(WORKERS), "--threads", str(THREADS), "--no-control-socket")
    stack.wait_for("platform", f"{url}/control/state")
    for name, port in (("web", world.port), ("bare", world.bare_port)):
        stack.wait_for(name, f"http://127.0.0.1:{port}/nothing-here")
