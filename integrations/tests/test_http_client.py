import datetime as dt
import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integrations import http
from integrations.http import HttpTrouble, Response
from integrations.tests.scripted_platform import (
    ScriptedPlatform,
    closed_port,
    drop,
    raw,
    reply,
    scripted_platform,
    silence,
    trickle,
)


@pytest.fixture
def peer() -> Iterator[ScriptedPlatform]:
    with scripted_platform() as platform:
        yield platform


def send(url: str, **changes: Any) -> Response:
    call: dict[str, Any] = {
        "headers": {},
        "body": b"",
        "connect_timeout": 5,
        "read_timeout": 5,
        "total_timeout": 5,
    }
    return http.send("POST", url, **{**call, **changes})


def test_request_goes_out_as_given_and_the_response_comes_back(peer: ScriptedPlatform) -> None:
    peer.will(reply(418, b"short and stout", headers={"X-Kind": "teapot"}))
    response = send(f"{peer.url}/brew?cup=1", headers={"X-One": "1"}, body=b"\x00leaves")
    assert (response.status, response.body, response.headers["x-kind"]) == (418, b"short and stout", "teapot")
    (seen,) = peer.requests
    assert (seen.method, seen.path, seen.body) == ("POST", "/brew?cup=1", b"\x00leaves")
    assert seen.headers["x-one"] == "1"
    assert seen.headers["accept-encoding"] == "identity"


def test_connection_is_kept_for_the_next_call(peer: ScriptedPlatform) -> None:
    peer.will(reply(200, b"a"), reply(200, b"b"))
    assert [send(peer.url).body, send(peer.url).body] == [b"a", b"b"]
    assert peer.connections == 1


def test_connection_that_the_peer_has_closed_is_not_used_again(peer: ScriptedPlatform) -> None:
    peer.will(reply(200, b"a", headers={"Connection": "close"}), reply(200, b"b"))
    assert [send(peer.url).body, send(peer.url).body] == [b"a", b"b"]
    assert peer.connections == 2


