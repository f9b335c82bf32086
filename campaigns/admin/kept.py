"""Numbers kept in the cache for a moment. Without a cache pages cost more, and say less of the pace; they work."""

from typing import Any

import structlog
from django.core.cache import cache

log = structlog.get_logger(__name__)


def recall(key: str) -> Any:
    """None: nothing is kept there."""
    try:
        return cache.get(key)
    except Exception as error:
        log.warning("campaign.not_recalled", error=repr(error))
        return None


def keep(key: str, value: Any, *, seconds: int) -> None:
    try:
        cache.set(key, value, timeout=seconds)
    except Exception as error:
        log.warning("campaign.not_kept", error=repr(error))
