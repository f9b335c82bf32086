"""The clocks by which requests are counted, stopped: a test moves them on itself."""

import pytest
import redis

from bonusdesk.api import throttling

START = 1_700_000_000_000_000
KEYS = ("clock:seconds", "clock:micros")
TIME = "redis.call('TIME')"
KEPT_FOR = "/ 1000 + 1000)"


class Clock:
    """Of this process, or of a Redis for every process that has called `follow`."""

    def __init__(self, redis_url: str = "") -> None:
        self.micros = START
        self._redis = redis.Redis.from_url(redis_url, decode_responses=True) if redis_url else None
        self.advance(0)

    def __call__(self) -> int:
        return self.micros

    def advance(self, micros: int) -> None:
        self.micros += micros
        if self._redis is not None:
            self._redis.mset(dict(zip(KEYS, map(str, divmod(self.micros, 1_000_000)), strict=True)))


def script_that_follows() -> str:
    """The script that counts, by the time that the test has put into Redis; what it keeps outlives a slow test."""
    script = throttling._TAKE
    for ours, its in ((TIME, f"redis.call('MGET', '{KEYS[0]}', '{KEYS[1]}')"), (KEPT_FOR, "/ 1000 + 600000)")):
        assert script.count(ours) == 1
        script = script.replace(ours, its)
    return script


def follow(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "now_micros", clock)
    monkeypatch.setattr(throttling, "_TAKE", script_that_follows())
    throttling._redis_queues.cache_clear()
    throttling._local.start_afresh()
