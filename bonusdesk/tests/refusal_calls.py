"""The calls that succeed, one for each documented operation: what a refusal is made of."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import Settings

from bonuses.models import Grant
from bonuses.tests.api_client import SECRET
from bonuses.tests.factories import CONFIGS, AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from bonuses.tests.platform_reports import promised, report, ucrm_headers
from bonuses.tests.test_api_grant_errors import order
from campaigns.tests.approving import shown
from campaigns.tests.factories import CampaignFactory, SegmentFactory

PLAYER = {"external_id": "a", "currency": "EUR", "origin": "acme"}
RULES = {"not": {"field": "status", "op": "eq", "value": "banned"}}
TEMPLATE = {"name": "A", "type": "no_deposit", "config": CONFIGS["no_deposit"]}


@dataclass(frozen=True)
class Call:
    """A request that is answered with success."""

    method: str
    path: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("X-Internal-Secret", SECRET),)
    content_type: str = "application/json"

    def send(self, client: Client | None = None, **changes: Any) -> Any:
        call = replace(self, **changes)
        return (client or Client(raise_request_exception=False)).generic(
            call.method, f"/v1/{call.path}", call.body, call.content_type, headers=dict(call.headers)
        )


def plus(call: Call, more: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return (*call.headers, *more.items())


def as_json(body: Any) -> bytes:
    return json.dumps(body).encode()


def a_webhook() -> Call:
    body = report(promised(), "bonus.credited")
    return Call("POST", "adapters/acme/webhooks/bonus-events", body, tuple(ucrm_headers(body).items()))


def a_grant(**fields: Any) -> Grant:
    made: Grant = GrantFactory(adapter=AdapterFactory(kind=KIND), **fields)
    return made


def _template(method: str, body: bytes = b"") -> Call:
    return Call(method, f"bonus-templates/{TemplateFactory().pk}", body)


def _campaign(method: str, action: str = "", *, body: bytes = b"", **fields: Any) -> Call:
    template = TemplateFactory()
    campaign = CampaignFactory(template=template, revision=template.revision, **fields)
    return Call(method, f"bonus-campaigns/{campaign.pk}{action}", body)


def _segment(method: str, action: str = "", body: bytes = b"") -> Call:
    return Call(method, f"segments/{SegmentFactory().pk}{action}", body)


def a_new_campaign(**fields: Any) -> dict[str, Any]:
    ids = {"segment_id": str(SegmentFactory().pk), "template_id": str(TemplateFactory().pk)}
    return {"name": "A", **ids, **fields}


def an_approval() -> Call:
    """By a person: a server approves nothing."""
    campaign = CampaignFactory()
    boss, _ = User.objects.get_or_create(username="boss")
    boss.groups.set(Group.objects.filter(name="manager"))
    client = Client()
    client.force_login(boss)
    cookie = (("Cookie", f"sessionid={client.cookies['sessionid'].value}"),)
    return Call("POST", f"bonus-campaigns/{campaign.pk}/approve", as_json({"hash": shown(campaign)}), cookie)


GOOD: dict[str, Callable[[], Call]] = {
    "listTemplates": lambda: Call("GET", "bonus-templates"),
    "createTemplate": lambda: Call("POST", "bonus-templates", as_json(TEMPLATE)),
    "getTemplate": lambda: _template("GET"),
    "changeTemplate": lambda: _template("PATCH", as_json({"name": "B"})),
    "removeTemplate": lambda: _template("DELETE"),
    "listGrants": lambda: Call("GET", "bonus-grants"),
    "issueGrant": lambda: Call("POST", "bonus-grants", as_json(order())),
    "getGrant": lambda: Call("GET", f"bonus-grants/{a_grant().pk}"),
    "cancelGrant": lambda: Call("POST", f"bonus-grants/{a_grant().pk}/cancel", as_json({"reason": "mistake"})),
    "listGrantTransitions": lambda: Call("GET", f"bonus-grants/{a_grant().pk}/transitions"),
    "listCampaigns": lambda: Call("GET", "bonus-campaigns"),
    "createCampaign": lambda: Call("POST", "bonus-campaigns", as_json(a_new_campaign())),
    "getCampaign": lambda: _campaign("GET"),
    "changeCampaign": lambda: _campaign("PATCH", body=as_json({"name": "B"})),
    "issueCampaign": lambda: _campaign("POST", "/issue"),
    "approveCampaign": an_approval,
    "pauseCampaign": lambda: _campaign("POST", "/pause", status="issuing"),
    "resumeCampaign": lambda: _campaign("POST", "/resume", status="paused"),
    "cancelCampaign": lambda: _campaign("POST", "/cancel"),
    "previewCampaign": lambda: _campaign("POST", "/preview"),
    "listCampaignRecipients": lambda: _campaign("GET", "/recipients"),
    "listSegments": lambda: Call("GET", "segments"),
    "createSegment": lambda: Call("POST", "segments", as_json({"name": "A", "rules": RULES})),
    "getSegment": lambda: _segment("GET"),
    "changeSegment": lambda: _segment("PATCH", body=as_json({"name": "B", "rules": RULES})),
    "removeSegment": lambda: _segment("DELETE"),
    "previewSegment": lambda: _segment("POST", "/preview", as_json({})),
    "listPlayers": lambda: Call("GET", "players"),
    "getPlayer": lambda: Call("GET", f"players/{PlayerFactory().pk}"),
    "identifyPlayer": lambda: Call("POST", "players/identify", as_json(PLAYER)),
    "identifyPlayers": lambda: Call("POST", "players/identify/batch", as_json({"players": [PLAYER]})),
    "receiveBonusEvent": a_webhook,
}
OTHER: dict[str, Any] = {
    "createTemplate": {**TEMPLATE, "name": "B"},
    "cancelGrant": {"reason": "another"},
    "identifyPlayer": {**PLAYER, "external_id": "b"},
    "identifyPlayers": {"players": []},
}
"""As acceptable, and not the same."""


@dataclass(frozen=True)
class Kitchen:
    operation: str
    settings: Settings
    patch: pytest.MonkeyPatch
    platform: type[FakePlatform]

    def good(self) -> Call:
        return GOOD[self.operation]()


Recipe = Callable[[Kitchen], Any]
