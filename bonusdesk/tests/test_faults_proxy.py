import contextlib
import datetime
import ipaddress
import queue
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scripts.faults.proxy import Proxy

SECONDS = 5.0
SHORTLY = 0.2


class Echo:
    """Answers each chunk with itself, upper-cased, and keeps what it got."""

    def __init__(self) -> None:
        self.got: queue.Queue[bytes] = queue.Queue()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.listener.accept()
                threading.Thread(target=self._answer, args=(peer,), daemon=True).start()

    def _answer(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError), peer:
            while chunk := peer.recv(65_536):
                self.got.put(chunk)
                peer.sendall(chunk.upper())

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy(echo.address) as proxy:
        yield proxy


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), SECONDS)


def test_forwards_both_ways_and_the_end(proxy: Proxy) -> None:
    with connect(proxy) as client:
        sent = b"a" * 3_000_000

        def send() -> None:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)

        threading.Thread(target=send, daemon=True).start()
        with client.makefile("rb") as answers:
            assert answers.read() == sent.upper()


def test_cut_resets_and_refuses_until_resumed(proxy: Proxy) -> None:
    with connect(proxy) as client:
        client.sendall(b"one")
        assert client.recv(10) == b"ONE"
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            client.recv(10)
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    proxy.resume()
    with connect(proxy) as client:
        client.sendall(b"two")
        assert client.recv(10) == b"TWO"


def test_a_stalled_connection_goes_on_where_it_was(proxy: Proxy, echo: Echo) -> None:
    with connect(proxy) as client:
        proxy.stall()
        client.sendall(b"one")
        client.settimeout(SHORTLY)
        with pytest.raises(TimeoutError):
            client.recv(10)
        assert echo.got.empty()
        proxy.resume()
        client.settimeout(SECONDS)
        assert client.recv(10) == b"ONE"


def test_stalled_answers_are_kept_while_requests_pass(proxy: Proxy, echo: Echo) -> None:
    with connect(proxy) as client:
        proxy.stall_answers()
        client.sendall(b"one")
        assert echo.got.get(timeout=SECONDS) == b"one"
        client.settimeout(SHORTLY)
        with pytest.raises(TimeoutError):
            client.recv(10)
        proxy.resume()
        client.settimeout(SECONDS)
        assert client.recv(10) == b"ONE"


def test_answers_are_lost_from_a_certain_request_on(proxy: Proxy, echo: Echo) -> None:
    proxy.stall_answers_after(b"commit")
    with connect(proxy) as client:
        client.sendall(b"begin")
        assert client.recv(10) == b"BEGIN"
        assert echo.got.get() == b"begin"
        assert not proxy.tripped.is_set()
        client.sendall(b"commit")
        assert proxy.tripped.wait(SECONDS)
        assert echo.got.get(timeout=SECONDS) == b"commit"
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            client.recv(10)


def test_requests_are_held_from_a_certain_one_on(proxy: Proxy, echo: Echo) -> None:
    proxy.stall_requests_from(b"commit")
    with connect(proxy) as client:
        client.sendall(b"begin")
        assert client.recv(10) == b"BEGIN"
        assert echo.got.get() == b"begin"
        client.sendall(b"commit")
        assert proxy.tripped.wait(SECONDS)
        client.settimeout(SHORTLY)
        with pytest.raises(TimeoutError):
            client.recv(10)
        assert echo.got.empty()
        proxy.resume()
        client.settimeout(SECONDS)
        assert client.recv(10) == b"COMMIT"


def test_answers_pass_while_requests_are_held(proxy: Proxy, echo: Echo) -> None:
    with connect(proxy) as client:
        proxy.stall_answers()
        client.sendall(b"one")
        assert echo.got.get(timeout=SECONDS) == b"one"
        proxy.stall_requests()
        client.sendall(b"two")
        assert client.recv(10) == b"ONE"
        client.settimeout(SHORTLY)
        with pytest.raises(TimeoutError):
            client.recv(10)
        assert echo.got.empty()


def test_a_target_that_is_away_looks_cut(echo: Echo) -> None:
    echo.close()
    with Proxy(echo.address) as proxy, pytest.raises(ConnectionResetError), connect(proxy) as client:
        client.recv(10)


def test_close_leaves_no_thread_and_no_connection(echo: Echo) -> None:
    proxy = Proxy(echo.address)
    with connect(proxy) as client:
        client.sendall(b"one")
        assert client.recv(10) == b"ONE"
        proxy.stall()
        client.sendall(b"two")
        proxy.close()
        with pytest.raises(ConnectionResetError):
            client.recv(10)
    assert f"proxy-{proxy.port}" not in [thread.name for thread in threading.enumerate()]


def certificate(folder: Path) -> tuple[str, str]:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(private)
    return str(folder / "certificate.pem"), str(folder / "key.pem")


def test_speaks_tls_to_the_client_alone(echo: Echo, tmp_path: Path) -> None:
    files = certificate(tmp_path)
    context = ssl.create_default_context(cafile=files[0])
    with (
        Proxy(echo.address, tls=files) as proxy,
        connect(proxy) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as client,
    ):
        client.sendall(b"one")
        assert client.recv(10) == b"ONE"
        proxy.cut()
        # The reset is told by some versions of OpenSSL, and an end by others.
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(10) == b""
