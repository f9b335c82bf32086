import re
from typing import Any

import pytest

from bonuses.api.serializers import FasttrackType
from bonuses.models import BonusTemplate, TermsRevision
from bonuses.terms import FASTTRACK_TYPES
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import CONFIGS, GrantFactory, TemplateFactory

pytestmark = pytest.mark.django_db

WELCOME: dict[str, Any] = {
    "name": "Welcome 100% match",
    "type": "deposit_match",
    "config": {"match_percent": 100, "cap_amount": 20000, "currency": "EUR"},
    "wagering_requirement_multiplier": 30,
    "wagering_basis": "bonus_plus_deposit",
    "max_bet_during_wagering": 500,
    "time_limit_hours": 720,
    "max_grants_per_player": 1,
    "game_contribution": {"slots": 100, "table": 10, "live": 5, "default": 0},
    "max_win_cap": 100000,
}
DEFAULTS: dict[str, Any] = {
    "status": "active",
    "product": "Casino",
    "bonus_code": None,
    "wagering_requirement_multiplier": 0,
    "wagering_basis": "bonus",
    "max_bet_during_wagering": None,
    "max_bet_action": "forfeit",
    "time_limit_hours": None,
    "max_grants_per_player": 1,
    "game_contribution": {},
    "max_win_cap": None,
    "fasttrack_type": None,
}
UNKNOWN = "0190f5a0-1d3c-7c3e-9a62-0d7f1f6c1d11"
FREE = {"name": "Free", "type": "no_deposit", "config": CONFIGS["no_deposit"]}


def data(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json()["data"]


def refused(response: Any, status: int, code: str) -> Any:
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code), error
    return error.get("details", {})


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def test_example_of_the_reference(api: ApiClient) -> None:
    row = data(api.post("bonus-templates", WELCOME), 201)
    assert without(row, "id", "created_at", "updated_at") == {**DEFAULTS, **WELCOME}
    assert row["created_at"].endswith("Z")
    assert data(api.get(f"bonus-templates/{row['id']}")) == row
    assert data(api.get("bonus-templates", status="active", type="deposit_match", cursor="", limit=50)) == [row]


def test_numbers_come_back_as_they_were_sent(api: ApiClient) -> None:
    raw = api.post("bonus-templates", WELCOME).content.decode()
    assert '"wagering_requirement_multiplier":30,' in raw
    assert re.search(r'"match_percent": ?100[,}]', raw)
    config = {"match_percent": 12.5, "cap_amount": 20000, "currency": "EUR"}
    body = {**WELCOME, "wagering_requirement_multiplier": 2.5, "config": config}
    row = data(api.post("bonus-templates", body), 201)
    assert row["wagering_requirement_multiplier"] == 2.5
    assert row["config"] == config


def test_least_that_is_needed(api: ApiClient) -> None:
    row = data(api.post("bonus-templates", FREE), 201)
    assert without(row, "id", "created_at", "updated_at") == {**DEFAULTS, **FREE}


def test_nulls_leave_defaults_or_mean_none(api: ApiClient) -> None:
    row = data(api.post("bonus-templates", {**FREE, **dict.fromkeys(DEFAULTS)}), 201)
    assert without(row, "id", "created_at", "updated_at") == {**DEFAULTS, **FREE, "max_grants_per_player": None}


@pytest.mark.parametrize("type_", CONFIGS)
def test_every_type(api: ApiClient, type_: str) -> None:
    row = data(api.post("bonus-templates", {"name": "x", "type": type_, "config": CONFIGS[type_]}), 201)
    assert (row["type"], row["config"]) == (type_, CONFIGS[type_])


