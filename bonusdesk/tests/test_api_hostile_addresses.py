"""Addresses, methods and headers that no honest client sends: refused in the one shape, and nothing is changed."""

from typing import Any

import pytest
from django.test import Client

from bonusdesk.tests.refusals import everything, refused
from bonuses.models import Player
from bonuses.tests.api_client import SECRET, ApiClient
from bonuses.tests.factories import GrantFactory, PlayerFactory, TemplateFactory

pytestmark = pytest.mark.django_db

LISTS = ["bonus-templates", "bonus-grants", "players"]
ROW = {"external_id": "a", "currency": "EUR", "origin": "acme"}


def raw_get(path: str) -> Any:
    """The address as it is written: nothing is quoted or put in order."""
    return Client(raise_request_exception=False).get(f"/v1/{path}", headers={"X-Internal-Secret": SECRET})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("external_id=%00", "external_id"),
        ("origin=a%00b", "origin"),
        ("status=%00", "status"),
        ("limit=%00", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("limit=0x10", "limit"),
        ("limit=1_0", "limit"),
        ("limit=1.0", "limit"),
        ("limit=%2B1", "limit"),
        ("limit=NaN", "limit"),
        ("limit=true", "limit"),
        ("limit=1,2", "limit"),
        ("limit=1&limit=2", "limit"),
        ("limit=1&limit=1", "limit"),
        ("status=active&status=banned", "status"),
        ("cursor=&cursor=", "cursor"),
        ("external_id=%ED%A0%80", "query"),
        ("external_id=%FF", "query"),
        ("external_id=%C0%80", "query"),
        ("%FF=1", "query"),
    ],
)
def test_query_that_can_not_be_used(api: ApiClient, query: str, field: str) -> None:
    assert list(refused(raw_get(f"players?{query}"), 422, "VALIDATION_ERROR")) == [field]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("q=%00", "q"),
        ("type=%00", "type"),
        ("product=casino", "product"),
        ("status=Active", "status"),
        ("status=active%0A", "status"),
    ],
)
def test_template_filter_that_can_not_be_used(api: ApiClient, query: str, field: str) -> None:
    assert list(refused(raw_get(f"bonus-templates?{query}"), 422, "VALIDATION_ERROR")) == [field]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("player_external_id=%00", "player_external_id"),
        ("platform_bonus_id=%00", "platform_bonus_id"),
        ("player_id=%00", "player_id"),
        ("player_id=%7B00000000-0000-7000-8000-000000000000%7D", "player_id"),
        ("template_id=" + "0" * 5000, "template_id"),
        ("campaign_id=null", "campaign_id"),
        ("granted_by_kind=API", "granted_by_kind"),
        ("created_after=now", "created_after"),
        ("created_after=2025-01-31T12:00:00", "created_after"),
        ("created_after=2025-01-31T12:00:00%00Z", "created_after"),
        ("created_after=0001-01-01T00:00:00%2B14:00", "created_after"),
        ("created_before=9999-12-31T23:59:59-14:00", "created_before"),
        ("created_before=10000-01-01T00:00:00Z", "created_before"),
        ("created_before=2025-02-30T12:00:00Z", "created_before"),
        ("created_before=1e400", "created_before"),
    ],
)
def test_grant_filter_that_can_not_be_used(api: ApiClient, query: str, field: str) -> None:
    assert list(refused(raw_get(f"bonus-grants?{query}"), 422, "VALIDATION_ERROR")) == [field]


@pytest.mark.parametrize(
    "query",
    ["external_id=" + "x" * 100_000, "limit[]=1", "limit%5B0%5D=1", "status[eq]=banned", "_method=DELETE&x=;&&"],
)
def test_query_that_is_only_odd(api: ApiClient, query: str) -> None:
    PlayerFactory()
    found = raw_get(f"players?{query}")
    assert (found.status_code, found.json()["meta"]["count"]) == (200, 0 if query.startswith("external_id") else 1)


def test_more_query_fields_than_anybody_needs(api: ApiClient) -> None:
    refused(raw_get("players?" + "a=1&" * 1001), 400, "BAD_REQUEST")


