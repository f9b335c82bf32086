"""A real HTTP server on loopback that answers each request as a test has scripted it, well or badly."""

import json
import socket
import socketserver
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Line:
    """The connection as an answer sees it."""

    def __init__(self, sock: socket.socket, platform: "ScriptedPlatform") -> None:
        self.sock = sock
        self.platform = platform
        self.keep_open = False

    def write(self, data: bytes) -> None:
        self.sock.sendall(data)


Script = Callable[[Line], None]


def reply(status: int, body: Any = b"", *, headers: Mapping[str, str] | None = None) -> Script:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Length": str(len(raw)), **(headers or {})}
    head = f"HTTP/1.1 {status} Scripted\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())

    def script(line: Line) -> None:
        line.write(head.encode() + b"\r\n" + raw)
        line.keep_open = True

    return script


def raw(data: bytes) -> Script:
    """These bytes, then the connection ends."""
    return lambda line: line.write(data)


def drop(_line: Line) -> None:
    """Ends the connection after the request was read."""


def silence(line: Line) -> None:
    """Says nothing until the other side has gone."""
    line.sock.recv(1)


def trickle(start: bytes, drip: bytes) -> Script:
    """Byte after byte without end, each well within any read time-out, until the other side has gone."""

    def script(line: Line) -> None:
        line.write(start)
        while not line.platform.closing.wait(0.01):
            line.write(drip)

    return script


class ScriptedPlatform:
    def __init__(self) -> None:
        self.scripts: deque[Script] = deque()
        self.requests: list[Seen] = []
        self.connections = 0
        self.closing = threading.Event()
        self.url = ""

    def will(self, *scripts: Script) -> None:
        self.scripts.extend(scripts)

    def serve(self, sock: socket.socket) -> None:
        self.connections += 1
        line = Line(sock, self)
        with sock.makefile("rb") as stream:
            while (seen := _read(stream)) is not None:
                self.requests.append(seen)
                line.keep_open = False
                self.scripts.popleft()(line)
                if not line.keep_open:
                    return


def _read(stream: BinaryIO) -> Seen | None:
    first = stream.readline().decode().split()
    if not first:
        return None
    headers = {}
    while text := stream.readline().decode().strip():
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    return Seen(first[0], first[1], headers, stream.read(int(headers.get("content-length", 0))))


@contextmanager
def scripted_platform(*, tls: ssl.SSLContext | None = None) -> Iterator[ScriptedPlatform]:
    platform = ScriptedPlatform()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                sock = tls.wrap_socket(self.request, server_side=True) if tls else self.request
                platform.serve(sock)
                sock.close()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        platform.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield platform
        platform.closing.set()
        server.shutdown()


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