BAD_FIELDS: list[tuple[str, Any]] = [
    ("name", ""),
    ("name", "   "),
    ("name", "x" * 201),
    ("name", None),
    ("name", 5),
    ("type", "lottery"),
    ("type", None),
    ("status", "live"),
    ("status", True),
    ("product", "casino"),
    ("bonus_code", "x" * 65),
    ("bonus_code", 7),
    ("wagering_requirement_multiplier", -1),
    ("wagering_requirement_multiplier", "30"),
    ("wagering_requirement_multiplier", True),
    ("wagering_requirement_multiplier", 1.005),
    ("wagering_requirement_multiplier", 10_000_000),
    ("wagering_basis", "winnings"),
    ("wagering_basis", "deposit"),
    ("wagering_basis", "stake"),
    ("max_bet_during_wagering", 0),
    ("max_bet_during_wagering", "500"),
    ("max_bet_during_wagering", 5.0),
    ("max_bet_during_wagering", False),
    ("max_bet_during_wagering", 2**53),
    ("max_bet_action", "warn"),
    ("time_limit_hours", 0),
    ("time_limit_hours", 10**9),
    ("max_grants_per_player", 0),
    ("max_grants_per_player", 2**31),
    ("max_win_cap", 0),
    ("fasttrack_type", "Welcome"),
    ("game_contribution", []),
    ("maximum_bet", 500),
    ("id", "00000000-0000-7000-8000-000000000000"),
]


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS)
def test_bad_field_is_named_and_nothing_is_made(api: ApiClient, field: str, value: Any) -> None:
    details = refused(api.post("bonus-templates", {**FREE, field: value}), 422, "VALIDATION_ERROR")
    assert list(details) == [field]
    assert BonusTemplate.objects.count() == 0


@pytest.mark.parametrize("share", [-1, 101, "100", True, None])
def test_bad_contribution_is_named(api: ApiClient, share: Any) -> None:
    body = {**FREE, "game_contribution": {"slots": 100, "live": share}}
    assert list(refused(api.post("bonus-templates", body), 422, "VALIDATION_ERROR")) == ["game_contribution.live"]
    assert BonusTemplate.objects.count() == 0


def test_every_missing_field_is_named(api: ApiClient) -> None:
    details = refused(api.post("bonus-templates", {}), 422, "VALIDATION_ERROR")
    assert details == dict.fromkeys(("name", "type", "config"), "This field is required.")


@pytest.mark.parametrize(
    ("config", "paths"),
    [
        (None, ["config"]),
        ([], ["config"]),
        ("EUR", ["config"]),
        ({}, ["config.amount", "config.currency"]),
        ({"amount": 0, "currency": "EUR"}, ["config.amount"]),
        ({"amount": "100", "currency": "EUR"}, ["config.amount"]),
        ({"amount": True, "currency": "EUR"}, ["config.amount"]),
        ({"amount": 100.5, "currency": "EUR"}, ["config.amount"]),
        ({"amount": 100, "currency": "XXX"}, ["config.currency"]),
        ({"amount": 100, "currency": "EUR", "cap": 1}, ["config.cap"]),
    ],
)
def test_config_that_does_not_fit(api: ApiClient, config: Any, paths: list[str]) -> None:
    details = refused(api.post("bonus-templates", {**FREE, "config": config}), 422, "BONUS_CONFIG_INVALID")
    assert sorted(details) == paths
    assert BonusTemplate.objects.count() == 0


def test_event_types_are_those_of_the_terms() -> None:
    assert set(FasttrackType.__args__) == set(FASTTRACK_TYPES)


def test_change_touches_only_what_is_named(api: ApiClient) -> None:
    row = data(api.post("bonus-templates", WELCOME), 201)
    changed = data(api.patch(f"bonus-templates/{row['id']}", {"name": "Hello", "max_win_cap": None}))
    assert without(changed, "updated_at") == {**without(row, "updated_at"), "name": "Hello", "max_win_cap": None}
    assert changed["updated_at"] > row["updated_at"]
    assert data(api.get(f"bonus-templates/{row['id']}")) == changed


def test_empty_change_changes_nothing(api: ApiClient) -> None:
    row = data(api.post("bonus-templates", WELCOME), 201)
    assert without(data(api.patch(f"bonus-templates/{row['id']}", {})), "updated_at") == without(row, "updated_at")
    assert TermsRevision.objects.count() == 1


