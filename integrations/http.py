"""The one outbound HTTP client: urllib3 with no redirects, no retries, a capped body and one real deadline a call.

urllib3's own time-outs are a socket's: each byte that trickles in starts them anew. Here every connect, handshake, send
and receive is armed with what remains of the call, so a peer that dawdles can't hold a worker for longer.
"""

import http.client
import io
import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError, SSLError
from urllib3.response import BaseHTTPResponse
from urllib3.util.connection import create_connection

from integrations import addresses

MAX_BODY = 64 * 1024
MAX_IDLE_SECONDS = 1.5
"""Below what servers commonly keep an idle connection for, so that ours is rarely closed just as we write to it."""


class HttpTrouble(Exception):
    """No usable response. `sent` is False only when certainly no byte of the request has reached the peer."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.message = message
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Mapping[str, str]
    """Names in any case."""
    body: bytes


class _Call(threading.local):
    """The call this thread is in: connections outlive calls, so they look here for the deadlines."""

    connect_by = 0.0
    deadline = 0.0
    read_timeout = 0.0
    sent = False

    def begin(self, *, connect_timeout: float, read_timeout: float, total_timeout: float) -> None:
        now = time.monotonic()
        self.deadline = now + total_timeout
        self.connect_by = min(now + connect_timeout, self.deadline)
        self.read_timeout = read_timeout
        self.sent = False

    def left_to_connect(self) -> float:
        return _left(self.connect_by)

    def left_to_wait(self) -> float:
        """For the next byte to come or go."""
        return min(self.read_timeout, _left(self.deadline))


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("deadline passed")
    return left


_call = _Call()


class _ArmedReader(io.RawIOBase):
    """Reads a socket, each time with no more patience than the call has left."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_call.left_to_wait())
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _ArmedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_ArmedReader(self.fp.detach(), sock))


class _AddressRefused(OSError):
    """By ourselves, before a connection was tried."""


class _ArmedConnection(HTTPConnection):
    response_class = _ArmedResponse
    _used_at = 0.0

    @property
    def is_connected(self) -> bool:
        return time.monotonic() - self._used_at < MAX_IDLE_SECONDS and super().is_connected

    def _new_conn(self) -> socket.socket:
        try:
            return self._dial()
        except socket.gaierror as trouble:
            raise NameResolutionError(self.host, self, trouble) from trouble
        except TimeoutError as trouble:
            raise ConnectTimeoutError(self, "timed out") from trouble
        except OSError as trouble:
            raise NewConnectionError(self, "can't connect") from trouble

    def _dial(self) -> socket.socket:
        """To the very address that was judged: a name that resolves to another one a moment later changes nothing."""
        failed: OSError = TimeoutError("no address")
        for address in addresses.resolve(self._dns_host, self.port, within=_call.left_to_connect()):
            if not addresses.may_connect(address):
                failed = _AddressRefused(address)
                continue
            try:
                sock = create_connection(
                    (address, self.port), _call.left_to_connect(), socket_options=self.socket_options
                )
            except OSError as trouble:
                failed = trouble
            else:
                # A TLS handshake, if one follows, has what is left of the time to connect.
                sock.settimeout(_call.left_to_connect())
                return sock
        raise failed

    def send(self, data: Any) -> None:
        """As `http.client` does, but `data` (bytes here) goes out piece by piece under the deadline."""
        if self.sock is None:
            self.connect()
        self._used_at = time.monotonic()
        view = memoryview(data)
        _call.sent = True
        while view:
            self.sock.settimeout(_call.left_to_wait())
            view = view[self.sock.send(view) :]


class _ArmedTLSConnection(_ArmedConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _ArmedConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _ArmedTLSConnection


class _Pools(PoolManager):
    classes: ClassVar = {"http": _Pool, "https": _TLSPool}

    def __init__(self) -> None:
        super().__init__(num_pools=32, maxsize=64, ssl_context=ssl.create_default_context())
        self.pool_classes_by_scheme = self.classes


class _Process:
    """What this process has of its own: one set of pools, made at the first call by whichever thread is first."""

    lock = threading.Lock()
    pools: _Pools | None = None

    @classmethod
    def start_afresh(cls) -> None:
        cls.lock, cls.pools = threading.Lock(), None


# A forked child must not speak on its parent's connections, nor wait for a lock that a thread of the parent's held.
os.register_at_fork(after_in_child=_Process.start_afresh)


def _pools() -> _Pools:
    with _Process.lock:
        if _Process.pools is None:
            _Process.pools = _Pools()
        return _Process.pools


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    connect_timeout: float,
    read_timeout: float,
    total_timeout: float,
    max_body: int = MAX_BODY,
) -> Response:
    """One request, one response of any status. Time-outs in seconds; `total_timeout` covers everything.

    Raises `HttpTrouble`, whose message names neither headers nor URL.
    """
    _call.begin(connect_timeout=connect_timeout, read_timeout=read_timeout, total_timeout=total_timeout)
    try:
        _check_url(url)
        response = _pools().urlopen(
            method,
            url,
            body=body or None,
            headers={"Accept-Encoding": "identity", "User-Agent": "bonusdesk", **headers},
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=total_timeout,
        )
        return Response(response.status, response.headers, _read(response, max_body))
    except (HTTPError, OSError, http.client.HTTPException) as trouble:
        raise HttpTrouble(_describe(trouble), sent=_call.sent) from None
    except ValueError:
        # http.client quotes the header it can't send, which may be a credential.
        raise HttpTrouble("the request can't be put on the wire", sent=_call.sent) from None


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in addresses.SCHEMES or "@" in parts.netloc:
        raise HttpTrouble("the URL must be http or https, without a user and a password", sent=False)


def _read(response: BaseHTTPResponse, max_body: int) -> bytes:
    body = b""
    whole = False
    try:
        while len(body) <= max_body:
            piece = response.read(max_body + 1 - len(body), decode_content=False)
            if not piece:
                whole = True
                return body
            body += piece
        raise HttpTrouble("oversized", sent=True)
    finally:
        if not whole:
            response.close()
        response.release_conn()


def _describe(trouble: BaseException) -> str:
    """In our own words: urllib3's messages quote the URL."""
    causes: list[BaseException] = [trouble]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    for kind, words in _WORDS:
        if any(isinstance(cause, kind) for cause in causes):
            return words
    return f"broken connection ({type(trouble).__name__})"


_WORDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (_AddressRefused, addresses.REFUSED),
    (ssl.SSLCertVerificationError, "the peer's certificate is not trusted"),
    ((NameResolutionError, socket.gaierror), "the name can't be resolved"),
    (NewConnectionError, "can't connect"),
    (ConnectTimeoutError, "timed out while connecting"),
    (TimeoutError, "timed out"),
    ((SSLError, ssl.SSLError), "TLS failed"),
)
