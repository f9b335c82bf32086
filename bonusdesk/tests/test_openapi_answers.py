"""What the API really answers is what the document says, to the last key."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from bonusdesk.tests.contract import check_answer
from bonuses.lifecycle import Status
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import CONFIGS, AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from bonuses.tests.platform_reports import post
from campaigns.models import Recipient
from campaigns.tests.begun import begun, with_recipients
from campaigns.tests.factories import CampaignFactory, SegmentFactory
from integrations.platforms.base import PlatformRefused, PlatformTrouble

pytestmark = pytest.mark.django_db

UNKNOWN = "00000000-0000-7000-8000-000000000000"


def order(**fields: Any) -> dict[str, Any]:
    AdapterFactory(kind=KIND)
    ids = {"template_id": str(TemplateFactory().pk), "player_id": str(PlayerFactory().pk)}
    return {**ids, "granted_by_kind": "api", **fields}


@pytest.mark.parametrize("type_", CONFIGS)
def test_a_template_of_each_type(api: ApiClient, type_: str) -> None:
    body = {"name": "x", "type": type_, "config": CONFIGS[type_]}
    row = check_answer("createTemplate", api.post("bonus-templates", body))["data"]
    check_answer("getTemplate", api.get(f"bonus-templates/{row['id']}"))
    check_answer("changeTemplate", api.patch(f"bonus-templates/{row['id']}", {"name": "y"}))
    check_answer("listTemplates", api.get("bonus-templates", limit=1))
    GrantFactory(template_id=row["id"], revision=TemplateFactory._meta.model.objects.get(pk=row["id"]).revision)
    check_answer("listGrants", api.get("bonus-grants", template_id=row["id"]))
    check_answer("removeTemplate", api.delete(f"bonus-templates/{row['id']}"))


def test_a_template_with_everything(api: ApiClient) -> None:
    body = {
        "name": "x",
        "type": "free_spins",
        "config": CONFIGS["free_spins"],
        "status": "paused",
        "product": "Poker",
        "bonus_code": "SPIN",
        "wagering_requirement_multiplier": 2.5,
        "wagering_basis": "winnings",
        "max_bet_during_wagering": 500,
        "max_bet_action": "ignore",
        "time_limit_hours": 24,
        "max_grants_per_player": None,
        "game_contribution": {"slots": 12.5},
        "max_win_cap": 100000,
        "fasttrack_type": "FreeSpins",
    }
    row = check_answer("createTemplate", api.post("bonus-templates", body))["data"]
    assert {key: row[key] for key in body} == body


@pytest.mark.parametrize("status", list(Status))
def test_a_grant_in_each_state(api: ApiClient, status: Status) -> None:
    failed = {"failure_code": "PLAYER_BLOCKED", "failure_message": "No."} if status is Status.FAILED else {}
    grant = GrantFactory(status=status, **failed)
    check_answer("getGrant", api.get(f"bonus-grants/{grant.pk}"))
    check_answer("listGrants", api.get("bonus-grants"))


@pytest.mark.usefixtures("platform")
def test_a_grant_from_its_issue_to_its_end(api: ApiClient) -> None:
    body = order(meta={"a": [1, {"b": None}]}, fasttrack_references={"id": "7"}, granted_by_id=str(uuid.uuid4()))
    row = check_answer("issueGrant", api.post("bonus-grants", body))["data"]
    check_answer("cancelGrant", api.post(f"bonus-grants/{row['id']}/cancel", {"reason": "mistake"}))
    history = check_answer("listGrantTransitions", api.get(f"bonus-grants/{row['id']}/transitions"))
    assert len(history["data"]) == 3


def test_a_campaign_from_its_draft_to_its_end(api: ApiClient) -> None:
    ids = {"segment_id": str(SegmentFactory().pk), "template_id": str(TemplateFactory().pk)}
    body = {"name": "x", **ids, "budget_amount": 7, "currency_override": "USD", "deposit_amount": 5}
    path = f"bonus-campaigns/{check_answer('createCampaign', api.post('bonus-campaigns', body))['data']['id']}"
    check_answer("changeCampaign", api.patch(path, {"scheduled_at": "2025-01-31T12:00:00Z", "holdout_percent": 5}))
    for action in ("issue", "pause", "resume", "cancel"):
        check_answer(f"{action}Campaign", api.post(f"{path}/{action}", {}))
        check_answer(f"{action}Campaign", api.post(f"{path}/issue"))
    row = check_answer("getCampaign", api.get(path))["data"]
    assert row["status"] == "cancelled"
    assert check_answer("listCampaigns", api.get("bonus-campaigns"))["data"] == [row]


@pytest.mark.parametrize("status", ["pending", "granted", "skipped", "failed"])
def test_a_recipient_of_whom_each_thing_has_become(api: ApiClient, status: str) -> None:
    campaign = begun()
    [recipient] = with_recipients(campaign, [status])
    path = f"bonus-campaigns/{campaign.pk}/recipients"
    assert len(check_answer("listCampaignRecipients", api.get(path, status=status))["data"]) == 1
    Recipient.objects.filter(pk=recipient.pk).update(reason="X", message="No.", grant_id=uuid.uuid4())
    check_answer("listCampaignRecipients", api.get(path))


@pytest.mark.usefixtures("platform")
def test_a_preview(api: ApiClient) -> None:
    AdapterFactory(kind=KIND)
    for status in ("active", "banned"):
        PlayerFactory(status=status)
    campaign = CampaignFactory()
    preview = check_answer("previewCampaign", api.post(f"bonus-campaigns/{campaign.pk}/preview"))["data"]
    assert (preview["audience"], preview["exclusions"], preview["expected_cost"]) == (2, {"PLAYER_BLOCKED": 1}, 1000)


def test_players(api: ApiClient) -> None:
    body = {"external_id": "p", "currency": "EUR", "origin": "acme.example", "country": "GB", "attributes": {"a": []}}
    row = check_answer("identifyPlayer", api.post("players/identify", body))["data"]
    assert api.post("players/identify", body).status_code == 200
    check_answer("identifyPlayer", api.post("players/identify", {"external_id": "p", "net_loss": -5}))
    check_answer("getPlayer", api.get(f"players/{row['id']}"))
    check_answer("listPlayers", api.get("players", external_id="p"))
    rows = [body, {"external_id": "new"}, {"external_id": 5}, 7, None]
    done = check_answer("identifyPlayers", api.post("players/identify/batch", {"players": rows}))
    assert [row["result"] for row in done["data"]] == ["updated", "error", "error", "error", "error"]


@pytest.mark.parametrize(
    ("trouble", "status"), [(PlatformRefused("PLAYER_BLOCKED", "No."), 502), (PlatformTrouble("down", sent=True), 503)]
)
def test_trouble_with_the_platform(
    api: ApiClient, platform: type[FakePlatform], trouble: Exception, status: int
) -> None:
    def answer() -> Any:
        raise trouble

    platform.answer = staticmethod(answer)
    response = api.post("bonus-grants", order())
    assert response.status_code == status
    check_answer("issueGrant", response)


@pytest.mark.parametrize(
    ("operation_id", "asked", "body", "status"),
    [
        ("createTemplate", "POST bonus-templates", b"{", 400),
        ("createTemplate", "POST bonus-templates", b"{}", 422),
        ("createTemplate", "POST bonus-templates", b'{"name":"x","type":"reload","config":{}}', 422),
        ("listTemplates", "GET bonus-templates?cursor=x", b"", 400),
        ("listTemplates", "GET bonus-templates?limit=0", b"", 422),
        ("getTemplate", f"GET bonus-templates/{UNKNOWN}", b"", 404),
        ("getTemplate", f"PUT bonus-templates/{UNKNOWN}", b"", 405),
        ("getGrant", f"GET bonus-grants/{UNKNOWN}", b"", 404),
        ("getPlayer", f"GET players/{UNKNOWN}", b"", 404),
    ],
)
def test_refusals(api: ApiClient, operation_id: str, asked: str, body: bytes, status: int) -> None:
    method, path = asked.split()
    response = api.send(method, path, body)
    assert response.status_code == status
    check_answer(operation_id, response)


def test_other_types_and_strangers(api: ApiClient) -> None:
    check_answer("createTemplate", api.send("POST", "bonus-templates", b"{}", "text/plain"))
    check_answer("createTemplate", api.send("POST", "bonus-templates", b" " * (1024 * 1024 + 1)))
    stranger = Client().get("/v1/players")
    assert stranger.status_code == 401
    check_answer("listPlayers", stranger)


def test_reports(api: ApiClient) -> None:
    grant = GrantFactory(status=Status.PENDING)
    event = {"event": "bonus.credited", "event_id": "e", "ts": "2025-01-31T12:00:00Z", "grant_id": str(grant.pk)}
    for change, status in (({}, 200), ({"event": "bonus.x"}, 200), ({"grant_id": UNKNOWN}, 404), ({"ts": 5}, 422)):
        response = post(Client(), json.dumps({**event, **change}).encode())
        assert response.status_code == status
        check_answer("receiveBonusEvent", response)
    unsigned = api.post("adapters/acme/webhooks/bonus-events", event)
    assert unsigned.status_code == 401
    check_answer("receiveBonusEvent", unsigned)
