"""What only a socket can say, to gunicorn itself: bodies cut short, lengths that lie, odd charsets, two at once."""

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPResponse
from io import BytesIO
from typing import Any

import pytest

from bonusdesk.tests.refusals import envelope, everything
from bonuses.models import Player
from bonuses.tests.factories import AdapterFactory, GrantFactory
from conftest import url_of_database
from scripts.local_stack import Stack, free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("wire")]

SECRET = b"X-Internal-Secret: test-internal-secret"
IDENTIFY = b"/v1/players/identify"
ROW = b'{"external_id": "a", "currency": "EUR", "origin": "acme"}'
SECOND = ROW.replace(b'"a"', b'"b"')
CHUNKED = b"Transfer-Encoding: chunked"
CLOSE = b"Connection: close"


@pytest.fixture(scope="module")
def port(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """gunicorn on the test database, for all tests here."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "bonusdesk.tests.settings", "DATABASE_URL": url_of_database()}
    with Stack(tmp_path_factory.mktemp("wire"), env, web_port=free_port()) as stack:
        stack.start_web()
        stack.wait_for_web()
        yield stack.web_port


def request(method: bytes, path: bytes, *headers: bytes, body: bytes = b"", length: int | None = None) -> bytes:
    """`length` says other than the body's own; -1 says none."""
    lines = [b"%s %s HTTP/1.1" % (method, path), b"Host: 127.0.0.1", SECRET, *headers]
    if body and length != -1:
        lines.append(b"Content-Length: %d" % (len(body) if length is None else length))
    return b"\r\n".join([*lines, b"", body])


def post(path: bytes, body: bytes, *headers: bytes, length: int | None = None) -> bytes:
    return request(b"POST", path, b"Content-Type: application/json", CLOSE, *headers, body=body, length=length)


def get(path: bytes, *headers: bytes) -> bytes:
    return request(b"GET", path, CLOSE, *headers)


def talk(port: int, sent: bytes) -> bytes:
    """All that comes back until the server hangs up. We say that we have nothing more to send."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        with suppress(OSError):  # The server may have answered, and closed, before it was told everything.
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        while chunk := connection.recv(65536):
            received += chunk
    return received


class _Received:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def makefile(self, _mode: str) -> BytesIO:
        return BytesIO(self.raw)


def answer(raw: bytes) -> tuple[int, Any]:
    response = HTTPResponse(_Received(raw))
    response.begin()
    return response.status, json.loads(response.read() or b"null")


def refused(raw: bytes, status: int, code: str) -> None:
    found, body = answer(raw)
    assert found == status, body
    envelope(body, code)


@pytest.mark.parametrize("charset", [b"hex", b"rot13", b"undefined", b"utf-16", b"idna", b"latin-1", b"nonsense", b""])
def test_charset_does_not_decide_how_a_query_is_read(port: int, charset: bytes) -> None:
    declared = b"Content-Type: application/json; charset=" + charset
    assert answer(talk(port, get(b"/v1/players?limit=1&external_id=%C3%BC", declared)))[0] == 200
    refused(talk(port, get(b"/v1/players?limit=%C3%BC", declared)), 422, "VALIDATION_ERROR")
    refused(talk(port, get(b"/v1/players?" + b"a=1&" * 1001, declared)), 400, "BAD_REQUEST")


@pytest.mark.parametrize("parameter", [b"x*=bogus''%41", b"x*=undefined''%41", b"x*0*=?''"])
def test_type_that_can_not_be_read(port: int, parameter: bytes) -> None:
    declared = b"Content-Type: application/json; " + parameter
    assert answer(talk(port, get(b"/v1/players", declared)))[0] == 200
    refused(talk(port, request(b"POST", IDENTIFY, CLOSE, declared, body=ROW)), 415, "UNSUPPORTED_MEDIA_TYPE")
    assert Player.objects.count() == 0


@pytest.mark.parametrize("missing", [1, 100, 1024 * 1024 - len(ROW)])
def test_body_that_ends_early(port: int, missing: int) -> None:
    """Though what came is whole JSON."""
    refused(talk(port, post(IDENTIFY, ROW, length=len(ROW) + missing)), 400, "INVALID_JSON")
    assert Player.objects.count() == 0


def test_signed_body_that_ends_early(port: int) -> None:
    AdapterFactory()
    before = everything()
    path = b"/v1/adapters/acme/webhooks/bonus-events"
    refused(talk(port, post(path, b"{}", b"X-UCRM-Signature: 00", length=100)), 401, "FORBIDDEN")
    assert everything() == before


def test_body_that_goes_on_after_its_length(port: int) -> None:
    """The rest is no request."""
    received = talk(port, post(IDENTIFY, ROW + b'{"external_id": "b"}', length=len(ROW)))
    assert answer(received)[0] == 201
    assert re.findall(rb"HTTP/1.1 5", received) == []
    assert [player.external_id for player in Player.objects.all()] == ["a"]


@pytest.mark.parametrize("length", [b"-5", b"+5", b"abc", b"0x10", b"1_0", b"5, 6", b"9" * 5000, b""])
def test_length_that_is_no_number(port: int, length: bytes) -> None:
    received = talk(port, post(IDENTIFY, ROW, b"Content-Length: " + length, length=-1))
    assert received.startswith(b"HTTP/1.1 4")
    assert Player.objects.count() == 0


@pytest.mark.parametrize(
    "sent",
    [
        post(IDENTIFY, ROW, length=-1),
        post(IDENTIFY, b"%x\r\n%s\r\n0\r\n\r\n" % (len(ROW), ROW), CHUNKED, length=-1),
        post(IDENTIFY, b"zz\r\n", CHUNKED, length=-1),
    ],
)
def test_body_without_a_length(port: int, sent: bytes) -> None:
    refused(talk(port, sent), 400, "INVALID_JSON")
    assert Player.objects.count() == 0


@pytest.mark.parametrize("headers", [(CHUNKED, b"Content-Length: 4"), (b"Content-Length: 4", b"Content-Length: 5")])
def test_two_ways_to_say_how_long(port: int, headers: tuple[bytes, bytes]) -> None:
    received = talk(port, post(IDENTIFY, b"0\r\n\r\n" + post(IDENTIFY, ROW), *headers, length=-1))
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"400"]
    assert Player.objects.count() == 0


def test_reason_in_chunks_is_not_lost(port: int) -> None:
    """The body of a cancel may be absent, but not unread."""
    grant = GrantFactory()
    before = everything()
    path = f"/v1/bonus-grants/{grant.pk}/cancel".encode()
    body = b'{"reason": "mistake"}'
    sent = post(path, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), CHUNKED, length=-1)
    refused(talk(port, sent), 400, "INVALID_JSON")
    assert everything() == before


@pytest.mark.parametrize("path", [IDENTIFY, IDENTIFY + b"/batch", b"/v1/bonus-templates", b"/v1/bonus-grants"])
@pytest.mark.parametrize("length", [None, 10**18])
def test_body_of_five_megabytes(port: int, path: bytes, length: int | None) -> None:
    big = ROW + b" " * (5 * 1024 * 1024)
    refused(talk(port, post(path, big, length=length)), 413, "PAYLOAD_TOO_LARGE")
    assert Player.objects.count() == 0


def test_big_webhook(port: int) -> None:
    AdapterFactory()
    before = everything()
    sent = post(b"/v1/adapters/acme/webhooks/bonus-events", b"x" * (5 * 1024 * 1024))
    refused(talk(port, sent), 413, "PAYLOAD_TOO_LARGE")
    assert everything() == before


def test_big_body_of_a_stranger(port: int) -> None:
    sent = post(IDENTIFY, ROW + b" " * (5 * 1024 * 1024)).replace(SECRET, b"X-Internal-Secret: wrong")
    refused(talk(port, sent), 401, "UNAUTHENTICATED")


def test_continue_is_said(port: int) -> None:
    received = talk(port, post(IDENTIFY, ROW, b"Expect: 100-continue"))
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n")
    assert answer(received)[0] == 201


def test_two_requests_in_one_breath(port: int) -> None:
    first = post(IDENTIFY, ROW).replace(CLOSE, b"Connection: keep-alive")
    received = talk(port, first + post(IDENTIFY, SECOND))
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"201", b"201"]
    assert re.findall(rb'"external_id":"(.)"', received) == [b"a", b"b"]


def test_refused_request_does_not_spoil_the_next(port: int) -> None:
    first = post(IDENTIFY, b"x" * 500).replace(CLOSE, b"Connection: keep-alive")
    received = talk(port, first + post(IDENTIFY, SECOND))
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"400", b"201"]


@pytest.mark.parametrize("header", [b"X_Internal_Secret: test-internal-secret", b"X-Internal-Secret:", SECRET[:-1]])
def test_header_that_only_looks_like_ours(port: int, header: bytes) -> None:
    refused(talk(port, get(b"/v1/players").replace(SECRET, header)), 401, "UNAUTHENTICATED")


def test_the_right_secret_beside_a_wrong_one(port: int) -> None:
    refused(talk(port, get(b"/v1/players", b"X-Internal-Secret: wrong")), 401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    "sent",
    [
        get(b"/v1/players", b"X-Fasttrack-Id: a\x00b"),
        get(b"/v1/players", b"X-Folded: a\r\n b"),
        get(b"/v1/players", b"Host: elsewhere"),
        get(b"/v1/players", b"X-Long: " + b"a" * 100_000),
        get(b"/v1/players", *[b"X-%d: 1" % n for n in range(200)]),
        get(b"/v1/players?" + b"a" * 100_000),
        get(b"/v1\x00/players"),
        get(b"/v1/players").replace(b"HTTP/1.1", b"HTTP/9.9"),
        get(b"/v1/players").replace(b"GET", b"GE T"),
    ],
)
def test_what_is_not_even_http_gets_as_far_as_the_server(port: int, sent: bytes) -> None:
    assert talk(port, sent).startswith(b"HTTP/1.1 4")
