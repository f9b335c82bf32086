"""The load: prepared requests over kept connections, from a process of its own that says what it cost itself."""

import http.client
import itertools
import multiprocessing
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self

from scripts.bench.base import BenchFailed

TIMEOUT = 30.0
TURNS = 4


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Load:
    seconds: float
    client_cpu: float
    """Seconds of CPU that the client took."""
    latencies: list[float]
    statuses: dict[int, int]
    first_odd: str
    """The first answer of another status than most."""

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def median(self) -> float:
        return statistics.median(self.latencies)

    @property
    def client_share(self) -> float:
        """Of one core."""
        return self.client_cpu / self.seconds


def together(loads: Sequence[Load]) -> Load:
    """Turns of the same side, one after the other, as one."""
    return Load(
        sum(load.seconds for load in loads),
        sum(load.client_cpu for load in loads),
        [latency for load in loads for latency in load.latencies],
        dict(sum((Counter(load.statuses) for load in loads), Counter())),
        next((load.first_odd for load in loads if load.first_odd), ""),
    )


def in_turns(ours: Callable[[], Load], other: Callable[[], Load]) -> tuple[Load, Load]:
    """A round of short turns, so that what disturbs the machine disturbs both."""
    turns = [(ours(), other()) for _ in range(TURNS)]
    return together([mine for mine, _ in turns]), together([theirs for _, theirs in turns])


Answer = tuple[float, int, bytes]


def _ask_all(port: int, requests: Sequence[Request]) -> list[Answer]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    answers = []
    for request in requests:
        began = time.perf_counter()
        connection.request(request.method, request.path, request.body or None, request.headers)
        response = connection.getresponse()
        body = response.read()
        answers.append((time.perf_counter() - began, response.status, body))
    connection.close()
    return answers


def fire(port: int, requests: Sequence[Request], connections: int) -> Load:
    shares = [requests[start::connections] for start in range(min(connections, len(requests)))]
    with ThreadPoolExecutor(len(shares)) as threads:
        began, cpu = time.perf_counter(), time.process_time()
        per_thread = list(threads.map(_ask_all, itertools.repeat(port), shares))
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    answers = list(itertools.chain.from_iterable(per_thread))
    statuses = Counter(status for _, status, _ in answers)
    usual = statuses.most_common(1)[0][0]
    odd = next((body.decode(errors="replace")[:500] for _, status, body in answers if status != usual), "")
    return Load(seconds, cpu, [latency for latency, _, _ in answers], dict(statuses), odd)


class Client:
    """Fires from a child process, so that what the bench itself does costs the client nothing."""

    def __enter__(self) -> Self:
        self._process = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        return self

    def __exit__(self, *_: object) -> None:
        self._process.shutdown(cancel_futures=True)

    def fire(self, port: int, requests: Sequence[Request], *, expected: int, connections: int) -> Load:
        """Raises `BenchFailed` when a single answer is not as expected: it would not be the work that is measured."""
        load = self._process.submit(fire, port, list(requests), connections).result()
        if set(load.statuses) != {expected}:
            first = requests[0]
            raise BenchFailed(f"{first.method} {first.path}: {load.statuses}, expected {expected}. {load.first_odd}")
        return load
