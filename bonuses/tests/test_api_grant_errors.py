"""Every refusal of issuing and cancelling: its status, its code, and that nothing changed."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import models

from bonuses.lifecycle import ENDED, Status
from bonuses.models import BonusTemplate, Grant, GrantTransition, Player, Stop
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from integrations.models import Adapter, OutgoingEvent
from integrations.platforms.base import PlatformRefused, PlatformTrouble

pytestmark = pytest.mark.django_db

UNKNOWN = "00000000-0000-7000-8000-000000000000"


def everything() -> list[list[dict[str, Any]]]:
    tables: list[type[models.Model]] = [Grant, GrantTransition, OutgoingEvent]
    return [list(table._default_manager.order_by("pk").values()) for table in tables]


def refused(response: Any, status: int, code: str) -> Any:
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code), error
    assert error["message"]
    return error.get("details", {})


def order(
    template: dict[str, Any] | None = None, player: dict[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    if not Adapter.objects.exists():
        AdapterFactory(kind=KIND)
    ids = {
        "template_id": str(TemplateFactory(**(template or {})).pk),
        "player_id": str(PlayerFactory(**(player or {})).pk),
    }
    return {**ids, "granted_by_kind": "api", **fields}


def at_its_limit() -> dict[str, Any]:
    body = order()
    GrantFactory(
        template=BonusTemplate.objects.get(pk=body["template_id"]), player=Player.objects.get(pk=body["player_id"])
    )
    return body


def without_adapter() -> dict[str, Any]:
    AdapterFactory(kind=KIND, is_default=False, origins=["elsewhere"])
    return order()


def with_an_adapter_that_can_not_issue() -> dict[str, Any]:
    AdapterFactory(kind=KIND, capabilities=["cancel"])
    return order()


def stopped() -> dict[str, Any]:
    Stop.objects.create(key="all", scope="all", reason="incident", set_by="olga")
    return order()


MATCH: dict[str, Any] = {"type": "deposit_match"}
CASHBACK: dict[str, Any] = {"type": "cashback"}

REFUSALS: list[tuple[Callable[[], dict[str, Any]], int, str]] = [
    (lambda: order(template_id=UNKNOWN), 404, "BONUS_TEMPLATE_NOT_FOUND"),
    (lambda: order(player_id=UNKNOWN), 404, "PLAYER_NOT_FOUND"),
    (lambda: order({"status": "paused"}), 422, "BONUS_TEMPLATE_NOT_ACTIVE"),
    (lambda: order({"status": "archived"}), 422, "BONUS_TEMPLATE_NOT_ACTIVE"),
    (lambda: order(player={"status": "self_excluded"}), 422, "PLAYER_BLOCKED"),
    (lambda: order(player={"status": "bonus_blocked"}), 422, "PLAYER_BLOCKED"),
    (lambda: order(player={"status": "banned"}), 422, "PLAYER_BLOCKED"),
    (lambda: order(MATCH), 422, "BONUS_DEPOSIT_AMOUNT_REQUIRED"),
    (lambda: order({"type": "reload"}, deposit_amount=1), 422, "BONUS_NOT_ELIGIBLE"),
    (lambda: order(CASHBACK, loss_amount=999), 422, "BONUS_NOT_ELIGIBLE"),
    (lambda: order(CASHBACK), 422, "BONUS_NOT_ELIGIBLE"),
    (lambda: order(currency_override="USD"), 422, "EXCHANGE_RATE_MISSING"),
    (without_adapter, 422, "ADAPTER_NOT_CONFIGURED"),
    (with_an_adapter_that_can_not_issue, 422, "ADAPTER_CAPABILITY_MISSING"),
    (at_its_limit, 409, "BONUS_GRANT_LIMIT_REACHED"),
    (stopped, 503, "ISSUING_STOPPED"),
]


@pytest.mark.parametrize(("prepare", "status", "code"), REFUSALS)
def test_refused_before_the_platform_is_asked(
    api: ApiClient, platform: type[FakePlatform], prepare: Callable[[], dict[str, Any]], status: int, code: str
) -> None:
    body = prepare()
    before = everything()
    response = api.post("bonus-grants", body)
    refused(response, status, code)
    assert everything() == before
    assert platform.asked == []
    assert ("Retry-After" in response) == (status == 503)


BAD_FIELDS: list[tuple[str, Any]] = [
    ("template_id", None),
    ("template_id", "5"),
    ("template_id", 5),
    ("template_id", "a" * 32),
    ("template_id", "urn:uuid:00000000-0000-7000-8000-000000000000"),
    ("player_id", True),
    ("granted_by_kind", "person"),
    ("granted_by_kind", None),
    ("granted_by_id", "x"),
    ("deposit_amount", 0),
    ("deposit_amount", "10000"),
    ("deposit_amount", 100.0),
    ("deposit_amount", True),
    ("deposit_amount", 2**53),
    ("loss_amount", -1),
    ("currency_override", "usd"),
    ("currency_override", ""),
    ("currency_override", 840),
    ("meta", []),
    ("meta", "x"),
    ("fasttrack_references", []),
    ("deposit", 5),
    ("campaign_id", UNKNOWN),
    ("request_key", "x"),
]


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS)
def test_bad_field_is_named(api: ApiClient, platform: type[FakePlatform], field: str, value: Any) -> None:
    details = refused(api.post("bonus-grants", order(**{field: value})), 422, "VALIDATION_ERROR")
    assert list(details) == [field]
    assert everything() == [[], [], []]
    assert platform.asked == []


def test_checks_run_in_their_order(api: ApiClient, platform: type[FakePlatform]) -> None:
    """Everything is wrong at once; what is named first is put right first."""
    AdapterFactory(kind=KIND, is_default=False)
    template = TemplateFactory(type="deposit_match", status="paused")
    player = PlayerFactory(status="banned")
    stop = Stop.objects.create(key="all", scope="all", reason="incident", set_by="olga")
    body: dict[str, Any] = {"template_id": UNKNOWN, "player_id": UNKNOWN, "granted_by_kind": "nobody"}

    def answers(status: int, code: str) -> None:
        refused(api.post("bonus-grants", body), status, code)

    answers(422, "VALIDATION_ERROR")
    body["granted_by_kind"] = "manual"
    answers(503, "ISSUING_STOPPED")
    stop.delete()
    answers(404, "BONUS_TEMPLATE_NOT_FOUND")
    body["template_id"] = str(template.pk)
    answers(422, "BONUS_TEMPLATE_NOT_ACTIVE")
    template.status = "active"
    template.save()
    answers(404, "PLAYER_NOT_FOUND")
    body["player_id"] = str(player.pk)
    answers(422, "PLAYER_BLOCKED")
    player.status = "active"
    player.save()
    answers(422, "BONUS_DEPOSIT_AMOUNT_REQUIRED")
    body["deposit_amount"] = 10000
    answers(422, "ADAPTER_NOT_CONFIGURED")
    Adapter.objects.update(is_default=True)
    held = GrantFactory(template=template, player=player)
    answers(409, "BONUS_GRANT_LIMIT_REACHED")
    Grant.objects.filter(pk=held.pk).delete()
    assert Grant.objects.count() == 0
    assert platform.asked == []
    assert api.post("bonus-grants", body).status_code == 201


def test_platform_refuses_the_grant(api: ApiClient, platform: type[FakePlatform]) -> None:
    platform.fails(PlatformRefused("TEMPLATE_NOT_SUPPORTED", "Not here."))
    details = refused(api.post("bonus-grants", order()), 502, "ADAPTER_REJECTED")
    grant = Grant.objects.get()
    assert details == {
        "grant_id": str(grant.pk),
        "platform_code": "TEMPLATE_NOT_SUPPORTED",
        "platform_message": "Not here.",
    }
    row = api.get(f"bonus-grants/{grant.pk}").json()["data"]
    assert row["status"] == "failed"
    assert row["failure"] == {"code": "TEMPLATE_NOT_SUPPORTED", "message": "Not here."}
    assert OutgoingEvent.objects.count() == 0


@pytest.mark.parametrize("sent", [True, False])
def test_platform_can_not_be_reached(api: ApiClient, platform: type[FakePlatform], sent: bool) -> None:
    platform.fails(PlatformTrouble("time-out", sent=sent))
    response = api.post("bonus-grants", order())
    details = refused(response, 503, "ADAPTER_UNAVAILABLE")
    grant = Grant.objects.get()
    assert details == {"grant_id": str(grant.pk)}
    assert int(response["Retry-After"]) >= 1
    assert (grant.status, grant.slot is not None, grant.next_attempt_at is not None) == (Status.QUEUED, True, True)
    assert OutgoingEvent.objects.count() == 0


@pytest.mark.parametrize("status", sorted(ENDED))
def test_ended_grant_can_not_be_cancelled(api: ApiClient, platform: type[FakePlatform], status: Status) -> None:
    grant = GrantFactory(adapter=AdapterFactory(kind=KIND), status=status)
    before = everything()
    refused(api.post(f"bonus-grants/{grant.pk}/cancel"), 409, "GRANT_NOT_CANCELLABLE")
    assert everything() == before
    assert platform.asked == []


@pytest.mark.parametrize("body", [{"reason": 5}, {"reason": "x" * 501}, {"why": "x"}])
def test_bad_cancel_changes_nothing(api: ApiClient, platform: type[FakePlatform], body: dict[str, Any]) -> None:
    grant = GrantFactory(adapter=AdapterFactory(kind=KIND))
    before = everything()
    assert list(refused(api.post(f"bonus-grants/{grant.pk}/cancel", body), 422, "VALIDATION_ERROR")) == list(body)
    assert everything() == before
    assert platform.asked == []


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (PlatformRefused("BUSY", "Not now."), 502, "ADAPTER_REJECTED"),
        (PlatformTrouble("time-out", sent=True), 503, "ADAPTER_UNAVAILABLE"),
        (PlatformTrouble("refused", sent=False), 503, "ADAPTER_UNAVAILABLE"),
    ],
)
def test_cancel_that_the_platform_does_not_carry_out_is_kept(
    api: ApiClient, platform: type[FakePlatform], error: Exception, status: int, code: str
) -> None:
    platform.fails(error)
    grant = GrantFactory(adapter=AdapterFactory(kind=KIND))
    response = api.post(f"bonus-grants/{grant.pk}/cancel", {"reason": "mistake"})
    assert refused(response, status, code)["grant_id"] == str(grant.pk)
    assert ("Retry-After" in response) == (status == 503)
    kept = Grant.objects.get()
    assert (kept.status, kept.wish, kept.wish_reason) == (Status.ACTIVE, Status.CANCELLED, "mistake")
    assert GrantTransition.objects.count() == 0


def test_cancel_on_a_platform_that_can_not(api: ApiClient, platform: type[FakePlatform]) -> None:
    grant = GrantFactory(adapter=AdapterFactory(kind=KIND, capabilities=["issue"]))
    before = everything()
    refused(api.post(f"bonus-grants/{grant.pk}/cancel"), 422, "ADAPTER_CAPABILITY_MISSING")
    assert everything() == before
    assert platform.asked == []


def test_unknown_ids_stay_unknown(api: ApiClient) -> None:
    refused(api.post(f"bonus-grants/{uuid.uuid4()}/cancel"), 404, "NOT_FOUND")
