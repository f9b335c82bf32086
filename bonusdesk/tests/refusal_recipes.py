"""How each documented refusal comes about: by operation and code, a way to make the API answer it.

A recipe is called with a `Kitchen` and returns the response. Those of `COMMON` hold for whichever operation documents
their code; `OWN` are for one operation, and win.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.views import APIView

from bonusdesk.api import throttling
from bonusdesk.models import IdempotencyKey
from bonuses.models import Grant
from bonuses.tests.api_client import SECRET
from bonuses.tests.factories import CONFIGS, AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from bonuses.tests.platform_reports import promised, report, ucrm_headers
from bonuses.tests.test_api_grant_errors import REFUSALS, order
from integrations.platforms.base import PlatformRefused, PlatformTrouble

UNKNOWN = "00000000-0000-7000-8000-000000000000"
KEY = {"Idempotency-Key": "key-of-the-recipes"}
PLAYER = {"external_id": "a", "currency": "EUR", "origin": "acme"}
TEMPLATE = {"name": "A", "type": "no_deposit", "config": CONFIGS["no_deposit"]}
BIG = b"{}" + b" " * 4 * 1024 * 1024


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


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()


def _webhook() -> Call:
    body = report(promised(), "bonus.credited")
    return Call("POST", "adapters/acme/webhooks/bonus-events", body, tuple(ucrm_headers(body).items()))


def _grant(**fields: Any) -> Grant:
    made: Grant = GrantFactory(adapter=AdapterFactory(kind=KIND), **fields)
    return made


def _template(method: str, body: bytes = b"") -> Call:
    return Call(method, f"bonus-templates/{TemplateFactory().pk}", body)


GOOD: dict[str, Callable[[], Call]] = {
    "listTemplates": lambda: Call("GET", "bonus-templates"),
    "createTemplate": lambda: Call("POST", "bonus-templates", _json(TEMPLATE)),
    "getTemplate": lambda: _template("GET"),
    "changeTemplate": lambda: _template("PATCH", _json({"name": "B"})),
    "removeTemplate": lambda: _template("DELETE"),
    "listGrants": lambda: Call("GET", "bonus-grants"),
    "issueGrant": lambda: Call("POST", "bonus-grants", _json(order())),
    "getGrant": lambda: Call("GET", f"bonus-grants/{_grant().pk}"),
    "cancelGrant": lambda: Call("POST", f"bonus-grants/{_grant().pk}/cancel", _json({"reason": "mistake"})),
    "listGrantTransitions": lambda: Call("GET", f"bonus-grants/{_grant().pk}/transitions"),
    "listPlayers": lambda: Call("GET", "players"),
    "getPlayer": lambda: Call("GET", f"players/{PlayerFactory().pk}"),
    "identifyPlayer": lambda: Call("POST", "players/identify", _json(PLAYER)),
    "identifyPlayers": lambda: Call("POST", "players/identify/batch", _json({"players": [PLAYER]})),
    "receiveBonusEvent": _webhook,
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


def bad_host(kitchen: Kitchen) -> Any:
    call = kitchen.good()
    return call.send(headers=plus(call, {"Host": "elsewhere.example"}))


def a_stranger(kitchen: Kitchen) -> Any:
    return kitchen.good().send(headers=())


def a_user_without_permissions(kitchen: Kitchen) -> Any:
    client = Client()
    client.force_login(User.objects.create_user("nobody"))
    return kitchen.good().send(client, headers=())


def too_often(kitchen: Kitchen) -> Any:
    kitchen.settings.THROTTLE_SERVICE_PER_SECOND = 1
    kitchen.patch.setattr(throttling, "_take", lambda _caller, _per_second: 500_000)
    return kitchen.good().send()


def a_crash(kitchen: Kitchen) -> Any:
    def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError

    kitchen.patch.setattr(APIView, "initial", crash)
    return kitchen.good().send()


def an_unusable_value(kitchen: Kitchen) -> Any:
    call = kitchen.good()
    if call.method == "GET":
        return call.send(path=f"{call.path}?limit=0")
    return call.send(body=_json({"no_such_field": 1}))


def the_key_of_another_request(kitchen: Kitchen) -> Any:
    call = kitchen.good()
    first = call.send(headers=plus(call, KEY))
    assert first.status_code < 300, first.content
    other = OTHER.get(kitchen.operation) or order()
    return call.send(headers=plus(call, KEY), body=_json(other))


def the_key_of_a_request_that_runs(kitchen: Kitchen) -> Any:
    call = kitchen.good()
    call.send(headers=plus(call, KEY))
    later = timezone.now() + timedelta(seconds=20)
    assert IdempotencyKey.objects.update(status=None, body="", is_final=False, running_until=later) == 1
    return call.send(headers=plus(call, KEY))


def the_platform_refuses(kitchen: Kitchen) -> Any:
    call = kitchen.good()
    kitchen.platform.fails(PlatformRefused("PLAYER_BLOCKED", "No."))
    return call.send()


def the_platform_is_away(kitchen: Kitchen) -> Any:
    call = kitchen.good()
    kitchen.platform.fails(PlatformTrouble("time-out", sent=True))
    return call.send()


def an_unknown_id(kitchen: Kitchen) -> Any:
    call = kitchen.good()
    resource, _, *rest = call.path.split("/")
    return call.send(path="/".join([resource, UNKNOWN, *rest]))


COMMON: dict[str, Recipe] = {
    "BAD_REQUEST": bad_host,
    "INVALID_JSON": lambda kitchen: kitchen.good().send(body=b"{"),
    "INVALID_CURSOR": lambda kitchen: kitchen.good().send(path=f"{kitchen.good().path}?cursor=x"),
    "UNAUTHENTICATED": a_stranger,
    "FORBIDDEN": a_user_without_permissions,
    "NOT_FOUND": an_unknown_id,
    "BONUS_TEMPLATE_NOT_FOUND": an_unknown_id,
    "PLAYER_NOT_FOUND": an_unknown_id,
    "METHOD_NOT_ALLOWED": lambda kitchen: kitchen.good().send(method="PUT"),
    "PAYLOAD_TOO_LARGE": lambda kitchen: kitchen.good().send(body=BIG),
    "UNSUPPORTED_MEDIA_TYPE": lambda kitchen: kitchen.good().send(content_type="text/plain"),
    "VALIDATION_ERROR": an_unusable_value,
    "RATE_LIMITED": too_often,
    "INTERNAL_ERROR": a_crash,
    "IDEMPOTENCY_KEY_REUSED": the_key_of_another_request,
    "IDEMPOTENCY_IN_PROGRESS": the_key_of_a_request_that_runs,
    "ADAPTER_REJECTED": the_platform_refuses,
    "ADAPTER_UNAVAILABLE": the_platform_is_away,
}


def issuing(prepare: Callable[[], dict[str, Any]]) -> Recipe:
    return lambda _kitchen: Call("POST", "bonus-grants", _json(prepare())).send()


def bad_config(kitchen: Kitchen) -> Any:
    return kitchen.good().send(
        body=_json({**(TEMPLATE if kitchen.operation == "createTemplate" else {}), "config": {}})
    )


def an_ended_grant(_kitchen: Kitchen) -> Any:
    return Call("POST", f"bonus-grants/{_grant(status='completed').pk}/cancel").send()


def a_platform_that_can_not_cancel(_kitchen: Kitchen) -> Any:
    grant = GrantFactory(adapter=AdapterFactory(kind=KIND, capabilities=["issue"]))
    return Call("POST", f"bonus-grants/{grant.pk}/cancel").send()


def a_signed(body: bytes) -> Any:
    return _webhook().send(body=body, headers=tuple(ucrm_headers(body).items()))


OWN: dict[tuple[str, str], Recipe] = {
    **{("issueGrant", code): issuing(prepare) for prepare, _, code in REFUSALS},
    ("createTemplate", "BONUS_CONFIG_INVALID"): bad_config,
    ("changeTemplate", "BONUS_CONFIG_INVALID"): bad_config,
    ("cancelGrant", "GRANT_NOT_CANCELLABLE"): an_ended_grant,
    ("cancelGrant", "ADAPTER_CAPABILITY_MISSING"): a_platform_that_can_not_cancel,
    ("receiveBonusEvent", "FORBIDDEN"): lambda kitchen: kitchen.good().send(body=b"{}"),
    ("receiveBonusEvent", "NOT_FOUND"): lambda _: a_signed(report(uuid.UUID(UNKNOWN), "bonus.credited")),
    ("receiveBonusEvent", "VALIDATION_ERROR"): lambda _: a_signed(b"{"),
}
