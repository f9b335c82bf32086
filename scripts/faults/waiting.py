import time
from collections.abc import Callable
from typing import TypeVar

from scripts.faults.base import Violated

T = TypeVar("T")


def wait_for(what: str, condition: Callable[[], T], *, seconds: float = 30.0, every: float = 0.05) -> T:
    """The condition's first true value. That it does not come true in time is a broken promise."""
    until = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        if time.monotonic() >= until:
            raise Violated(f"{what}: not within {seconds:.0f} s")
        time.sleep(every)
