"""What PostgreSQL can't keep in a JSON column, though it is JSON."""

from collections.abc import Iterator
from typing import Any


def fault_in(value: Any) -> str:
    """What is wrong with a parsed value; empty when nothing is."""
    for text in _texts(value):
        if "\x00" in text:
            return "A NUL character can't be stored."
        if any("\ud800" <= character <= "\udfff" for character in text):
            return "Half a surrogate pair can't be stored."
    return ""


def _texts(value: Any) -> Iterator[str]:
    """All there are, keys as well. Not by recursion: how deep it is nested is up to whoever sent it."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            yield found
        elif isinstance(found, dict):
            waiting += [*found, *found.values()]
        elif isinstance(found, list):
            waiting += found