@pytest.mark.parametrize(
    "field",
    [
        "name",
        "type",
        "status",
        "product",
        "wagering_requirement_multiplier",
        "wagering_basis",
        "max_bet_action",
        "game_contribution",
    ],
)
def test_null_is_refused_where_a_value_is_needed(api: ApiClient, field: str) -> None:
    row = data(api.post("bonus-templates", WELCOME), 201)
    details = refused(
        api.patch(f"bonus-templates/{row['id']}", {field: None, "bonus_code": "X"}), 422, "VALIDATION_ERROR"
    )
    assert list(details) == [field]
    assert data(api.get(f"bonus-templates/{row['id']}")) == row


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"type": "reload"}, "VALIDATION_ERROR", "type"),
        ({"wagering_basis": "winnings"}, "VALIDATION_ERROR", "wagering_basis"),
        ({"config": {"amount": 5, "currency": "EUR"}}, "BONUS_CONFIG_INVALID", "config.amount"),
        ({"config": None}, "BONUS_CONFIG_INVALID", "config"),
        ({"created_at": "2025-01-01T00:00:00Z"}, "VALIDATION_ERROR", "created_at"),
    ],
)
def test_refused_change_changes_nothing(api: ApiClient, change: dict[str, Any], code: str, path: str) -> None:
    row = data(api.post("bonus-templates", WELCOME), 201)
    assert path in refused(api.patch(f"bonus-templates/{row['id']}", {**change, "name": "New"}), 422, code)
    assert data(api.get(f"bonus-templates/{row['id']}")) == row
    assert TermsRevision.objects.count() == 1


def test_remove(api: ApiClient) -> None:
    template = TemplateFactory()
    response = api.delete(f"bonus-templates/{template.pk}")
    assert (response.status_code, response.content) == (204, b"")
    refused(api.get(f"bonus-templates/{template.pk}"), 404, "BONUS_TEMPLATE_NOT_FOUND")


def test_granted_template_is_archived_and_stays_readable(api: ApiClient) -> None:
    grant = GrantFactory()
    for _ in range(2):
        assert api.delete(f"bonus-templates/{grant.template_id}").status_code == 204
    assert data(api.get(f"bonus-templates/{grant.template_id}"))["status"] == "archived"


@pytest.mark.parametrize("pk", [UNKNOWN, "x", "1", "{5dbd3a1e-0f2e-4c3c-9f5e-0d7f1f6c1d11}", "a" * 32, "%00"])
def test_unknown_template(api: ApiClient, pk: str) -> None:
    refused(api.get(f"bonus-templates/{pk}"), 404, "BONUS_TEMPLATE_NOT_FOUND")
    refused(api.patch(f"bonus-templates/{pk}", {"name": "x"}), 404, "BONUS_TEMPLATE_NOT_FOUND")
    refused(api.delete(f"bonus-templates/{pk}"), 404, "BONUS_TEMPLATE_NOT_FOUND")


def test_filters(api: ApiClient) -> None:
    welcome = TemplateFactory(name="Welcome 50%_off", type="deposit_match", product="Poker", status="paused")
    TemplateFactory(name="Hello")
    for query in (
        {"status": "paused"},
        {"type": "deposit_match"},
        {"product": "Poker"},
        {"q": "welcome"},
        {"q": "50%_"},
        {"status": "paused", "type": "deposit_match", "product": "Poker", "q": "off"},
    ):
        assert [row["id"] for row in data(api.get("bonus-templates", **query))] == [str(welcome.pk)], query
    assert data(api.get("bonus-templates", q="%")) != []
    assert data(api.get("bonus-templates", status="paused", type="reload")) == []


@pytest.mark.parametrize("query", [{"status": "live"}, {"type": "x"}, {"product": "casino"}, {"q": "a\x00b"}])
def test_unusable_filter(api: ApiClient, query: dict[str, str]) -> None:
    assert list(refused(api.get("bonus-templates", **query), 422, "VALIDATION_ERROR")) == list(query)
