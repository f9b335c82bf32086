"""Calls to a simulated platform as an adapter makes them, and a place for its webhooks. Signs by itself."""

import hashlib
import hmac
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import urllib3

from integrations.simulator.options import Options


def options(**changed: Any) -> Options:
    return Options(**{"port": 0, "lives": False, "token": "tok", "secret": "sec", "webhook_secret": "hook", **changed})


def grant_body(**changed: Any) -> dict[str, Any]:
    """A €20 bonus, to be wagered ten times; `template__…` and `wagering__…` change what lies deeper."""
    wagering = {
        "multiplier": 10,
        "basis": "bonus",
        "required_subunit": 20000,
        "max_bet_subunit": 2000,
        "game_contribution": {"slots": 100, "table": 10, "default": 0},
        "max_win_subunit": 100000,
    }
    template = {
        "type": "deposit_match",
        "amount_subunit": 2000,
        "currency": "EUR",
        "wagering": wagering,
        "expires_at": "2030-01-01T00:00:00Z",
        "config": {"match_percent": 100, "deposit_amount": 2000},
    }
    body = {
        "grant_id": str(uuid.uuid4()),
        "player_external_id": "player-1",
        "template": template,
        "granted_by": {"kind": "api", "ref": None},
    }
    inner = {"template": template, "wagering": wagering}
    for name, value in changed.items():
        where, _, key = name.rpartition("__")
        inner.get(where, body)[key] = value
    return body


class Caller:
    """One adapter with its token and secret."""

    def __init__(self, url: str, *, token: str = "tok", secret: str = "sec", timeout: float = 10.0) -> None:
        self.url = url
        self.token = token
        self.secret = secret
        self.timeout = timeout
        self.http = urllib3.PoolManager(retries=False)

    def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        key: str = "",
        at: float | None = None,
        headers: dict[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        stamp = str(int(time.time() if at is None else at))
        signed = {
            "Authorization": f"Bearer {self.token}",
            "X-UCRM-Timestamp": stamp,
            "X-UCRM-Signature": hmac.new(
                self.secret.encode(), stamp.encode() + b"." + body, hashlib.sha256
            ).hexdigest(),
            "Idempotency-Key": key,
            "X-Request-Id": "r-1",
            **(headers or {}),
        }
        return self.http.request(
            method, self.url + path, body=body, headers=signed, redirect=False, timeout=self.timeout
        )

    def grant(self, body: dict[str, Any]) -> urllib3.BaseHTTPResponse:
        return self.call("POST", "/v1/bonuses/grant", json.dumps(body).encode(), key=body["grant_id"])

    def cancel(self, grant_id: str, reason: str = "admin") -> urllib3.BaseHTTPResponse:
        body = json.dumps({"grant_id": grant_id, "platform_bonus_id": None, "reason": reason}).encode()
        return self.call("POST", "/v1/bonuses/cancel", body, key=f"cancel:{grant_id}")

    def status(self, bonus_id: str) -> urllib3.BaseHTTPResponse:
        return self.call("GET", f"/v1/bonuses/{bonus_id}")


class Receiver:
    """Takes webhooks on a port of its own; answers what `answers` holds, then 200."""

    def __init__(self) -> None:
        self.deliveries: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.deliveries.append(({k.lower(): v for k, v in self.headers.items()}, body))
                status = receiver.answers.pop(0) if receiver.answers else 200
                reply = b'{"received": true, "applied": true, "new_status": "active"}'
                self.send_response(status)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.deliveries]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
