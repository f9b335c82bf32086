"""Many outbound requests at once, by the rules of `integrations.http`: an event loop and its connections, a process.

The loop runs in a thread of its own from the first call on. So connections that a peer has closed meanwhile are known
to be closed, and an exception that a signal raises in the main thread can't strike in the middle of the loop's work.
"""

import asyncio
import atexit
import os
import socket
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Mapping
from contextvars import Context
from functools import lru_cache
from typing import NamedTuple

from yarl import URL

from integrations import addresses
from integrations.http import MAX_BODY, MAX_IDLE_SECONDS, HttpTrouble, Response
from integrations.http_connection import HttpConnection

GOODBYE_SECONDS = 1.0
FIXED_HEADERS = "Accept-Encoding: identity\r\nUser-Agent: bonusdesk\r\n"


class _AddressRefused(OSError):
    """By ourselves, before a connection was tried."""


class Peer(NamedTuple):
    is_tls: bool
    host: str
    port: int


class HttpLoop:
    """The event loop, its thread and its connections."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._idle: defaultdict[Peer, deque[HttpConnection]] = defaultdict(deque)
        self._lookups: dict[Peer, asyncio.Task[list[str]]] = {}
        self._tls = ssl.create_default_context()
        self._is_sweeping = False
        threading.Thread(target=self._run, name="http-loop", daemon=True).start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def run(self, act: Callable[[], object]) -> None:
        """In the loop's thread, soon, in a context that is nobody's."""
        self._loop.call_soon_threadsafe(act, context=Context())

    def at(self, when: float, act: Callable[[], object]) -> None:
        """From within the loop; by `time.monotonic()`."""
        self._loop.call_at(when, act)

    def start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """From within the loop."""
        return self._loop.create_task(work)

    async def send(
        self,
        method: str,
        url: URL,
        *,
        headers: Mapping[str, str],
        body: bytes,
        connect_timeout: float,
        read_timeout: float,
        deadline: float,
        max_body: int = MAX_BODY,
    ) -> Response:
        """As `http.send`, from within the loop; `deadline` by `time.monotonic()`."""
        peer, request = _peer(url), _on_the_wire(method, url, headers, body)
        connection = self._kept(peer) or await self._connect(peer, min(time.monotonic() + connect_timeout, deadline))
        if time.monotonic() >= deadline:
            self._keep(peer, connection)
            raise HttpTrouble("timed out while connecting", sent=False)
        response = await connection.exchange(request, read_timeout=read_timeout, deadline=deadline, max_body=max_body)
        self._keep(peer, connection)
        return response

    def _kept(self, peer: Peer) -> HttpConnection | None:
        idle = self._idle[peer]
        oldest = time.monotonic() - MAX_IDLE_SECONDS
        while idle:
            connection = idle.pop()
            if connection.is_open and connection.idle_since > oldest:
                return connection
            connection.abort()
        return None

    def _keep(self, peer: Peer, connection: HttpConnection) -> None:
        if not connection.is_open:
            return
        connection.idle_since = time.monotonic()
        self._idle[peer].append(connection)
        if not self._is_sweeping:
            self._is_sweeping = True
            self.at(connection.idle_since + MAX_IDLE_SECONDS, self._sweep)

    def _sweep(self) -> None:
        """The oldest stand in front."""
        oldest = time.monotonic() - MAX_IDLE_SECONDS
        for idle in self._idle.values():
            while idle and not (idle[0].is_open and idle[0].idle_since > oldest):
                idle.popleft().abort()
        self._idle = defaultdict(deque, {peer: idle for peer, idle in self._idle.items() if idle})
        self._is_sweeping = bool(self._idle)
        if self._is_sweeping:
            self.at(time.monotonic() + MAX_IDLE_SECONDS, self._sweep)

    async def _connect(self, peer: Peer, connect_by: float) -> HttpConnection:
        try:
            async with asyncio.timeout_at(connect_by):
                return await self._dial(peer, connect_by)
        except (OSError, ValueError) as trouble:
            raise HttpTrouble(_describe(trouble), sent=False) from None

    async def _dial(self, peer: Peer, connect_by: float) -> HttpConnection:
        """To the very address that was judged: a name that resolves to another one a moment later changes nothing."""
        failed: OSError = TimeoutError("no address")
        for address in await self._resolve(peer, connect_by):
            if not addresses.may_connect(address):
                failed = _AddressRefused(address)
                continue
            try:
                _, connection = await self._loop.create_connection(
                    lambda: HttpConnection(self._loop),
                    address,
                    peer.port,
                    ssl=self._tls if peer.is_tls else None,
                    server_hostname=peer.host if peer.is_tls else None,
                )
            except OSError as trouble:
                failed = trouble
            else:
                return connection
        raise failed

    async def _resolve(self, peer: Peer, connect_by: float) -> list[str]:
        """Those who want the same name at the same time ask once."""
        if peer not in self._lookups:
            left = max(connect_by - time.monotonic(), 0.0)
            asking = asyncio.to_thread(addresses.resolve, peer.host, peer.port, within=left)
            lookup = self._lookups[peer] = self._loop.create_task(asking)
            lookup.add_done_callback(lambda _: self._lookups.pop(peer))
        return await asyncio.shield(self._lookups[peer])

    def close(self) -> None:
        """Say goodbye to all peers; for the end of the process."""

        def goodbye() -> None:
            for idle in self._idle.values():
                for connection in idle:
                    connection.abort()
            self._loop.call_soon(is_done.set)

        is_done = threading.Event()
        self.run(goodbye)
        is_done.wait(GOODBYE_SECONDS)


@lru_cache(maxsize=256)
def _peer(url: URL) -> Peer:
    if url.scheme not in addresses.SCHEMES or url.user is not None or url.password is not None:
        raise HttpTrouble("the URL must be http or https, without a user and a password", sent=False)
    if not url.raw_host or not url.port:
        raise HttpTrouble("the URL has no host", sent=False)
    return Peer(url.scheme == "https", url.raw_host, url.port)


def _on_the_wire(method: str, url: URL, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if lines.count("\n") != len(headers) or lines.count("\r") != len(headers) or not lines.isascii():
        raise HttpTrouble("the request can't be put on the wire", sent=False)
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    head = f"{method} {url.raw_path_qs} HTTP/1.1\r\nHost: {url.host_port_subcomponent}\r\n"
    return f"{head}{FIXED_HEADERS}{length}{lines}\r\n".encode("ascii") + body


def _describe(trouble: Exception) -> str:
    """In the words of `integrations.http`."""
    for kind, words in _WORDS:
        if isinstance(trouble, kind):
            return words
    return "can't connect"


_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (_AddressRefused, addresses.REFUSED),
    (ssl.SSLCertVerificationError, "the peer's certificate is not trusted"),
    (socket.gaierror, "the name can't be resolved"),
    (TimeoutError, "timed out while connecting"),
    (ssl.SSLError, "TLS failed"),
)


class _Process:
    lock = threading.Lock()
    loop: HttpLoop | None = None

    @classmethod
    def start_afresh(cls) -> None:
        cls.lock, cls.loop = threading.Lock(), None


# A forked child has neither its parent's threads nor any business on its connections.
os.register_at_fork(after_in_child=_Process.start_afresh)


def running() -> HttpLoop:
    """This process's own, made by whichever thread is first."""
    with _Process.lock:
        if _Process.loop is None:
            _Process.loop = HttpLoop()
            atexit.register(_Process.loop.close)
        return _Process.loop
