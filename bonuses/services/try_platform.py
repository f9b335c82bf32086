"""A call that changes nothing at a platform, to see whether it answers."""

import time
from dataclasses import dataclass

from bonuses.services.claim import wake_queued
from integrations.ids import new_id
from integrations.models import Adapter
from integrations.platforms.base import PlatformRefused, PlatformTrouble
from integrations.platforms.gateway import Gateway, PlatformUnavailable


@dataclass(frozen=True, slots=True)
class Tried:
    is_good: bool
    said: str
    seconds: float


def try_platform(*, adapter: Adapter) -> Tried:
    """Asks about a grant that was never made. Under the limits and the breaker, which it may close, like any call."""
    began, closed = time.monotonic(), False
    try:
        answer = Gateway(adapter).status(grant_id=new_id(), platform_bonus_id=None)
        is_good, closed = answer.value is None, answer.breaker_closed
        said = "It knows nothing of a grant that was never made, as it should be."
        if answer.value is not None:
            said = f"It says that a grant is {answer.value.status} that was never made."
    except PlatformUnavailable as unavailable:
        is_good, said = (
            False,
            f"It was not called: {unavailable.message}. Try again in {unavailable.retry_after:.0f} s.",
        )
    except PlatformRefused as refused:
        is_good, closed, said = False, refused.breaker_closed, f"It answers, but refuses: {refused}."
    except PlatformTrouble as trouble:
        is_good, closed, said = False, trouble.breaker_closed, f"It gave no usable answer: {trouble.message}."
    if closed:
        wake_queued(adapter)
    return Tried(is_good, said, time.monotonic() - began)
