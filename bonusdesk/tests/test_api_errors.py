"""Errors that are about the request itself, whatever it asks for."""

import inspect
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from bonusdesk.api.errors import STATUS
from bonuses.api.players import PlayerViewSet
from bonuses.models import BonusTemplate, Player
from bonuses.tests.api_client import SECRET, ApiClient
from integrations.errors import DomainError

pytestmark = pytest.mark.django_db

MIB = 1024 * 1024


def code(response: Any) -> str:
    body = response.json()
    assert set(body) == {"error"}
    assert {"code", "message"} <= set(body["error"]) <= {"code", "message", "details"}
    assert body["error"].get("details") != {}
    return str(body["error"]["code"])


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/bonus-grants/", "/v1/a/b/c.json", "/v1/%00"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PURGE"])
def test_unknown_address(settings: Settings, debug: bool, path: str, method: str) -> None:
    settings.DEBUG = debug
    response = Client().generic(method, path)
    assert response.status_code == 404
    assert response["Content-Type"] == "application/json"
    assert code(response) == "NOT_FOUND"


@pytest.mark.parametrize("debug", [False, True])
def test_bad_host_is_answered_in_the_one_shape(settings: Settings, debug: bool) -> None:
    settings.DEBUG = debug
    response = Client(raise_request_exception=False).get("/v1/players", headers={"Host": "evil.example"})
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("debug", [False, True])
def test_crash_tells_nothing(settings: Settings, api: ApiClient, monkeypatch: pytest.MonkeyPatch, debug: bool) -> None:
    settings.DEBUG = debug

    def crash(*args: Any) -> None:
        raise RuntimeError("the inner workings")

    monkeypatch.setattr(PlayerViewSet, "list", crash)
    response = api.get("players")
    assert (response.status_code, code(response)) == (500, "INTERNAL_ERROR")
    assert b"inner workings" not in response.content
    assert b"Traceback" not in response.content


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "bonus-templates"),
        ("DELETE", "bonus-templates"),
        ("PUT", "bonus-templates/x"),
        ("PATCH", "bonus-grants/x"),
        ("DELETE", "bonus-grants/x"),
        ("GET", "bonus-grants/x/cancel"),
        ("POST", "bonus-grants/x/transitions"),
        ("POST", "players"),
        ("GET", "players/identify"),
        ("PURGE", "players"),
        ("OPTIONS", "players"),
    ],
)
def test_method_not_allowed(api: ApiClient, method: str, path: str) -> None:
    response = api.send(method, path)
    assert (response.status_code, code(response)) == (405, "METHOD_NOT_ALLOWED")
    assert method not in response["Allow"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"1",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": 1} x',
        b'{"a": "\xff"}',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": "\x01"}',
        b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_unreadable_body(api: ApiClient, body: bytes) -> None:
    response = api.send("POST", "bonus-templates", body)
    assert (response.status_code, code(response)) == (400, "INVALID_JSON")
    assert BonusTemplate.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"external_id": "a\\u0000"}', "external_id"),
        (b'{"external_id": "a\\ud800"}', "external_id"),
        (b'{"attributes": {"deep": [1, "\\udfff"]}}', "attributes.deep.1"),
        (b'{"attributes": {"big": 9007199254740992}}', "attributes.big"),
        (b'{"attributes": {"big": -9007199254740992}}', "attributes.big"),
        (b'{"attributes": {"big": 1e400}}', "attributes.big"),
    ],
)
def test_what_could_not_be_given_back_as_it_came_is_refused(api: ApiClient, body: bytes, path: str) -> None:
    response = api.send("POST", "players/identify", body)
    assert (response.status_code, code(response)) == (422, "VALIDATION_ERROR")
    assert list(response.json()["error"]["details"]) == [path]
    assert Player.objects.count() == 0


def test_key_that_can_not_be_stored(api: ApiClient) -> None:
    response = api.send("POST", "players/identify", b'{"external_id": "a", "attributes": {"\\u0000": 1}}')
    assert (response.status_code, code(response)) == (422, "VALIDATION_ERROR")
    assert Player.objects.count() == 0


def test_whole_surrogate_pairs_are_text(api: ApiClient) -> None:
    body = b'{"external_id": "\\ud83c\\udf81", "currency": "EUR", "origin": "acme"}'
    assert api.send("POST", "players/identify", body).json()["data"]["external_id"] == "🎁"


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""])
@pytest.mark.parametrize("body", [b"", b'{"external_id": "a", "currency": "EUR", "origin": "acme"}'])
def test_only_json_is_read(api: ApiClient, content_type: str, body: bytes) -> None:
    response = api.send("POST", "players/identify", body, content_type)
    if body or content_type:
        assert (response.status_code, code(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    else:
        assert (response.status_code, code(response)) == (400, "INVALID_JSON")
    assert Player.objects.count() == 0


def test_charset_parameter_does_no_harm(api: ApiClient) -> None:
    body = b'{"external_id": "a", "currency": "EUR", "origin": "acme"}'
    assert api.send("POST", "players/identify", body, "application/json; charset=utf-8").status_code == 201


def padded(body: bytes, size: int) -> bytes:
    return body + b" " * (size - len(body))


ROW = b'{"external_id": "a", "currency": "EUR", "origin": "acme"}'


@pytest.mark.parametrize(
    ("path", "body", "limit", "status"),
    [
        ("players/identify", ROW, MIB, 201),
        ("players/identify/batch", b'{"players": [' + ROW + b"]}", 4 * MIB, 200),
    ],
)
def test_size_of_a_body(api: ApiClient, path: str, body: bytes, limit: int, status: int) -> None:
    response = api.send("POST", path, padded(body, limit + 1))
    assert (response.status_code, code(response)) == (413, "PAYLOAD_TOO_LARGE")
    assert Player.objects.count() == 0
    assert api.send("POST", path, padded(body, limit)).status_code == status


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=0.1", "nonsense"])
def test_answers_are_json_whatever_is_accepted(api: ApiClient, accept: str) -> None:
    response = api.get("players", headers={"Accept": accept}, format="html")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"


def test_get_needs_no_content_type(api: ApiClient) -> None:
    response = Client().get("/v1/players", headers={"X-Internal-Secret": SECRET, "Content-Type": "text/plain"})
    assert response.json() == {"data": [], "meta": {"count": 0, "next_cursor": None}}


def subclasses(kind: type[DomainError]) -> set[type[DomainError]]:
    return {kind}.union(*(subclasses(inner) for inner in kind.__subclasses__()))


def test_every_domain_error_that_a_view_can_meet_has_a_status() -> None:
    ours = {
        error
        for error in subclasses(DomainError)
        if inspect.getmodule(error).__name__.startswith(("bonuses.", "campaigns.", "bonusdesk.api."))
    }
    assert {error.code for error in ours} <= set(STATUS)
