"""How fast a campaign goes on, from what its pages saw of it in the last minute."""

import time
import uuid

from campaigns.admin.kept import keep, recall

SECONDS = 60
SHORTEST = 1.0
"""Two looks in a shorter time say nothing."""
MINUTE, HOUR, DAY = 60, 3600, 86_400


def pace_of(campaign_id: uuid.UUID, *, done: int, pending: int, now: float | None = None) -> list[tuple[str, str]]:
    """Name and value, for people. `now` in seconds, from whatever moment."""
    rate = _rate(campaign_id, done, time.time() if now is None else now)
    if rate is None:
        return [("rate", "being measured"), ("time left", "-")]
    return [("rate", rate_in_words(rate)), ("time left", time_in_words(pending / rate) if rate else "-")]


def rate_in_words(rate: float) -> str:
    """`rate` is recipients a second."""
    if not rate:
        return "nothing in the last minute"
    return f"{rate:,.0f} a second" if rate >= 10 else f"{max(rate * MINUTE, 1):,.0f} a minute"


def time_in_words(seconds: float) -> str:
    if seconds < MINUTE:
        return "less than a minute"
    for size, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        count = round(seconds / size)
        if seconds >= size and count:
            return f"about {count:,} {name}{'s' if count > 1 else ''}"
    return "less than a minute"


def _rate(campaign_id: uuid.UUID, done: int, now: float) -> float | None:
    key = f"campaign-pace:{campaign_id}"
    seen = [(at, count) for at, count in recall(key) or () if now - SECONDS <= at <= now]
    keep(key, [*seen, (now, done)], seconds=SECONDS)
    if not seen or now - seen[0][0] < SHORTEST:
        return None
    at, count = seen[0]
    rate: float = max(done - count, 0) / (now - at)
    return rate
