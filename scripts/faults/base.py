from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scripts.faults.world import World


class Violated(Exception):
    """A promise was broken; the message says which, and by what."""


@dataclass(frozen=True)
class Run:
    name: str
    play: Callable[["World"], dict[str, int]]
    """Raises `Violated`. Returns what it counted: events, kills, duplicates by sink."""
    is_bounded: bool = True
    """Part of `make check`; the others are for `make faults`."""
