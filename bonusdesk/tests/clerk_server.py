"""A Clerk of our own: it signs session tokens with RSA keys and serves the public ones over a real local server."""

import json
import threading
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://clerk.tests.example"
PARTY = "https://desk.tests.example"
SUBJECT = "user_2olga"
PATIENCE = 10


@cache
def private_key(kid: str) -> rsa.RSAPrivateKey:
    """Made once for all tests: it takes a while. `kid` is only a name here."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(kid: str) -> str:
    return private_key(kid).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def jwk_of(key: Any, kid: str) -> dict[str, Any]:
    written: dict[str, Any] = RSAAlgorithm.to_jwk(key, as_dict=True)
    written.pop("key_ops", None)
    return {**written, "kid": kid, "use": "sig", "alg": "RS256"}


def jwk(kid: str, /, **fields: Any) -> dict[str, Any]:
    """With other fields than usual; None takes one away."""
    found = {**jwk_of(private_key(kid).public_key(), kid), **fields}
    return {name: value for name, value in found.items() if value is not None}


def claims(**changes: Any) -> dict[str, Any]:
    """Of a good token, as Clerk writes it; None takes a claim away."""
    now = int(time.time())
    usual = {"iss": ISSUER, "sub": SUBJECT, "sid": "sess_1", "v": 2, "azp": PARTY}
    found = {**usual, "iat": now, "nbf": now - 10, "exp": now + 60, **changes}
    return {name: value for name, value in found.items() if value is not None}


def token(kid: str = "first", *, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """Signed with the key `kid`, whatever `headers` say of it."""
    return jwt.encode(claims(**changes), private_key(kid), "RS256", headers={"kid": kid, **(headers or {})})


class ClerkServer:
    """`with ClerkServer() as clerk: settings.CLERK_JWKS_URL = clerk.url`. Serves the key `first` until told other."""

    def __init__(self) -> None:
        self.requests = 0
        self.reset()

    def reset(self) -> None:
        self.requests = 0
        self.status = 200
        self.serve("first")
        self.go_on = threading.Event()
        self.go_on.set()
        self.asked = threading.Event()

    def serve(self, *kids: str) -> None:
        self.serve_entries(*map(jwk, kids))

    def serve_entries(self, *entries: Any) -> None:
        self.body = json.dumps({"keys": entries}).encode()

    def hold(self) -> None:
        """Requests that come from now on are answered when `go_on` is set; `asked` says that one has come."""
        self.go_on.clear()
        self.asked.clear()

    def __enter__(self) -> Self:
        clerk = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                clerk._answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/.well-known/jwks.json"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests += 1
        self.asked.set()
        self.go_on.wait(PATIENCE)
        handler.send_response(self.status)
        handler.send_header("Content-Length", str(len(self.body)))
        handler.end_headers()
        handler.wfile.write(self.body)
