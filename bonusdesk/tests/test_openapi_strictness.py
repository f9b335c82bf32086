"""The document refuses what the API refuses, and takes what it takes."""

from typing import Any

import pytest

from bonusdesk.tests.contract import body_faults
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import CONFIGS, PlayerFactory, TemplateFactory

pytestmark = pytest.mark.django_db

BIG = 2**53
MATCH = CONFIGS["deposit_match"]
ABSENT = object()


def changed(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**base, **change}.items() if value is not ABSENT}


TEMPLATES: list[dict[str, Any]] = [
    {},
    {"name": ABSENT},
    {"name": None},
    {"name": ""},
    {"name": " \t\n\x85\u3000"},
    {"name": "\ufeff"},
    {"name": "\x1c"},
    {"name": "a\x00"},
    {"name": "x" * 200},
    {"name": "x" * 201},
    {"name": "é🎁\n"},
    {"typo": 1},
    {"type": ABSENT},
    {"type": None},
    {"type": "else"},
    {"type": "free_spins"},
    {"config": ABSENT},
    {"config": None},
    {"config": []},
    {"config": {**MATCH, "typo": 1}},
    {"config": {**MATCH, "currency": "XXX"}},
    {"config": {**MATCH, "currency": "BTC"}},
    {"config": {**MATCH, "currency": None}},
    {"config": {**MATCH, "match_percent": 0}},
    {"config": {**MATCH, "match_percent": 0.001}},
    {"config": {**MATCH, "match_percent": 1_000_001}},
    {"config": {**MATCH, "match_percent": "5"}},
    {"config": {**MATCH, "cap_amount": 0}},
    {"config": {**MATCH, "cap_amount": BIG - 1}},
    {"config": {**MATCH, "cap_amount": BIG}},
    {"config": {**MATCH, "cap_amount": 1.5}},
    {"config": {**MATCH, "cap_amount": True}},
    {"config": {**MATCH, "cap_amount": None}},
    {"type": "cashback", "config": CONFIGS["cashback"]},
    {"type": "cashback", "config": {**CONFIGS["cashback"], "cap_amount": None}},
    {"type": "cashback", "config": {**CONFIGS["cashback"], "percent": 100.5}},
    {"type": "cashback", "config": {**CONFIGS["cashback"], "window_days": 36_501}},
    {"type": "cashback", "config": {**CONFIGS["cashback"], "min_loss": -1}},
    {"type": "free_spins", "config": {**CONFIGS["free_spins"], "eligible_games": []}},
    {"type": "free_spins", "config": {**CONFIGS["free_spins"], "eligible_games": ["x" * 201]}},
    {"type": "free_spins", "config": {**CONFIGS["free_spins"], "eligible_games": [5]}},
    {"type": "free_spins", "config": {**CONFIGS["free_spins"], "eligible_games": ["\x00"]}},
    {"type": "free_spins", "config": {**CONFIGS["free_spins"], "count": 1_000_001}},
    {"status": None},
    {"status": "queued"},
    {"product": None},
    {"product": "casino"},
    {"bonus_code": None},
    {"bonus_code": ""},
    {"bonus_code": "x" * 65},
    {"bonus_code": "\x00"},
    {"wagering_requirement_multiplier": None},
    {"wagering_requirement_multiplier": 0.07},
    {"wagering_requirement_multiplier": 2.5},
    {"wagering_requirement_multiplier": 2.505},
    {"wagering_requirement_multiplier": -1},
    {"wagering_requirement_multiplier": 999_999},
    {"wagering_requirement_multiplier": 1_000_000},
    {"wagering_requirement_multiplier": True},
    {"wagering_basis": None},
    {"wagering_basis": "deposit"},
    {"wagering_basis": "winnings"},
    {"type": "no_deposit", "config": CONFIGS["no_deposit"], "wagering_basis": "deposit"},
    {"type": "no_deposit", "config": CONFIGS["no_deposit"], "wagering_basis": "bonus"},
    {"type": "free_spins", "config": CONFIGS["free_spins"], "wagering_basis": "winnings"},
    {"type": "free_spins", "config": CONFIGS["free_spins"], "wagering_basis": "bonus_plus_deposit"},
    {"max_bet_during_wagering": None},
    {"max_bet_during_wagering": 0},
    {"max_bet_during_wagering": BIG},
    {"max_bet_action": None},
    {"max_bet_action": "else"},
    {"time_limit_hours": None},
    {"time_limit_hours": 0},
    {"time_limit_hours": 1_000_001},
    {"max_grants_per_player": None},
    {"max_grants_per_player": 2**31},
    {"game_contribution": None},
    {"game_contribution": {}},
    {"game_contribution": {"slots": 100, "x" * 100: 0.5}},
    {"game_contribution": {"": 5}},
    {"game_contribution": {"x" * 101: 5}},
    {"game_contribution": {"a\x00": 5}},
    {"game_contribution": {"slots": 101}},
    {"game_contribution": {"slots": -0.5}},
    {"game_contribution": {"slots": None}},
    {"game_contribution": {"slots": True}},
    {"game_contribution": []},
    {"max_win_cap": None},
    {"max_win_cap": 0},
    {"fasttrack_type": None},
    {"fasttrack_type": "WagerFree"},
    {"fasttrack_type": "else"},
]


