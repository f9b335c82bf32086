"""Bodies that no honest client sends: each is refused in the one shape, and changes nothing."""

import json

import pytest

from bonusdesk.api.parsers import load
from bonusdesk.tests.refusals import everything, refused
from bonuses.models import BonusTemplate, Player
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import CONFIGS, TemplateFactory

pytestmark = pytest.mark.django_db

ROW = {"external_id": "a", "currency": "EUR", "origin": "acme"}
TEMPLATE = {"name": "A", "type": "no_deposit", "config": CONFIGS["no_deposit"]}

CONTENT_TYPES = [
    "application/json/x",
    "application/jsonp",
    "application/json5",
    "application/x-json",
    "application/merge-patch+json",
    "application/problem+json",
    "application/vnd.api+json",
    "text/json",
    "application/x-www-form-urlencoded",
    "json",
    ";charset=utf-8",
    "*/json",
    "*/*",
    "text/*",
    "application/json,text/plain",
    "x" * 100_000,
]


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_type_that_only_looks_like_json(api: ApiClient, method: str, content_type: str) -> None:
    path = "players/identify" if method == "POST" else f"bonus-templates/{TemplateFactory().pk}"
    before = everything()
    body = json.dumps(ROW if method == "POST" else {"name": "B"}).encode()
    refused(api.send(method, path, body, content_type), 415, "UNSUPPORTED_MEDIA_TYPE")
    assert everything() == before


@pytest.mark.parametrize("content_type", ["APPLICATION/JSON", "application/json;", "application/json ; x=y"])
def test_type_that_is_json(api: ApiClient, content_type: str) -> None:
    assert api.send("POST", "players/identify", json.dumps(ROW).encode(), content_type).status_code == 201


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("declared", [True, False])
def test_other_charsets_are_not_guessed(api: ApiClient, codec: str, declared: bool) -> None:
    body = '{"external_id": "ü", "currency": "EUR", "origin": "acme"}'.encode(codec)
    content_type = f"application/json; charset={codec}" if declared else "application/json"
    response = api.send("POST", "players/identify", body, content_type)
    refused(response, 400, "INVALID_JSON")
    assert Player.objects.count() == 0


@pytest.mark.parametrize(
    ("number", "field"),
    [
        ("9" * 4000, "total_deposited"),
        ("9223372036854775808", "total_deposited"),
        ("9007199254740992", "total_deposited"),
        ("1e400", "total_deposited"),
        ("-1e400", "net_loss"),
        ("1e15", "total_deposited"),
        ("1.0", "total_deposited"),
        ("-0.0", "net_loss"),
        ("1e-400", "net_loss"),
        ("true", "total_deposited"),
        ('"1"', "total_deposited"),
        ("[1]", "total_deposited"),
        ('{"$gt": 0}', "total_deposited"),
    ],
)
def test_number_that_is_no_amount(api: ApiClient, number: str, field: str) -> None:
    body = json.dumps(ROW)[:-1] + f', "{field}": {number}}}'
    assert list(refused(api.send("POST", "players/identify", body.encode()), 422, "VALIDATION_ERROR")) == [field]
    assert Player.objects.count() == 0


@pytest.mark.parametrize(
    "number", ["9" * 4301, "-" + "9" * 4301, "NaN", "-Infinity", "01", "1.", ".5", "+1", "0x1", "1_0"]
)
def test_number_that_is_no_json(api: ApiClient, number: str) -> None:
    body = json.dumps(ROW)[:-1] + f', "total_deposited": {number}}}'
    refused(api.send("POST", "players/identify", body.encode()), 400, "INVALID_JSON")
    assert Player.objects.count() == 0


@pytest.mark.parametrize("number", ["1e400", "9" * 4000, "-1", "1e-3", '"1"', "true", "null", "[]", "{}"])
def test_number_in_a_config(api: ApiClient, number: str) -> None:
    body = json.dumps(TEMPLATE).replace("1000", number).encode()
    code = "VALIDATION_ERROR" if len(number) > 4 and number != "1e-3" else "BONUS_CONFIG_INVALID"
    assert list(refused(api.send("POST", "bonus-templates", body), 422, code)) == ["config.amount"]
    assert BonusTemplate.objects.count() == 0


@pytest.mark.parametrize(
    "name", ["", " ", "a.b", "__proto__", "constructor", "id", "created_at", "revision_id", "é" * 1000]
)
def test_unknown_field_names(api: ApiClient, name: str) -> None:
    fields = refused(api.post("players/identify", {**ROW, name: 1}), 422, "VALIDATION_ERROR")
    assert list(fields) == [name or "body"]
    assert Player.objects.count() == 0


def test_the_same_key_twice_anywhere(api: ApiClient) -> None:
    for twice in ('"attributes": {"a": 1, "a": 1}', '"attributes": {"x": [{"a": 1, "\\u0061": 2}]}', '"origin": "b"'):
        body = json.dumps(ROW)[:-1] + f", {twice}}}"
        refused(api.send("POST", "players/identify", body.encode()), 400, "INVALID_JSON")
    assert Player.objects.count() == 0


def test_nesting_up_to_its_bound(api: ApiClient) -> None:
    """The body itself and `attributes` are the first two levels."""
    deepest = {**ROW, "attributes": {"x": json.loads("[" * 62 + "]" * 62)}}
    assert api.post("players/identify", deepest).json()["data"]["attributes"] == deepest["attributes"]
    too_deep = {**ROW, "external_id": "b", "attributes": {"x": json.loads("[" * 63 + "]" * 63)}}
    refused(api.post("players/identify", too_deep), 400, "INVALID_JSON")
    assert Player.objects.count() == 1


def test_many_values_under_a_long_key_stay_small() -> None:
    """Written out, the paths of these would take 60 GB."""
    key, many = "k" * 300_000, 200_000
    assert len(load(f'{{"{key}": [{",".join(["[]"] * many)}]}}'.encode())[key]) == many
