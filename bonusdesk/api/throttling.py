"""How often a caller may call: so many requests a second, of which a whole second's worth may come at once.

Think of a queue that drains at an even pace and has room for one second. All that is kept of it is when it would be
empty. Written twice, for one process and for all of them through Redis; both run the same tests.
"""

import math
import os
import threading
import time
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from rest_framework.throttling import BaseThrottle

from bonusdesk.api.callers import caller_id
from bonusdesk.api.service import SERVICE
from integrations.platforms import shared

MICROS = 1_000_000


class CallerThrottle(BaseThrottle):
    """By who calls, not by address. Whoever is nobody is refused or served by the view itself, and not counted."""

    _wait = 0

    def allow_request(self, request: Any, view: Any) -> bool:
        if request.user is None:
            return True
        is_service = request.user is SERVICE
        per_second = settings.THROTTLE_SERVICE_PER_SECOND if is_service else settings.THROTTLE_USER_PER_SECOND
        if not per_second:
            return True
        self._wait = _take(caller_id(request.user), per_second)
        return self._wait == 0

    def wait(self) -> int:
        """Whole seconds, for `Retry-After`."""
        return max(1, math.ceil(self._wait / MICROS))


class LocalQueues:
    """This process's own, by a clock that never goes back. One number a caller, and callers are few."""

    def __init__(self) -> None:
        self.start_afresh()

    def start_afresh(self) -> None:
        self._lock = threading.Lock()
        self._empty_at: dict[str, int] = {}

    def take(self, caller: str, per_second: int) -> int:
        gap = MICROS // per_second
        with self._lock:
            now = now_micros()
            empty_at = max(self._empty_at.get(caller, 0), now) + gap
            wait = empty_at - now - gap * per_second
            if wait > 0:
                return wait
            self._empty_at[caller] = empty_at
            return 0


# What is left behind of a caller goes a second after its queue is empty.
_TAKE = f"""{shared.LUA}
local now, gap, room = now_micros(), tonumber(ARGV[1]), tonumber(ARGV[2])
local empty_at = tonumber(redis.call('GET', KEYS[1]) or '0')
-- No queue is that long: the clock was put back, or another Redis took over.
if empty_at < now or empty_at > now + 2 * room then empty_at = now end
empty_at = empty_at + gap
local wait = empty_at - now - room
if wait > 0 then return wait end
redis.call('SET', KEYS[1], digits(empty_at), 'PX', digits((empty_at - now) / 1000 + 1000))
return 0
"""


class RedisQueues:
    """Everybody's, by Redis's clock, in one round trip. May raise `redis.RedisError`."""

    def __init__(self, client: redis.Redis) -> None:
        self._take = client.register_script(_TAKE)

    def take(self, caller: str, per_second: int) -> int:
        gap = MICROS // per_second
        return int(self._take(keys=[shared.key(caller, "requests")], args=[gap, gap * per_second]))


def now_micros() -> int:
    return time.monotonic_ns() // 1000


_local = LocalQueues()
_redis_queues = lru_cache(maxsize=4)(RedisQueues)

# The parent's lock may have been held by a thread that the child does not have.
os.register_at_fork(after_in_child=_local.start_afresh)


def _take(caller: str, per_second: int) -> int:
    """Counts one request: 0. Or counts nothing: the microseconds until the next one may come."""
    client = shared.client()
    if client is not None:
        try:
            return _redis_queues(client).take(caller, per_second)
        except redis.RedisError as trouble:
            shared.failed(trouble)
    return _local.take(caller, per_second)