@pytest.mark.parametrize("change", TEMPLATES)
def test_new_templates(api: ApiClient, change: dict[str, Any]) -> None:
    body = changed({"name": "x", "type": "deposit_match", "config": MATCH}, change)
    response = api.post("bonus-templates", body)
    assert response.status_code in (201, 422)
    assert (body_faults("createTemplate", body) == []) is (response.status_code == 201), response.content


@pytest.mark.parametrize("change", [change for change in TEMPLATES if not {"type", "config"} & set(change)])
def test_changes_of_templates(api: ApiClient, change: dict[str, Any]) -> None:
    template = TemplateFactory(type="free_spins")
    body = changed({}, change)
    response = api.patch(f"bonus-templates/{template.pk}", body)
    fits_the_type = body.get("wagering_basis") not in {"deposit", "bonus_plus_deposit"}
    assert response.status_code in (200, 422)
    assert (body_faults("changeTemplate", body) == [] and fits_the_type) is (response.status_code == 200), body


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"external_id": ABSENT},
        {"external_id": "\u3000"},
        {"external_id": 5},
        {"currency": None},
        {"currency": "eur"},
        {"origin": None},
        {"origin": " "},
        {"origin": "x" * 201},
        {"status": None},
        {"status": "gone"},
        {"country": None},
        {"country": "gb"},
        {"country": "GBR"},
        {"country": "GB"},
        {"total_deposited": -1},
        {"total_deposited": BIG - 1},
        {"net_loss": 1 - BIG},
        {"net_loss": -BIG},
        {"attributes": None},
        {"attributes": []},
        {"attributes": {"a": {"b": [1.5, None, "\x00"]}}},
        {"attributes": {"a\x00": 1}},
        {"attributes": {"a": BIG}},
        {"attributes": {"a": {"b": [1.5, None, "x", {"c": True}]}}},
        {"typo": None},
    ],
)
def test_players(api: ApiClient, change: dict[str, Any]) -> None:
    PlayerFactory(external_id="p")
    body = changed({"external_id": "p"}, change)
    response = api.post("players/identify", body)
    assert response.status_code in (200, 422)
    assert (body_faults("identifyPlayer", body) == []) is (response.status_code == 200), response.content


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"template_id": "5"},
        {"template_id": "a" * 32},
        {"player_id": None},
        {"granted_by_kind": "person"},
        {"granted_by_kind": ABSENT},
        {"granted_by_id": None},
        {"granted_by_id": "x"},
        {"deposit_amount": 0},
        {"deposit_amount": None},
        {"loss_amount": 0},
        {"loss_amount": -1},
        {"currency_override": "EURO"},
        {"currency_override": None},
        {"meta": []},
        {"meta": {"a": [{"b": "x"}]}},
        {"meta": {"a": [{"unblock": "x"}]}},
        {"meta": {"blockchain": "x"}},
        {"fasttrack_references": {"Excluded": 1}},
        {"fasttrack_references": {"exclusive": 1}},
        {"meta": {"fail_safe": 1}},
        {"campaign_id": None},
    ],
)
def test_orders(api: ApiClient, change: dict[str, Any]) -> None:
    base = {
        "template_id": "00000000-0000-7000-8000-000000000000",
        "player_id": "00000000-0000-7000-8000-000000000000",
        "granted_by_kind": "api",
    }
    body = changed(base, change)
    response = api.post("bonus-grants", body)
    assert response.status_code in (404, 422)
    assert (body_faults("issueGrant", body) == []) is (response.status_code == 404), response.content


@pytest.mark.parametrize("body", [{}, {"reason": None}, {"reason": "x" * 500}, {"reason": "x" * 501}, {"why": "x"}])
def test_cancelling(api: ApiClient, body: dict[str, Any]) -> None:
    response = api.post("bonus-grants/00000000-0000-7000-8000-000000000000/cancel", body)
    assert response.status_code in (404, 422)
    assert (body_faults("cancelGrant", body) == []) is (response.status_code == 404)


@pytest.mark.parametrize("players", [[], [{}], [5], [{}] * 1000, [{}] * 1001, None, {}])
def test_batches(api: ApiClient, players: Any) -> None:
    response = api.post("players/identify/batch", {"players": players})
    assert response.status_code in (200, 422)
    assert (body_faults("identifyPlayers", {"players": players}) == []) is (response.status_code == 200)
