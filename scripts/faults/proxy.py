"""A TCP proxy in front of a server, to cut and to stall its connections."""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

CHUNK = 65_536
CONNECT_SECONDS = 5.0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Proxy:
    """Listens on 127.0.0.1:`port` and forwards to `target` ("host:port"), in a thread of its own.

    All methods may be called from any thread and have taken effect on return. With `tls` = (certificate file, key
    file) the proxy speaks TLS to the client and plain TCP to the target.
    """

    REQUESTS, ANSWERS = "requests", "answers"

    def __init__(self, target: str, *, port: int = 0, tls: tuple[str, str] | None = None) -> None:
        host, _, target_port = target.rpartition(":")
        self._target = (host, int(target_port))
        self._tls = _server_context(tls) if tls else None
        self._reserved = _bound(port)
        self.port: int = self._reserved.getsockname()[1]
        self.tripped = threading.Event()
        """Set once the request of `stall_answers_after` or `stall_requests_from` has come by."""
        self._wire = b""
        self._tripped_gate = ""
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy-{self.port}", daemon=True)
        self._thread.start()
        self._requests, self._answers = asyncio.Event(), asyncio.Event()
        self.resume()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Reset every connection, and refuse new ones until `resume`."""
        self._in_loop(self._cut)

    def stall(self) -> None:
        """Accept connections, and forward nothing in either direction."""
        self._in_loop(lambda: self._set(requests=False, answers=False))

    def stall_answers(self) -> None:
        """Requests pass; what the target says is kept."""
        self._in_loop(lambda: self._set(requests=True, answers=False))

    def stall_requests(self) -> None:
        """Answers pass; what the client says is kept."""
        self._in_loop(lambda: self._set(requests=False, answers=True))

    def stall_answers_after(self, request: bytes) -> None:
        """As `stall_answers`, from the moment a chunk with these bytes in it is about to be forwarded."""
        self._in_loop(lambda: self._arm(request, self.ANSWERS))

    def stall_requests_from(self, request: bytes) -> None:
        """As `stall_requests`, from a chunk with these bytes in it on, which is kept too."""
        self._in_loop(lambda: self._arm(request, self.REQUESTS))

    def resume(self) -> None:
        """Forward again, what was kept first."""
        self._in_loop(lambda: self._set(requests=True, answers=True))
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self.cut()
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._reserved.close()

    def _in_loop(self, act: Callable[[], None]) -> None:
        async def run() -> None:
            act()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result()

    def _arm(self, request: bytes, gate: str) -> None:
        self._wire, self._tripped_gate = request, gate
        self.tripped.clear()

    def _trip(self) -> None:
        self._set(requests=self._tripped_gate != self.REQUESTS, answers=self._tripped_gate != self.ANSWERS)
        self.tripped.set()

    def _set(self, *, requests: bool, answers: bool) -> None:
        self._wire = b""
        for gate, is_open in ((self._requests, requests), (self._answers, answers)):
            if is_open:
                gate.set()
            else:
                gate.clear()

    def _cut(self) -> None:
        self._wire = b""
        if self._server:
            self._server.close()
            self._server = None
        for task in self._tasks:
            task.cancel()
        for writer in self._writers:
            _reset(writer)

    async def _listen(self) -> None:
        if not self._server:
            listener = _bound(self.port)
            self._server = await asyncio.start_server(self._serve, sock=listener, ssl=self._tls)

    async def _end(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._join(reader, writer))
        self._tasks.add(task)
        self._writers.add(writer)
        # Cancelled by `cut`.
        with contextlib.suppress(asyncio.CancelledError):
            await task
        self._writers.discard(writer)
        self._tasks.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:  # It was accepted just before the cut.
            return _reset(writer)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            return _reset(writer)
        except asyncio.CancelledError:
            _reset(writer)
            raise
        self._writers.add(far_writer)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, far_writer, self._requests))
                both.create_task(self._pump(far_reader, writer, self._answers))
            writer.close()
            far_writer.close()
        except* OSError:
            pass
        finally:
            for end in (writer, far_writer):
                if not end.is_closing():
                    _reset(end)
            self._writers.discard(far_writer)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, gate: asyncio.Event) -> None:
        sink.transport.set_write_buffer_limits(1)  # With 0, asyncio's TLS would pause an empty buffer for ever.
        while chunk := await source.read(CHUNK):
            if gate is self._requests and self._wire and self._wire in chunk:
                self._trip()
            await gate.wait()
            sink.write(chunk)
            await sink.drain()
        await gate.wait()
        if sink.can_write_eof():
            sink.write_eof()
        else:
            sink.close()


def _bound(port: int) -> socket.socket:
    """One that never listens keeps the port for us while connections are refused."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound


def _server_context(files: tuple[str, str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


def _reset(writer: asyncio.StreamWriter) -> None:
    """End it as a pulled plug does: with RST, and nothing of what is still to be written."""
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    writer.transport.abort()
