"""The Redis through which processes share breakers and limits, when there is one. Its trouble never stops a call."""

import time
from functools import lru_cache

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT_SECONDS = 1
AVOID_SECONDS = 5
"""After trouble, so that not every call pays the time-out."""

log = structlog.get_logger(__name__)


class _Avoid:
    until = 0.0


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def client() -> redis.Redis | None:
    """None without a `REDIS_URL`, and for a moment after trouble: each process then counts for itself."""
    if not settings.REDIS_URL or time.monotonic() < _Avoid.until:
        return None
    return _client(settings.REDIS_URL)


def client_of_all() -> redis.Redis | None:
    """None without a `REDIS_URL`. For the metrics, which would rather have nothing than one process's share: raises
    `redis.RedisError` for a moment after trouble."""
    found = client()
    if found is None and settings.REDIS_URL:
        raise redis.ConnectionError("left alone after trouble")
    return found


def failed(trouble: redis.RedisError) -> None:
    _Avoid.until = time.monotonic() + AVOID_SECONDS
    log.warning("redis_trouble", kind=type(trouble).__name__, effect="limits and breakers count per process")


def trust_again() -> None:
    """Forget earlier trouble at once."""
    _Avoid.until = 0.0


def key(adapter_id: object, name: str) -> str:
    """The braces keep an adapter's keys on one node of a cluster."""
    return f"bonusdesk:{{{adapter_id}}}:{name}"


LUA = """
local function now_micros()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end
-- Lua would write a large number as 1.7e+15.
local function digits(number)
  return string.format('%.0f', number)
end
"""
