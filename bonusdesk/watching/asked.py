"""Questions to servers that may not answer: asked in threads of their own, so that nobody waits for them too long."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from time import monotonic
from typing import Generic, TypeVar

from django.db import connections

T = TypeVar("T")


class Asked(Generic[T]):
    """A question and its last answer. Who asks while it is out waits for the same answer, so a server that hangs holds
    one thread, not one for each who asks.

    An answer is kept for `keep` seconds, or for `rest` times as long as it took, whichever is longer; trouble is not.
    """

    def __init__(self, question: Callable[[], T], *, keep: float = 0.0, rest: float = 0.0) -> None:
        self._question = question
        self._keep = keep
        self._rest = rest
        self._lock = threading.Lock()
        self._last: Future[T] | None = None
        self._fresh_until = 0.0

    def ask(self) -> Future[T]:
        with self._lock:
            if self._last is None or (self._last.done() and monotonic() >= self._fresh_until):
                answer: Future[T] = Future()
                # No thread of a pool: those are waited for when the process ends.
                threading.Thread(target=self._find, args=(answer,), daemon=True).start()
                self._last = answer
            return self._last

    def _find(self, answer: Future[T]) -> None:
        began = monotonic()
        try:
            found = self._in_thread()
        except Exception as trouble:
            self._fresh_until = 0.0
            answer.set_exception(trouble)
        else:
            now = monotonic()
            self._fresh_until = now + max(self._keep, self._rest * (now - began))
            answer.set_result(found)

    def _in_thread(self) -> T:
        try:
            return self._question()
        finally:
            # They belong to this thread, which ends.
            connections.close_all()