@pytest.mark.parametrize("path", LISTS)
def test_cursor_that_was_tampered_with(api: ApiClient, path: str) -> None:
    """Cut short, without its signature, with that of another payload, or made for another list."""
    for make in (TemplateFactory, GrantFactory, GrantFactory):
        make()
    cursors = {name: api.get(name, limit=1).json()["meta"]["next_cursor"] for name in LISTS}
    mine = cursors.pop(path)
    payload, _, signature = mine.rpartition(":")
    forged = [mine[:-1], mine[1:], payload, signature, f"{payload}:", f":{signature}", f"{payload}:{signature[::-1]}"]
    for cursor in [*forged, *cursors.values(), mine + "\x00", mine + "\n", f"{mine}:{signature}", mine.upper()]:
        refused(api.get(path, cursor=cursor), 400, "INVALID_CURSOR")
    assert api.get(path, cursor=mine).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/players",
        "players/",
        "players//",
        "players//identify",
        "players/%2e%2e/bonus-grants",
        "players/../bonus-grants",
        "..%2fadmin/",
        "%2e%2e/%2e%2e/etc/passwd",
        "players/x%2Fy",
        "players%0a",
        "players%20",
        "players;a=b",
        "players.json",
        "Players",
        "a" * 5000,
        "\xff",
        "%ED%A0%80",
        "%C0%AE%C0%AE/players",
        "adapters/acm%C3%A9/webhooks/bonus-events",
        "adapters/acme%00/webhooks/bonus-events",
    ],
)
def test_address_that_is_none(api: ApiClient, path: str) -> None:
    refused(raw_get(path), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    "text", ["%00", "%FF", "%ED%A0%80", "%0d%0aX-Evil:1", "9" * 5000, "%7B{}%7D", "{}%0a", "%20{}", "urn:uuid:{}", "-1"]
)
def test_id_that_is_none(api: ApiClient, text: str) -> None:
    player = PlayerFactory()
    before = everything()
    path = text.format(player.pk)
    response = raw_get(f"players/{path}")
    refused(response, 404, "PLAYER_NOT_FOUND")
    assert "X-Evil" not in response
    refused(raw_get(f"bonus-templates/{path}"), 404, "BONUS_TEMPLATE_NOT_FOUND")
    refused(api.send("POST", f"bonus-grants/{path}/cancel"), 404, "NOT_FOUND")
    assert everything() == before


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
@pytest.mark.parametrize("method", ["DELETE", "PATCH", "GET"])
def test_method_is_not_overridden(api: ApiClient, header: str, method: str) -> None:
    template = TemplateFactory()
    before = everything()
    refused(api.post(f"bonus-templates/{template.pk}", {"name": "B"}, {header: method}), 405, "METHOD_NOT_ALLOWED")
    assert api.get(f"bonus-templates/{template.pk}", {header: method}).json()["data"]["id"] == str(template.pk)
    assert everything() == before


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_method_is_not_overridden_by_a_form(api: ApiClient, content_type: str) -> None:
    template = TemplateFactory()
    before = everything()
    form = b"_method=DELETE"
    if "multipart" in content_type:
        form = b'--b\r\nContent-Disposition: form-data; name="_method"\r\n\r\nDELETE\r\n--b--\r\n'
    for method, path, status, code in (
        ("POST", f"bonus-templates/{template.pk}", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "bonus-templates", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("PATCH", f"bonus-templates/{template.pk}", 415, "UNSUPPORTED_MEDIA_TYPE"),
    ):
        refused(api.send(method, f"{path}?_method=DELETE", form, content_type), status, code)
    assert everything() == before


@pytest.mark.parametrize(
    "path", [*LISTS, "players/identify", "bonus-grants/x/cancel", "adapters/x/webhooks/bonus-events"]
)
@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT", "PUT", "PROPFIND", "get", "X" * 1000, "M-SEARCH"])
def test_methods_that_no_address_knows(api: ApiClient, path: str, method: str) -> None:
    if method == "get":
        method = "GETS"
    response = api.send(method, path)
    refused(response, 405, "METHOD_NOT_ALLOWED")
    assert method not in response["Allow"].split(", ")


@pytest.mark.parametrize("path", LISTS)
def test_head_is_get_without_the_body(api: ApiClient, path: str) -> None:
    response = api.send("HEAD", path)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("value", ["\x00", "\xff", "a" * 100_000, "%s%n", "' OR 1=1 --", "Ã¼"])
def test_credentials_of_any_kind_of_text(api: ApiClient, value: str) -> None:
    for headers in ({"X-Internal-Secret": value}, {"Authorization": f"Bearer {value}"}, {"Authorization": value}):
        api.headers = headers
        refused(api.post("players/identify", ROW), 401, "UNAUTHENTICATED")
    assert Player.objects.count() == 0


@pytest.mark.parametrize("key", ["", "k" * 256, "\x00", "a\x00b"])
def test_idempotency_key_that_is_none(api: ApiClient, key: str) -> None:
    details = refused(api.post("players/identify", ROW, {"Idempotency-Key": key}), 422, "VALIDATION_ERROR")
    assert list(details) == ["Idempotency-Key"]
    assert Player.objects.count() == 0


@pytest.mark.parametrize("key", ["k" * 255, " ", "\xff", "\x7f", "' OR 1=1 --", "../..", "%00", "null"])
def test_idempotency_key_that_is_only_odd(api: ApiClient, key: str) -> None:
    made = api.post("players/identify", ROW, {"Idempotency-Key": key})
    again = api.post("players/identify", ROW, {"Idempotency-Key": key})
    assert (made.status_code, again.status_code, again["Idempotent-Replayed"]) == (201, 201, "true")
    assert again.json() == made.json()
