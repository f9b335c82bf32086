"""How many webhooks had no good signature, by adapter: nothing else is kept of them. Each process counts its own."""

import threading
from collections import Counter

_lock = threading.Lock()
_counts: Counter[str] = Counter()


def count(slug: str) -> None:
    with _lock:
        _counts[slug] += 1


def counts() -> dict[str, int]:
    """For the metrics: adapter's slug → refused since this process began."""
    with _lock:
        return dict(_counts)
