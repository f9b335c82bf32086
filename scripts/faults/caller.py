"""A caller of the API as it should be: what got no answer is asked again, under the same Idempotency-Key."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import urllib3

from scripts.faults.base import Violated

PAUSE_SECONDS = 0.2
PATIENCE_SECONDS = 1800.0
"""On a busy machine a hundred who share eight connections, cut again and again, take their time. Whoever waits for them
looks whether anything moves at all."""
DONE = frozenset({200, 201})
AGAIN = frozenset({0, 408, 425, 429, 500, 503, 504})
IN_PROGRESS = "IDEMPOTENCY_IN_PROGRESS"


@dataclass(frozen=True)
class Asked:
    key: str
    path: str
    body: dict[str, Any]


class Caller:
    """Threads that ask. `answers` holds what was said in the end, by key."""

    def __init__(self, url: str, secret: str, *, at_once: int, most_waiting: int = 100) -> None:
        """`at_once` are on the wire; beside them so many may wait for a key that somebody who died still holds."""
        self.answers: dict[str, dict[str, Any]] = {}
        self.refused: dict[str, str] = {}
        """Codes of errors that a repetition would not change, by key."""
        self.asked = 0
        self.repeated = 0
        self._url = url
        self._headers = {"X-Internal-Secret": secret}
        self._http = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=15), maxsize=at_once)
        self._wire = threading.Semaphore(at_once)
        self._pool = ThreadPoolExecutor(at_once + most_waiting, thread_name_prefix="caller")
        self._futures: list[Future[None]] = []
        self._lock = threading.Lock()
        self._is_over = threading.Event()

    def ask(self, *asked: Asked) -> None:
        self.asked += len(asked)
        self._futures += [self._pool.submit(self._ask_until_told, one) for one in asked]

    @property
    def waiting(self) -> int:
        return sum(not future.done() for future in self._futures)

    def check(self) -> None:
        """Raises what a caller has met so far."""
        for future in self._futures:
            if future.done():
                future.result()

    def join(self) -> None:
        """Wait for the last answer. Raises what a caller met."""
        for future in self._futures:
            future.result()
        self._futures.clear()

    def close(self) -> None:
        self._is_over.set()
        self._pool.shutdown(cancel_futures=True)

    def _ask_until_told(self, asked: Asked) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        said: object = "nothing"
        while not self._is_over.is_set() and time.monotonic() < until:
            status, said = self._once(asked)
            if status in DONE and isinstance(said, dict):
                with self._lock:
                    self.answers[asked.key] = said["data"]
                return
            if status not in AGAIN and isinstance(said, dict) and said["error"]["code"] != IN_PROGRESS:
                with self._lock:
                    self.refused[asked.key] = said["error"]["code"]
                return
            with self._lock:
                self.repeated += 1
            self._is_over.wait(PAUSE_SECONDS)
        if not self._is_over.is_set():
            raise Violated(f"{asked.path} under {asked.key}: {said}")

    def _once(self, asked: Asked) -> tuple[int, object]:
        headers = {**self._headers, "Idempotency-Key": asked.key}
        try:
            with self._wire:
                answer = self._http.request("POST", self._url + asked.path, json=asked.body, headers=headers)
            return answer.status, answer.json()
        except (urllib3.exceptions.HTTPError, ValueError) as trouble:
            return 0, str(trouble)
