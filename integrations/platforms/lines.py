"""Ways to have many calls of one adapter under way: on the event loop for HTTP, in threads for any other kind."""

import time
from asyncio import CancelledError, Task, wait
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar

import structlog
from yarl import URL

from integrations import http_loop
from integrations.http import HttpTrouble, Response
from integrations.models import Adapter
from integrations.platforms import wire
from integrations.platforms.answers import GrantAnswer, Granted, NotSent, Refused, Unknown
from integrations.platforms.base import GrantOrder, Platform, PlatformRefused, PlatformTrouble, within
from integrations.platforms.breaker import Outcome
from integrations.platforms.http import HttpPlatform
from integrations.platforms.registry import platform_for
from integrations.platforms.wire import Request

log = structlog.get_logger(__name__)

T = TypeVar("T")

MOST_THREADS = 32
RETRY_IN = 1.0
"""After a connection that failed: the breaker counts them, so this need not be careful."""
CLOSE_SECONDS = 10.0
COLLECT_SHARE = 3
"""Ends are told of together: when so large a part of what was under way has ended. Each telling costs a round trip to
Redis; each wait leaves places empty."""
COLLECT_TIME_SHARE = 6
"""Or when so large a part of a call's time has gone by since the first."""
COLLECT_SECONDS = 0.05
"""But never later."""


@dataclass(frozen=True, slots=True)
class Job:
    index: int
    order: GrantOrder
    begin_at: float
    end_by: float
    """Both by `time.monotonic()`."""


@dataclass(frozen=True, slots=True)
class Ended:
    index: int
    answer: GrantAnswer
    outcome: Outcome
    seconds: float = 0.0


class Line(Protocol):
    @property
    def room(self) -> int | None:
        """How many more can be under way at once; None where there is no limit."""
        ...

    def begin(self, jobs: Sequence[Job]) -> None: ...

    def ended(self, timeout: float) -> list[Ended]:
        """Wait until some have. Empty when none has in time."""
        ...

    def withdraw(self) -> None:
        """Whatever has not begun ends as not sent."""
        ...

    def close(self) -> None:
        """Break off what is under way; returns when nothing is."""
        ...


def line_for(adapter: Adapter) -> Line:
    """Raises `PlatformTrouble` where nothing can be called at all."""
    platform = platform_for(adapter)
    if isinstance(platform, HttpPlatform) and _is_plain(adapter.token):
        return HttpLine(platform)
    return ThreadLine(platform)


def _is_plain(token: str) -> bool:
    """Whether all clients would put it on the wire alike, or at all."""
    return token.isascii() and token.isprintable()


WITHDRAWN = NotSent("not begun any more", retry_in=0.0)


def _meaning(error: Exception) -> tuple[GrantAnswer, Outcome]:
    if isinstance(error, PlatformRefused):
        return Refused(error.code, error.message), Outcome.REFUSED
    if isinstance(error, PlatformTrouble):
        trouble = Unknown(error.message) if error.sent else NotSent(error.message, retry_in=RETRY_IN)
        return trouble, Outcome.TROUBLE
    log.error("platform_call_failed", exc_info=error)
    return Unknown(f"the call failed ({type(error).__name__})"), Outcome.TROUBLE


