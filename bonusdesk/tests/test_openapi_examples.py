"""The examples of the vendor's reference are those of the document, and the API takes them as they are."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bonusdesk.tests.contract import body_faults, check_answer, operation, resolved
from bonuses.models import Player
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import AdapterFactory, GrantFactory
from bonuses.tests.fake_platform import KIND
from bonuses.tests.platform_reports import post
from integrations.models import ExchangeRate

pytestmark = pytest.mark.django_db

# As they stand there, but for the comments and the ids.
WELCOME = json.loads("""{
"name": "Welcome 100% match",
"type": "deposit_match",
"config": {
"match_percent": 100,
"cap_amount": 20000,
"currency": "EUR"
},
"wagering_requirement_multiplier": 30,
"wagering_basis": "bonus_plus_deposit",
"max_bet_during_wagering": 500,
"time_limit_hours": 720,
"max_grants_per_player": 1,
"game_contribution": {
"slots": 100, "table": 10, "live": 5, "default": 0
},
"max_win_cap": 100000
}""")
ORDER = {
    "granted_by_kind": "manual",
    "granted_by_id": None,
    "deposit_amount": 10000,
    "currency_override": "USD",
}


def examples(operation_id: str) -> list[Any]:
    media = operation(operation_id)["requestBody"]["content"]["application/json"]
    return [resolved(example)["value"] for example in media["examples"].values()]


@pytest.fixture
def rate() -> None:
    an_hour_ago = timezone.now() - timedelta(hours=1)
    ExchangeRate.objects.create(base="EUR", quote="USD", rate=Decimal("1.0849"), valid_from=an_hour_ago)


def test_the_reference_is_quoted() -> None:
    assert examples("createTemplate")[0] == WELCOME
    ids = ("template_id", "player_id")
    assert {key: value for key, value in examples("issueGrant")[0].items() if key not in ids} == ORDER


@pytest.mark.usefixtures("platform", "rate")
def test_from_the_template_to_the_grant_to_its_end(api: ApiClient) -> None:
    AdapterFactory(kind=KIND)
    template = check_answer("createTemplate", api.post("bonus-templates", WELCOME))["data"]
    player = check_answer("identifyPlayer", api.post("players/identify", examples("identifyPlayer")[0]))["data"]
    order = {**examples("issueGrant")[0], "template_id": template["id"], "player_id": player["id"]}
    grant = check_answer("issueGrant", api.post("bonus-grants", order))["data"]
    assert (grant["status"], grant["amount"], grant["currency"]) == ("active", 10000, "USD")
    assert grant["wagering_required"] == 600000
    [reason] = examples("cancelGrant")
    cancelled = check_answer("cancelGrant", api.post(f"bonus-grants/{grant['id']}/cancel", reason))["data"]
    assert cancelled["status"] == "cancelled"


@pytest.mark.parametrize("index", [0, 1])
def test_templates_to_be_made(api: ApiClient, index: int) -> None:
    body = examples("createTemplate")[index]
    assert body_faults("createTemplate", body) == []
    made = check_answer("createTemplate", api.post("bonus-templates", body))["data"]
    assert {key: made[key] for key in body} == body


@pytest.mark.parametrize("index", [0, 1])
def test_templates_to_be_changed(api: ApiClient, index: int) -> None:
    made = api.post("bonus-templates", WELCOME).json()["data"]
    body = examples("changeTemplate")[index]
    changed = check_answer("changeTemplate", api.patch(f"bonus-templates/{made['id']}", body))["data"]
    assert {key: changed[key] for key in body} == body


def test_a_batch(api: ApiClient) -> None:
    [body] = examples("identifyPlayers")
    answer = check_answer("identifyPlayers", api.post("players/identify/batch", body))
    assert [row["result"] for row in answer["data"]] == ["created", "error"]
    assert Player.objects.get().external_id == "player-4711"


def test_a_report(api: ApiClient) -> None:
    [body] = examples("receiveBonusEvent")
    grant = GrantFactory(wagering_required=600000)
    raw = json.dumps({**body, "grant_id": str(grant.pk), "platform_bonus_id": grant.platform_bonus_id}).encode()
    answer = post(Client(), raw)
    assert check_answer("receiveBonusEvent", answer) == {"received": True, "applied": True, "new_status": "active"}
