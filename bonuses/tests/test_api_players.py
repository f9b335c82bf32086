import uuid
from typing import Any

import pytest

from bonuses.models import Player
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import PlayerFactory

pytestmark = pytest.mark.django_db

NEW = {"external_id": "p-1", "currency": "EUR", "origin": "acme"}


def data(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json()["data"]


def refused(response: Any, status: int, code: str) -> Any:
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code), error
    return error.get("details", {})


def shown(player: Player) -> dict[str, Any]:
    return {name: getattr(player, name) for name in ("currency", "origin", "status", "country", "net_loss")}


def test_identify_makes_then_updates(api: ApiClient) -> None:
    made = data(api.post("players/identify", NEW), 201)
    times = {name: made.pop(name) for name in ("created_at", "updated_at")}
    assert made == {
        **NEW,
        "id": made["id"],
        "status": "active",
        "country": None,
        "total_deposited": 0,
        "net_loss": 0,
        "attributes": {},
    }
    change = {"country": "DE", "net_loss": -5, "total_deposited": 100, "attributes": {"vip": True}, "status": "banned"}
    updated = data(api.post("players/identify", {"external_id": "p-1", **change}), 200)
    assert updated.pop("created_at") == times["created_at"]
    assert updated.pop("updated_at") > times["updated_at"]
    assert updated == {**made, **change}
    assert Player.objects.count() == 1


def test_absent_and_null_fields_stay(api: ApiClient) -> None:
    made = data(api.post("players/identify", {**NEW, "attributes": {"vip": 1}, "country": "DE", "net_loss": 7}), 201)
    same = data(api.post("players/identify", {"external_id": "p-1", "net_loss": None, "currency": None}), 200)
    made.pop("updated_at")
    same.pop("updated_at")
    assert same == made
    assert data(api.post("players/identify", {"external_id": "p-1", "country": None}), 200)["country"] is None


@pytest.mark.parametrize("missing", ["currency", "origin"])
def test_new_player_needs_currency_and_origin(api: ApiClient, missing: str) -> None:
    body = {name: value for name, value in NEW.items() if name != missing}
    assert list(refused(api.post("players/identify", body), 422, "VALIDATION_ERROR")) == [missing]
    assert Player.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("external_id", ""),
        ("external_id", 5),
        ("external_id", "x" * 201),
        ("currency", "eur"),
        ("currency", "XXX"),
        ("currency", 978),
        ("origin", ""),
        ("origin", "x" * 201),
        ("status", "gone"),
        ("country", "de"),
        ("country", "DEU"),
        ("country", "DE\n"),
        ("total_deposited", -1),
        ("total_deposited", "5"),
        ("total_deposited", 2**53),
        ("net_loss", 1.5),
        ("net_loss", True),
        ("net_loss", -(2**53)),
        ("attributes", []),
        ("attributes", "x"),
        ("colour", "red"),
    ],
)
def test_bad_field_is_named_and_changes_nothing(api: ApiClient, field: str, value: Any) -> None:
    before = shown(PlayerFactory(external_id="p-1"))
    body = {**NEW, "country": "AT", field: value}
    assert list(refused(api.post("players/identify", body), 422, "VALIDATION_ERROR")) == [field]
    assert shown(Player.objects.get()) == before


def test_batch_has_one_result_a_row_and_goes_on_after_a_bad_one(api: ApiClient) -> None:
    old = PlayerFactory(external_id="old")
    rows = [
        {"external_id": "old", "country": "AT"},
        {"external_id": "new", "origin": "acme"},
        {"external_id": "new", "currency": "EUR", "origin": "acme"},
        {"external_id": "new", "status": "banned"},
        {"external_id": "old", "country": "CH", "currency": "CHF"},
        {"external_id": "bad", "colour": "red"},
        "not an object",
    ]
    results = data(api.post("players/identify/batch", {"players": rows}))
    new = Player.objects.get(external_id="new")
    old.refresh_from_db()
    assert [row["result"] for row in results] == ["updated", "error", "created", "updated", "updated", "error", "error"]
    assert [row["external_id"] for row in results] == ["old", "new", "new", "new", "old", "bad", None]
    assert [row.get("id") for row in results] == [str(old.pk), None, str(new.pk), str(new.pk), str(old.pk), None, None]
    assert [row.get("error", {}).get("details") for row in results if row["result"] == "error"] == [
        {"currency": "This field is required for a new player."},
        {"colour": "Unknown field."},
        {"body": "Must be an object."},
    ]
    assert (old.country, old.currency, new.status) == ("CH", "CHF", "banned")
    assert Player.objects.count() == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"players": None},
        {"players": {}},
        {"players": [NEW] * 1001},
        {"players": [NEW], "force": True},
    ],
)
def test_bad_batch_changes_nothing(api: ApiClient, body: dict[str, Any]) -> None:
    refused(api.post("players/identify/batch", body), 422, "VALIDATION_ERROR")
    assert Player.objects.count() == 0


def test_largest_batch(api: ApiClient) -> None:
    rows = [{**NEW, "external_id": f"p-{n}"} for n in range(1000)]
    assert {row["result"] for row in data(api.post("players/identify/batch", {"players": rows}))} == {"created"}
    assert {row["result"] for row in data(api.post("players/identify/batch", {"players": rows}))} == {"updated"}
    assert Player.objects.count() == 1000


def test_empty_batch(api: ApiClient) -> None:
    assert data(api.post("players/identify/batch", {"players": []})) == []


def test_filters(api: ApiClient) -> None:
    player = PlayerFactory(external_id="needle", status="banned", origin="other")
    PlayerFactory()
    for query in ({"external_id": "needle"}, {"status": "banned"}, {"origin": "other"}):
        assert [row["id"] for row in data(api.get("players", **query))] == [str(player.pk)]
    assert data(api.get("players", external_id="need")) == []
    for query in ({"status": "gone"}, {"external_id": "a\x00"}, {"origin": "\x00"}):
        assert list(refused(api.get("players", **query), 422, "VALIDATION_ERROR")) == list(query)


def test_one_player(api: ApiClient) -> None:
    player = PlayerFactory()
    assert data(api.get(f"players/{player.pk}"))["external_id"] == player.external_id
    for pk in (uuid.uuid4(), "x", player.external_id):
        refused(api.get(f"players/{pk}"), 404, "PLAYER_NOT_FOUND")
