import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from integrations.fasttrack import BonusPayload, CustomPayload, PayloadInvalid, check_free_data
from integrations.tests.outbox_helpers import AT, GRANT, bonus_fields

REQUIRED = (
    "amount",
    "bonus_id",
    "currency",
    "exchange_rate",
    "origin",
    "product",
    "status",
    "timestamp",
    "type",
    "user_bonus_id",
    "user_id",
)


def custom_fields(**fields: Any) -> dict[str, Any]:
    return {
        "notification_type": "free_spins_issued",
        "user_id": "player-1",
        "origin": "brand-a",
        "timestamp": AT,
        "data": {"count": "20"},
        **fields,
    }


def test_leaves_out_what_is_absent() -> None:
    assert BonusPayload(**bonus_fields()).body() == (
        '{"amount":20.0,"bonus_id":"template-1","currency":"EUR","exchange_rate":1.0,"origin":"brand-a",'
        '"product":"Casino","status":"Created","timestamp":"2026-03-01T12:30:00Z","type":"WelcomeBonus",'
        f'"user_bonus_id":"{GRANT}","user_id":"player-1"}}'
    )


def test_has_every_field_of_a_bonus_event() -> None:
    optional = {
        "bonus_code": "WELCOME100",
        "bonus_turned_real": 7.5,
        "locked_amount": 0,
        "meta": {"campaign_id": "c", "nothing": None, "list": [1, {"x": "ü"}]},
        "required_wagering_amount": 600.0,
        "fasttrack_references": {"id": "1", "trigger_hash": "h"},
    }
    body = json.loads(BonusPayload(**bonus_fields(**optional)).body())
    assert body == {**bonus_fields(**optional), "timestamp": "2026-03-01T12:30:00Z"}
    assert isinstance(body["locked_amount"], float)


def test_writes_the_moment_in_utc() -> None:
    at = datetime(2026, 3, 1, 12, 30, 0, 120_000, tzinfo=timezone(timedelta(hours=2)))
    assert json.loads(BonusPayload(**bonus_fields(timestamp=at)).body())["timestamp"] == "2026-03-01T10:30:00.120000Z"


@pytest.mark.parametrize("name", REQUIRED)
def test_refuses_a_bonus_without_a_required_field(name: str) -> None:
    fields = bonus_fields()
    del fields[name]
    with pytest.raises(PayloadInvalid) as refused:
        BonusPayload(**fields)
    assert list(refused.value.details) == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", -0.01),
        ("amount", "20"),
        ("amount", True),
        ("amount", float("nan")),
        ("amount", float("inf")),
        ("exchange_rate", 0),
        ("currency", "eur"),
        ("currency", ""),
        ("product", "Bingo"),
        ("status", "Cancelled"),
        ("type", "deposit_match"),
        ("timestamp", datetime(2026, 3, 1)),  # noqa: DTZ001  what is refused
        ("timestamp", "2026-03-01T12:30:00Z"),
        ("user_id", ""),
        ("user_id", 17),
        ("origin", ""),
        ("extra", 1),
    ],
)
def test_refuses_what_fast_track_would_not_understand(name: str, value: object) -> None:
    with pytest.raises(PayloadInvalid) as refused:
        BonusPayload(**bonus_fields(**{name: value}))
    assert list(refused.value.details) == [name]


@pytest.mark.parametrize(
    "key",
    [
        "override_blocked",
        "overrideExcluded",
        "ignore-blocked",
        "IGNORE_EXCLUDED",
        "blocked",
        "send_to_excluded",
        "failsafe",
    ],
)
@pytest.mark.parametrize("nesting", [lambda d: d, lambda d: {"a": d}, lambda d: {"a": [1, {"b": d}]}])
@pytest.mark.parametrize("field", ["meta", "fasttrack_references"])
def test_refuses_to_override_a_block_anywhere_in_a_bonus(field: str, key: str, nesting: Any) -> None:
    with pytest.raises(PayloadInvalid, match="override the block or exclusion"):
        BonusPayload(**bonus_fields(**{field: nesting({key: "true"})}))


@pytest.mark.parametrize("key", ["override_blocked", "override_excluded"])
def test_refuses_to_override_a_block_in_a_custom_event(key: str) -> None:
    with pytest.raises(PayloadInvalid) as refused:
        CustomPayload(**custom_fields(data={"count": "20", key: "true"}))
    assert list(refused.value.details) == [f"data.{key}"]


def test_takes_free_data_that_overrides_nothing() -> None:
    check_free_data({"blockchain": "tron", "unlock": 1, "reason": "blocked", "n": [None, 1.5]}, "meta")


def test_refuses_a_number_that_json_does_not_know() -> None:
    with pytest.raises(PayloadInvalid):
        BonusPayload(**bonus_fields(meta={"a": [float("nan")]}))


@pytest.mark.parametrize("meta", [{"a": 2**70}, {"a": "\ud800"}, {"a": {1, 2}}])
def test_refuses_what_can_not_be_json(meta: dict[str, Any]) -> None:
    with pytest.raises(PayloadInvalid):
        BonusPayload(**bonus_fields(meta=meta)).body()


def test_writes_a_custom_event() -> None:
    assert CustomPayload(**custom_fields()).body() == (
        '{"notification_type":"free_spins_issued","user_id":"player-1","origin":"brand-a",'
        '"timestamp":"2026-03-01T12:30:00Z","data":{"count":"20"}}'
    )


@pytest.mark.parametrize("data", [{"count": 20}, {"count": None}, {"count": {"a": "b"}}, None])
def test_a_custom_event_has_string_values_only(data: object) -> None:
    with pytest.raises(PayloadInvalid):
        CustomPayload(**custom_fields(data=data))