class HttpLine:
    def __init__(self, platform: HttpPlatform) -> None:
        platform.check_scheme()
        adapter = platform.adapter
        self._platform = platform
        self._http = http_loop.running()
        self._grant_url = URL(platform.url("grant"))
        self._token, self._secret = adapter.token, adapter.signing_secret
        self._connect_timeout, self._read_timeout = adapter.connect_timeout_ms / 1000, adapter.read_timeout_ms / 1000
        self._request_id = wire.bound_request_id()
        self._told: SimpleQueue[list[Ended]] = SimpleQueue()
        # What follows is the loop's own.
        self._ended: list[Ended] = []
        self._under_way = self._most = 0
        self._is_telling = False
        self._is_withdrawn = False
        self._tasks: set[Task[None]] = set()

    @property
    def room(self) -> None:
        return None

    def begin(self, jobs: Sequence[Job]) -> None:
        self._http.run(lambda: self._begin(jobs))

    def ended(self, timeout: float) -> list[Ended]:
        try:
            return self._told.get(timeout=max(timeout, 0))
        except Empty:
            return []

    def withdraw(self) -> None:
        self._http.run(self._withdraw)

    def close(self) -> None:
        is_quiet: SimpleQueue[None] = SimpleQueue()
        self._http.run(lambda: self._http.start(self._break_off(is_quiet)))
        is_quiet.get(timeout=CLOSE_SECONDS)

    def _withdraw(self) -> None:
        self._is_withdrawn = True

    async def _break_off(self, is_quiet: SimpleQueue[None]) -> None:
        self._is_withdrawn = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await wait(tasks)
        is_quiet.put(None)

    def _begin(self, jobs: Sequence[Job]) -> None:
        self._under_way += len(jobs)
        self._most = max(self._most, self._under_way)
        now = time.monotonic()
        for job in jobs:
            if job.begin_at <= now:
                self._start(job)
            else:
                self._http.at(job.begin_at, partial(self._start, job))

    def _start(self, job: Job) -> None:
        if self._is_withdrawn:
            self._end(Ended(job.index, WITHDRAWN, Outcome.ABANDONED))
            return
        task = self._http.start(self._call(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, job: Job) -> None:
        began = time.monotonic()
        answer: GrantAnswer
        try:
            answer, outcome = Granted(await self._converse(wire.grant(job.order), job.end_by)), Outcome.OK
        except CancelledError:
            answer, outcome = Unknown("broken off"), Outcome.ABANDONED
        except Exception as error:
            answer, outcome = _meaning(error)
        self._end(Ended(job.index, answer, outcome, time.monotonic() - began))

    def _end(self, ended: Ended) -> None:
        self._under_way -= 1
        self._ended.append(ended)
        if not self._under_way or len(self._ended) * COLLECT_SHARE >= self._most:
            self._tell()
        elif not self._is_telling:
            self._is_telling = True
            self._http.at(time.monotonic() + min(ended.seconds / COLLECT_TIME_SHARE, COLLECT_SECONDS), self._tell)

    def _tell(self) -> None:
        self._is_telling = False
        if self._ended:
            self._told.put(self._ended)
            self._ended = []

    async def _converse(self, conversation: Generator[Request, Response, T], end_by: float) -> T:
        try:
            request = next(conversation)
            while True:
                try:
                    response = await self._send(request, end_by)
                except PlatformTrouble as trouble:
                    request = conversation.throw(trouble)
                else:
                    request = conversation.send(response)
        except StopIteration as end:
            value: T = end.value
            return value

    async def _send(self, request: Request, end_by: float) -> Response:
        signed = wire.headers(request, token=self._token, secret=self._secret, request_id=self._request_id)
        try:
            return await self._http.send(
                request.method,
                self._grant_url if request.body else URL(self._platform.url(request.path), encoded=True),
                headers=signed,
                body=request.body,
                connect_timeout=self._connect_timeout,
                read_timeout=self._read_timeout,
                deadline=end_by,
            )
        except HttpTrouble as trouble:
            raise PlatformTrouble(trouble.message, sent=trouble.sent) from trouble


class ThreadLine:
    def __init__(self, platform: Platform, *, threads: int = MOST_THREADS) -> None:
        self._platform = platform
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="platform-call")
        self._told: SimpleQueue[Ended] = SimpleQueue()
        self._is_withdrawn = False
        self._room = threads

    @property
    def room(self) -> int:
        return self._room

    def begin(self, jobs: Sequence[Job]) -> None:
        self._room -= len(jobs)
        for job in jobs:
            self._threads.submit(copy_context().run, self._call, job)

    def ended(self, timeout: float) -> list[Ended]:
        try:
            found = [self._told.get(timeout=max(timeout, 0))]
            while not self._told.empty():
                found.append(self._told.get_nowait())
        except Empty:
            return []
        self._room += len(found)
        return found

    def withdraw(self) -> None:
        self._is_withdrawn = True

    def close(self) -> None:
        self._is_withdrawn = True
        self._threads.shutdown(cancel_futures=True)

    def _call(self, job: Job) -> None:
        time.sleep(max(job.begin_at - time.monotonic(), 0))
        if self._is_withdrawn:
            self._told.put(Ended(job.index, WITHDRAWN, Outcome.ABANDONED))
            return
        began = time.monotonic()
        answer: GrantAnswer
        try:
            with within(job.end_by - began):
                answer, outcome = Granted(self._platform.grant(job.order)), Outcome.OK
        except Exception as error:
            answer, outcome = _meaning(error)
        self._told.put(Ended(job.index, answer, outcome, time.monotonic() - began))
