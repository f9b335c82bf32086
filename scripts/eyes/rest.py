"""Receives over HTTP, as Fast Track would: in this process for a test, or as a process of its own.

`python -m scripts.eyes.rest --port 0 --journal FILE` says its address and writes down each event before it answers.
"""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from scripts.eyes.base import Seen
from scripts.eyes.rest_process import main

Answer = Callable[[Seen], int]


def accept(_seen: Seen) -> int:
    return 200


class RestEye:
    """Each request is answered with the status that `answer` returns; it is called on a thread of its own."""

    def __init__(self, answer: Answer = accept, *, port: int = 0) -> None:
        self.answer = answer
        self._lock = threading.Lock()
        self._asked: list[tuple[Seen, int]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self._take))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def read(self) -> list[Seen]:
        """What was accepted, in the order of the answers' beginning."""
        with self._lock:
            return [seen for seen, status in self._asked if 200 <= status < 300]

    def asked(self) -> list[Seen]:
        """Each request, whatever was answered."""
        with self._lock:
            return [seen for seen, _ in self._asked]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take(self, seen: Seen) -> int:
        status = self.answer(seen)
        with self._lock:
            self._asked.append((seen, status))
        return status


def _handler(take: Answer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # The head of an answer and its body leave in one piece.
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            kind = self.path.rpartition("/")[2].upper()
            event_id = headers.get("idempotency-key", "")
            self._answer(take(Seen(kind, event_id, body, details={"path": self.path, "headers": headers})))

        def _answer(self, status: int) -> None:
            said = b"" if status == 204 else b"said"
            self.send_response(status)
            if said:
                self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_args: Any) -> None:
            pass

    return Handler


if __name__ == "__main__":
    main()
