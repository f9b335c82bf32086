"""How each documented refusal comes about: by operation and code, a way to make the API answer it.

A recipe is called with a `Kitchen` and returns the response. Those of `COMMON` hold for whichever operation documents
their code; `OWN` are for one operation, and win.
"""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework.views import APIView

from bonusdesk.api import throttling
from bonusdesk.models import IdempotencyKey
from bonusdesk.tests.refusal_calls import (
    OTHER,
    TEMPLATE,
    Call,
    Kitchen,
    Recipe,
    a_grant,
    a_new_campaign,
    a_webhook,
    as_json,
    plus,
)
from bonuses.models import BonusTemplate, Stop
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND
from bonuses.tests.platform_reports import report, ucrm_headers
from bonuses.tests.test_api_grant_errors import REFUSALS, order
from campaigns.models import Campaign, Segment
from campaigns.tests.factories import CampaignFactory
from integrations.platforms.base import PlatformRefused, PlatformTrouble

UNKNOWN = "00000000-0000-7000-8000-000000000000"
KEY = {"Idempotency-Key": "key-of-the-recipes"}
BIG = b"{}" + b" " * 4 * 1024 * 1024


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
    kitchen.settings.THROTTLE_SERVICE_PER_SECOND = kitchen.settings.THROTTLE_USER_PER_SECOND = 1
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
    return call.send(body=as_json({"no_such_field": 1}))


def the_key_of_another_request(kitchen: Kitchen) -> Any:
    call = kitchen.good()
    first = call.send(headers=plus(call, KEY))
    assert first.status_code < 300, first.content
    other = OTHER.get(kitchen.operation) or order()
    return call.send(headers=plus(call, KEY), body=as_json(other))


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
    "CAMPAIGN_NOT_FOUND": an_unknown_id,
    "SEGMENT_NOT_FOUND": an_unknown_id,
    "METHOD_NOT_ALLOWED": lambda kitchen: kitchen.good().send(method="PUT"),
    "PAYLOAD_TOO_LARGE": lambda kitchen: kitchen.good().send(body=BIG),
    "UNSUPPORTED_MEDIA_TYPE": lambda kitchen: kitchen.good().send(body=b"{}", content_type="text/plain"),
    "VALIDATION_ERROR": an_unusable_value,
    "RATE_LIMITED": too_often,
    "INTERNAL_ERROR": a_crash,
    "IDEMPOTENCY_KEY_REUSED": the_key_of_another_request,
    "IDEMPOTENCY_IN_PROGRESS": the_key_of_a_request_that_runs,
    "ADAPTER_REJECTED": the_platform_refuses,
    "ADAPTER_UNAVAILABLE": the_platform_is_away,
}


def issuing(prepare: Callable[[], dict[str, Any]]) -> Recipe:
    return lambda _kitchen: Call("POST", "bonus-grants", as_json(prepare())).send()


def bad_config(kitchen: Kitchen) -> Any:
    return kitchen.good().send(
        body=as_json({**(TEMPLATE if kitchen.operation == "createTemplate" else {}), "config": {}})
    )


def an_ended_grant(_kitchen: Kitchen) -> Any:
    return Call("POST", f"bonus-grants/{a_grant(status='completed').pk}/cancel").send()


def a_platform_that_can_not_cancel(_kitchen: Kitchen) -> Any:
    grant = GrantFactory(adapter=AdapterFactory(kind=KIND, capabilities=["issue"]))
    return Call("POST", f"bonus-grants/{grant.pk}/cancel").send()


def campaign_with(**needed: Any) -> Recipe:
    """Made or changed so that it needs this."""
    return lambda kitchen: kitchen.good().send(
        body=as_json(needed if kitchen.operation == "changeCampaign" else a_new_campaign(**needed))
    )


def of_a_reload(kitchen: Kitchen) -> Any:
    return campaign_with(template_id=str(TemplateFactory(type="reload").pk))(kitchen)


def an_ended_campaign(kitchen: Kitchen) -> Any:
    call = kitchen.good()
    Campaign.objects.update(status="cancelled")
    return call.send()


def too_costly(kitchen: Kitchen) -> Any:
    kitchen.settings.CAMPAIGN_APPROVAL_THRESHOLD = 0
    AdapterFactory(kind=KIND)
    PlayerFactory()
    return kitchen.good().send()


def not_as_shown(kitchen: Kitchen) -> Any:
    return kitchen.good().send(body=as_json({"hash": "0" * 64}))


def a_planned_campaign(kitchen: Kitchen) -> Any:
    call = kitchen.good()
    CampaignFactory(segment=Segment.objects.get(), status="scheduled", scheduled_at=timezone.now())
    return call.send()


def a_paused_template(kitchen: Kitchen) -> Any:
    call = kitchen.good()
    BonusTemplate.objects.update(status="paused")
    return call.send()


def a_full_stop(kitchen: Kitchen) -> Any:
    call = kitchen.good()
    Stop.objects.create(key="all", scope="all", reason="incident", set_by="olga")
    return call.send()


def a_signed(body: bytes) -> Any:
    return a_webhook().send(body=body, headers=tuple(ucrm_headers(body).items()))


OWN: dict[tuple[str, str], Recipe] = {
    **{("issueGrant", code): issuing(prepare) for prepare, _, code in REFUSALS},
    ("createTemplate", "BONUS_CONFIG_INVALID"): bad_config,
    ("changeTemplate", "BONUS_CONFIG_INVALID"): bad_config,
    ("cancelGrant", "GRANT_NOT_CANCELLABLE"): an_ended_grant,
    ("cancelGrant", "ADAPTER_CAPABILITY_MISSING"): a_platform_that_can_not_cancel,
    **{
        (name, code): recipe
        for name in ("createCampaign", "changeCampaign")
        for code, recipe in {
            "SEGMENT_NOT_FOUND": campaign_with(segment_id=UNKNOWN),
            "BONUS_TEMPLATE_NOT_FOUND": campaign_with(template_id=UNKNOWN),
            "BONUS_DEPOSIT_AMOUNT_REQUIRED": of_a_reload,
        }.items()
    },
    ("changeCampaign", "CAMPAIGN_NOT_EDITABLE"): an_ended_campaign,
    **{
        (f"{told}Campaign", "CAMPAIGN_NOT_ISSUABLE"): an_ended_campaign
        for told in ("issue", "pause", "resume", "cancel")
    },
    **{
        (name, code): recipe
        for name in ("issueCampaign", "resumeCampaign")
        for code, recipe in {"BONUS_TEMPLATE_NOT_ACTIVE": a_paused_template, "ISSUING_STOPPED": a_full_stop}.items()
    },
    ("issueCampaign", "APPROVAL_REQUIRED"): too_costly,
    ("resumeCampaign", "APPROVAL_REQUIRED"): too_costly,
    ("approveCampaign", "APPROVAL_REQUIRED"): not_as_shown,
    ("approveCampaign", "CAMPAIGN_NOT_EDITABLE"): an_ended_campaign,
    ("removeSegment", "SEGMENT_IN_USE"): a_planned_campaign,
    ("receiveBonusEvent", "FORBIDDEN"): lambda kitchen: kitchen.good().send(body=b"{}"),
    ("receiveBonusEvent", "NOT_FOUND"): lambda _: a_signed(report(uuid.UUID(UNKNOWN), "bonus.credited")),
    ("receiveBonusEvent", "VALIDATION_ERROR"): lambda _: a_signed(b"{"),
}