def test_connection_that_was_idle_for_long_is_not_trusted(
    peer: ScriptedPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MAX_IDLE_SECONDS", 0)
    peer.will(reply(200, b"a"), reply(200, b"b"))
    assert [send(peer.url).body, send(peer.url).body] == [b"a", b"b"]
    assert peer.connections == 2


def test_redirect_is_an_answer_like_any_other(peer: ScriptedPlatform) -> None:
    peer.will(reply(302, headers={"Location": f"{peer.url}/elsewhere"}))
    assert send(f"{peer.url}/here").status == 302
    assert [seen.path for seen in peer.requests] == ["/here"]


def test_body_of_just_the_allowed_length_is_read(peer: ScriptedPlatform) -> None:
    peer.will(reply(200, b"x" * 65536))
    assert len(send(peer.url).body) == 65536


@pytest.mark.parametrize("declared", [True, False])
def test_longer_body_is_not_read_to_its_end(peer: ScriptedPlatform, declared: bool) -> None:
    huge = b"x" * 10_000_000
    peer.will(reply(200, huge) if declared else raw(b"HTTP/1.1 200 OK\r\n\r\n" + huge))
    with pytest.raises(HttpTrouble, match="oversized") as caught:
        send(peer.url)
    assert caught.value.sent is True
    peer.will(reply(200, b"next"))
    assert send(peer.url).body == b"next"


def test_compressed_body_is_not_unpacked(peer: ScriptedPlatform) -> None:
    peer.will(reply(200, b"\x1f\x8b-not-really", headers={"Content-Encoding": "gzip"}))
    assert send(peer.url).body == b"\x1f\x8b-not-really"


def test_chunked_body_is_put_together(peer: ScriptedPlatform) -> None:
    peer.will(raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"))
    assert send(peer.url).body == b"abcde"


def test_refused_connection_sent_nothing() -> None:
    with pytest.raises(HttpTrouble, match="can't connect") as caught:
        send(f"http://127.0.0.1:{closed_port()}/")
    assert caught.value.sent is False


def test_unknown_name_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: object, **_kwargs: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(HttpTrouble, match="the name can't be resolved") as caught:
        send("http://platform.invalid/")
    assert caught.value.sent is False


def test_resolver_that_hangs_does_not_hold_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def hang(*_args: object, **_kwargs: object) -> list[Any]:
        answered.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(HttpTrouble, match="timed out while connecting") as caught:
        send("http://platform.invalid/", connect_timeout=0.05)
    assert caught.value.sent is False
    answered.set()


def test_peer_that_never_accepts_sent_nothing() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(0)
        address = sock.getsockname()
        # They fill the backlog, so that the next one's SYN stays unanswered.
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        with pytest.raises(HttpTrouble, match="timed out while connecting") as caught:
            send(f"http://127.0.0.1:{address[1]}/", connect_timeout=0.1)
        for filler in fillers:
            filler.close()
    assert caught.value.sent is False


@pytest.mark.parametrize(
    "script",
    [drop, raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"), raw(b"\x16\x03\x01 not http\r\n\r\n")],
    ids=["dropped", "cut short", "not HTTP"],
)
def test_broken_answer_may_have_had_an_effect(peer: ScriptedPlatform, script: Any) -> None:
    peer.will(script)
    with pytest.raises(HttpTrouble, match="broken connection") as caught:
        send(peer.url, body=b"order")
    assert caught.value.sent is True
    assert len(peer.requests) == 1


@pytest.mark.parametrize("limits", [{"read_timeout": 0.1}, {"total_timeout": 0.1}], ids=["read", "total"])
def test_silent_peer_is_given_up(peer: ScriptedPlatform, limits: dict[str, float]) -> None:
    peer.will(silence)
    with pytest.raises(HttpTrouble, match="timed out") as caught:
        send(peer.url, **limits)
    assert caught.value.sent is True


@pytest.mark.parametrize(
    "script",
    [
        trickle(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        trickle(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", b"x"),
        trickle(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        trickle(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
    ],
    ids=["1xx", "header", "body", "chunks", "until closed"],
)
def test_trickling_peer_cannot_outlast_the_total(peer: ScriptedPlatform, script: Any) -> None:
    """Each byte comes within the read time-out and there is no last one: only a real deadline ends this."""
    peer.will(script)
    with pytest.raises(HttpTrouble, match="timed out") as caught:
        send(peer.url, total_timeout=0.25)
    assert caught.value.sent is True


def test_peer_that_does_not_read_cannot_outlast_the_total() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(1)
        with pytest.raises(HttpTrouble, match="timed out") as caught:
            send(f"http://127.0.0.1:{sock.getsockname()[1]}/", body=b"x" * 20_000_000, total_timeout=0.25)
    assert caught.value.sent is True


def test_header_that_cannot_be_sent_is_not_quoted(peer: ScriptedPlatform) -> None:
    for token in ("secret\nInjected: 1", "s\u20acret"):
        with pytest.raises(HttpTrouble) as caught:
            send(peer.url, headers={"Authorization": f"Bearer {token}"})
        assert (caught.value.message, caught.value.sent) == ("the request can't be put on the wire", False)
        assert caught.value.__suppress_context__
    assert peer.requests == []


def test_forked_child_opens_its_own_connection(peer: ScriptedPlatform) -> None:
    peer.will(reply(200, b"parent"), reply(200, b"child"), reply(200, b"parent again"))
    assert send(peer.url).body == b"parent"
    child = os.fork()
    if child == 0:
        os._exit(0 if send(peer.url).body == b"child" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert send(peer.url).body == b"parent again"
    assert peer.connections == 2


def test_threads_that_call_first_share_what_one_of_them_makes(peer: ScriptedPlatform) -> None:
    http._Process.start_afresh()
    peer.will(*[reply(200)] * 8)
    start = threading.Barrier(8)

    def call(_: int) -> int:
        start.wait()
        send(peer.url)
        return id(http._pools())

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(call, range(8)))) == 1


def certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "platform")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "platform.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls_peer(tmp_path: Path) -> Iterator[tuple[ScriptedPlatform, Path]]:
    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with scripted_platform(tls=context) as platform:
        yield platform, pem
    http._Process.start_afresh()


def test_tls_to_a_trusted_peer(tls_peer: tuple[ScriptedPlatform, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    peer, pem = tls_peer
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    http._Process.start_afresh()
    peer.will(reply(200, b"private"), trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", b"x"))
    assert send(peer.url, body=b"x" * 100_000).body == b"private"
    assert len(peer.requests[0].body) == 100_000
    with pytest.raises(HttpTrouble, match="timed out"):
        send(peer.url, total_timeout=0.25)


def test_tls_to_an_untrusted_peer_sends_nothing(tls_peer: tuple[ScriptedPlatform, Path]) -> None:
    peer, _ = tls_peer
    http._Process.start_afresh()
    with pytest.raises(HttpTrouble, match="certificate is not trusted") as caught:
        send(peer.url, body=b"order")
    assert caught.value.sent is False
    assert peer.requests == []


def test_tls_handshake_that_hangs_sends_nothing() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(1)
        with pytest.raises(HttpTrouble, match="timed out") as caught:
            send(f"https://127.0.0.1:{sock.getsockname()[1]}/", connect_timeout=0.1)
    assert caught.value.sent is False
