"""A kept HTTP/1.1 connection on an event loop: writes one request, reads one response with aiohttp's parser."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, cast

from aiohttp.http import HttpProcessingError, HttpResponseParser
from aiohttp.streams import StreamReader

from integrations.http import HttpTrouble, Response

PARSER_LIMIT = 1024 * 1024
"""Above any body we take, so that the parser never asks to pause."""


class HttpConnection(asyncio.Protocol):
    """For one exchange after another, never two at once. Unusable after any trouble."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self.idle_since = 0.0
        self._answer: asyncio.Future[Response] | None = None
        self._parser: Any = None
        self._message: Any = None
        self._payload: StreamReader | None = None
        self._max_body = 0
        self._read_timeout = 0.0
        self._deadline = 0.0
        self._heard_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    async def exchange(self, request: bytes, *, read_timeout: float, deadline: float, max_body: int) -> Response:
        """Raises `HttpTrouble`; whatever is raised, the connection is gone."""
        self._answer = self._loop.create_future()
        # It asks no more of a protocol than is here.
        self._parser = HttpResponseParser(
            cast(Any, self),
            self._loop,
            PARSER_LIMIT,
            read_until_eof=True,
            auto_decompress=False,
            response_with_body=True,
        )
        self._message = self._payload = None
        self._max_body, self._read_timeout, self._deadline = max_body, read_timeout, deadline
        self._heard_at = time.monotonic()
        self._watch()
        try:
            self._write(request)
            return await self._answer
        except BaseException:
            self.abort()
            raise
        finally:
            self._answer = self._parser = self._message = self._payload = None
            if self._timer is not None:
                self._timer.cancel()

    def _write(self, request: bytes) -> None:
        if self._transport is None:
            raise HttpTrouble("broken connection", sent=False)
        self._transport.write(request)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def pause_reading(self) -> None:
        """What the parser expects of a protocol. Nothing: what is too large is broken off anyway."""

    def resume_reading(self, resume_parser: bool = True) -> None:
        """As `pause_reading`."""

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            # Nobody asked: it must not be taken for the next answer.
            self.abort()
            return
        self._heard_at = time.monotonic()
        try:
            messages, is_upgraded, tail = self._parser.feed_data(data)
        except HttpProcessingError as trouble:
            self._fail(f"broken response ({type(trouble).__name__})")
            return
        finals = [found for found in messages if found[0].code >= 200]
        if is_upgraded or tail or len(finals) + (self._message is not None) > 1:
            self._fail("more than one response")
            return
        if finals:
            self._message, self._payload = finals[0]
        self._look()

    def _look(self) -> None:
        """Whether the response is whole, or too large."""
        if self._payload is None:
            return
        if self._payload.total_bytes > self._max_body:
            self._fail("oversized")
        elif self._payload.exception() is not None:
            self._fail("broken response")
        elif self._payload.is_eof():
            self._finish(self._payload.read_nowait(-1))

    def _finish(self, body: bytes) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Response(self._message.code, cast(Mapping[str, str], self._message.headers), body))
        if self._message.should_close and self._transport is not None:
            self._transport.close()

    def _fail(self, message: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(HttpTrouble(message, sent=True))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._end_of_stream()
            self._fail("broken connection")

    def _end_of_stream(self) -> None:
        """A body without a length ends with the connection; any other is cut short."""
        try:
            self._parser.feed_eof()
        except Exception:
            self._fail("broken response")
        else:
            self._look()

    def _watch(self) -> None:
        self._timer = self._loop.call_at(min(self._deadline, self._heard_at + self._read_timeout), self._on_time)

    def _on_time(self) -> None:
        now = time.monotonic()
        if now >= self._deadline or now >= self._heard_at + self._read_timeout:
            self._fail("timed out")
        else:
            self._watch()
