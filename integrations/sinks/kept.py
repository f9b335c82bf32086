import os
import threading
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_inherited: list[Any] = []
"""What a fork brought along belongs to the parent, sockets and all: neither used nor closed, not even by chance."""


class Kept(threading.local, Generic[T]):
    """A connection that outlives a batch: one a thread, made anew after a fork or when its settings have changed."""

    def __init__(self) -> None:
        self._pid = 0
        self._key: Hashable = None
        self._thing: T | None = None

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Calls `make` when there is none for this key yet. Who closes a broken one calls `drop` too."""
        if self._thing is not None and self._pid != os.getpid():
            _inherited.append(self._thing)
            self._thing = None
        if self._thing is None or self._key != key:
            self._thing = make()
            self._pid, self._key = os.getpid(), key
        return self._thing

    def drop(self) -> None:
        self._thing = None
