"""The gate as the tests meet it: without Redis and with a real one."""

import uuid
from typing import Any

import redis
from django.conf import settings

from integrations.platforms import breaker, gate, shared
from integrations.platforms.breaker import Outcome
from integrations.platforms.gate import Entry
from integrations.platforms.limits import Verdict, Wish

STORES = ("local", "redis")


def wish(**changes: Any) -> Wish:
    fields: dict[str, Any] = {
        "token": uuid.uuid4().hex,
        "max_concurrency": 100,
        "max_requests_per_second": 1_000_000,
        "patience": 100.0,
        "lease": 60.0,
    }
    return Wish(**{**fields, **changes})


def enter(adapter_id: uuid.UUID, **changes: Any) -> Entry:
    return gate.enter(adapter_id, wish(**changes))


def let_in(adapter_id: uuid.UUID, **changes: Any) -> Entry:
    entry = enter(adapter_id, **changes)
    assert entry.verdict is Verdict.GO
    return entry


def call(adapter_id: uuid.UUID, outcome: Outcome) -> bool:
    """A call that ends like this; whether it closed the breaker."""
    return gate.leave(adapter_id, let_in(adapter_id), outcome)


def open_breaker(adapter_id: uuid.UUID) -> None:
    for _ in range(breaker.OPENS_AFTER):
        call(adapter_id, Outcome.TROUBLE)


def pass_time(adapter_id: uuid.UUID, seconds: float) -> None:
    """Let the breaker's clock run on."""
    if not settings.REDIS_URL:
        fuse = breaker.local[adapter_id]
        assert fuse.until is not None
        fuse.until -= seconds
        fuse.probe_until -= seconds
        return
    key = shared.key(adapter_id, "breaker")
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        for field in ("until", "probe_until"):
            if client.hexists(key, field):
                client.hincrby(key, field, -round(seconds * 1_000_000))
