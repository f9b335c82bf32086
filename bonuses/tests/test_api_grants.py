import json
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bonuses.lifecycle import Status
from bonuses.models import Grant, GrantTransition
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from integrations.models import ExchangeRate
from integrations.platforms.base import PlatformBonus

pytestmark = pytest.mark.django_db

UNKNOWN = "0190f5a0-1d3c-7c3e-9a62-0d7f1f6c1d11"
NOON = datetime(2025, 1, 31, 12, tzinfo=UTC)


def data(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json()["data"]


def ids(response: Any) -> list[str]:
    return [row["id"] for row in data(response)]


def test_issue_as_in_the_reference(api: ApiClient, platform: type[FakePlatform]) -> None:
    AdapterFactory(kind=KIND)
    ExchangeRate.objects.create(base="EUR", quote="USD", rate=Decimal("1.25"), valid_from=NOON, source="test")
    player = PlayerFactory()
    template = TemplateFactory(
        type="deposit_match",
        wagering_requirement_multiplier=30,
        wagering_basis="bonus_plus_deposit",
        time_limit_hours=720,
    )
    body = {
        "template_id": str(template.pk),
        "player_id": str(player.pk),
        "granted_by_kind": "manual",
        "granted_by_id": None,
        "deposit_amount": 10000,
        "currency_override": "USD",
    }
    row = data(api.post("bonus-grants", body), 201)
    times = {name: row.pop(name) for name in ("created_at", "activated_at", "expires_at", "updated_at")}
    assert row == {
        "id": row["id"],
        "template_id": str(template.pk),
        "player_id": str(player.pk),
        "campaign_id": None,
        "status": "active",
        "amount": 10000,
        "currency": "USD",
        "deposit_amount": 10000,
        "wagering_required": 600000,
        "wagering_progress": 0,
        "locked_amount": row["locked_amount"],
        "bonus_turned_real": None,
        "exchange_rate": "0.8",
        "adapter": "acme",
        "platform_bonus_id": "pb-1",
        "granted_by_kind": "manual",
        "granted_by_id": None,
        "terms": template.revision.terms,
        "failure": None,
        "meta": {},
        "fasttrack_references": {},
        "ended_at": None,
    }
    assert all(time.endswith("Z") for time in times.values())
    created, expires = (datetime.fromisoformat(times[name]) for name in ("created_at", "expires_at"))
    assert expires - created == timedelta(hours=720)
    assert data(api.get(f"bonus-grants/{row['id']}")) == {**row, **times}
    assert [order.grant_id for order in platform.asked] == [uuid.UUID(row["id"])]


def order(**fields: Any) -> dict[str, Any]:
    AdapterFactory(kind=KIND)
    ids = {"template_id": str(TemplateFactory().pk), "player_id": str(PlayerFactory().pk)}
    return {**ids, "granted_by_kind": "api", **fields}


def test_pending_until_the_player_claims_it(api: ApiClient, platform: type[FakePlatform]) -> None:
    platform.answer = staticmethod(lambda: PlatformBonus("pb-2", "pending"))
    row = data(api.post("bonus-grants", order()), 201)
    assert (row["status"], row["platform_bonus_id"], row["activated_at"]) == ("pending", "pb-2", None)


@pytest.mark.usefixtures("platform")
def test_meta_and_references_are_kept(api: ApiClient) -> None:
    meta = {"a": [1, 2.5, None, True, {"ä": "🎁"}], "big": 2**53 - 1}
    run = str(uuid.uuid4())
    body = order(meta=meta, fasttrack_references={"id": 1, "other": "x"}, granted_by_kind="journey", granted_by_id=run)
    row = data(api.post("bonus-grants", body), 201)
    assert (row["meta"], row["fasttrack_references"]) == (meta, {"id": 1, "other": "x"})
    assert (row["granted_by_kind"], row["granted_by_id"]) == ("journey", run)


@pytest.mark.usefixtures("platform")
def test_references_from_headers_and_the_body_wins(api: ApiClient) -> None:
    headers = {
        "X-Fasttrack-Id": "1",
        "X-Fasttrack-Actionid": "2",
        "X-Fasttrack-Actiongroupid": "3",
        "X-Fasttrack-Actioncommunicationprofileid": "4",
        "X-Fasttrack-Activityid": "5",
        "X-Fasttrack-Triggerhash": "6",
    }
    row = data(api.post("bonus-grants", order(fasttrack_references={"action_id": "mine"}), headers=headers), 201)
    assert row["fasttrack_references"] == {
        "id": "1",
        "action_id": "mine",
        "action_group_id": "3",
        "action_communication_profile_id": "4",
        "activity_id": "5",
        "trigger_hash": "6",
    }


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize(
    "fields",
    [
        {"deposit_amount": 5},
        {"loss_amount": 0},
        dict.fromkeys(
            ("granted_by_id", "deposit_amount", "loss_amount", "currency_override", "meta", "fasttrack_references")
        ),
    ],
)
def test_known_fields_that_do_not_apply_do_no_harm(api: ApiClient, fields: dict[str, Any]) -> None:
    row = data(api.post("bonus-grants", order(**fields)), 201)
    assert (row["amount"], row["deposit_amount"]) == (1000, fields.get("deposit_amount"))


def test_the_row_in_all_its_forms(api: ApiClient) -> None:
    grant = GrantFactory(
        status=Status.FAILED,
        failure_code="PLAYER_BLOCKED",
        failure_message="No.",
        progress_hundredths=12399,
        exchange_rate=Decimal("0.000012500000"),
    )
    row = data(api.get(f"bonus-grants/{grant.pk}"))
    assert row["failure"] == {"code": "PLAYER_BLOCKED", "message": "No."}
    assert (row["wagering_progress"], row["exchange_rate"], row["platform_bonus_id"]) == (123, "0.0000125", None)


def test_filters(api: ApiClient) -> None:
    player, template, campaign = PlayerFactory(), TemplateFactory(), uuid.uuid4()
    wanted = GrantFactory(
        player=player, template=template, campaign_id=campaign, status=Status.PENDING, granted_by_kind="campaign"
    )
    GrantFactory()
    for query in (
        {"player_id": player.pk},
        {"player_external_id": player.external_id},
        {"template_id": template.pk},
        {"campaign_id": campaign},
        {"platform_bonus_id": wanted.platform_bonus_id},
        {"status": "pending"},
        {"granted_by_kind": "campaign"},
        {"player_id": player.pk, "template_id": "", "status": "pending"},
    ):
        assert ids(api.get("bonus-grants", **query)) == [str(wanted.pk)], query
    assert ids(api.get("bonus-grants", player_id=uuid.uuid4())) == []
    assert ids(api.get("bonus-grants", player_id=player.pk, status="active")) == []


def test_created_between(api: ApiClient) -> None:
    first, second, third = (str(GrantFactory(created_at=NOON + timedelta(hours=n)).pk) for n in range(3))
    one_o_clock = "2025-01-31T13:00:00Z"
    assert ids(api.get("bonus-grants", created_after=one_o_clock)) == [third, second]
    assert ids(api.get("bonus-grants", created_before=one_o_clock)) == [first]
    assert ids(
        api.get("bonus-grants", created_after="2025-01-31T13:30:00+01:00", created_before="2025-01-31T13:00:00.5Z")
    ) == [second]


@pytest.mark.parametrize(
    "query",
    [
        {"player_id": "5"},
        {"template_id": "a" * 32},
        {"campaign_id": "{00000000-0000-7000-8000-000000000000}"},
        {"status": "ACTIVE"},
        {"granted_by_kind": "person"},
        {"platform_bonus_id": "\x00"},
        {"player_external_id": "\x00"},
        {"created_after": "yesterday"},
        {"created_after": "2025-01-31"},
        {"created_after": "2025-01-31T12:00:00"},
        {"created_after": "2025-02-31T12:00:00Z"},
        {"created_before": "0001-01-01T00:00:00+23:59"},
        {"created_before": "9999-12-31T23:59:59-23:59"},
        {"created_before": "1738324800"},
    ],
)
def test_unusable_filter(api: ApiClient, query: dict[str, str]) -> None:
    response = api.get("bonus-grants", **query)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "VALIDATION_ERROR")
    assert list(response.json()["error"]["details"]) == list(query)


def test_a_page_of_grants_is_one_query(api: ApiClient, django_assert_num_queries: Any) -> None:
    GrantFactory.create_batch(5)
    with django_assert_num_queries(1):
        assert len(ids(api.get("bonus-grants"))) == 5


@pytest.mark.parametrize("pk", [UNKNOWN, "x"])
def test_unknown_grant(api: ApiClient, pk: str) -> None:
    for response in (
        api.get(f"bonus-grants/{pk}"),
        api.get(f"bonus-grants/{pk}/transitions"),
        api.post(f"bonus-grants/{pk}/cancel"),
    ):
        assert (response.status_code, response.json()["error"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.usefixtures("platform")
def test_transitions_oldest_first(api: ApiClient) -> None:
    grant = data(api.post("bonus-grants", order()), 201)
    assert api.post(f"bonus-grants/{grant['id']}/cancel", {"reason": "mistake"}).status_code == 200
    body = api.get(f"bonus-grants/{grant['id']}/transitions").json()
    assert body["meta"] == {"count": len(body["data"]), "next_cursor": None}
    changes = [(row["seq"], row["from"], row["to"], row["cause"], row["actor"]) for row in body["data"]]
    assert changes == [
        (1, None, "queued", "api", "service"),
        (2, "queued", "active", "api", "service"),
        (3, "active", "cancelled", "api", "service"),
    ]
    assert body["data"][-1]["reason"] == "mistake"
    assert all(row["at"].endswith("Z") for row in body["data"])


@pytest.mark.parametrize("body", [None, {}, {"reason": "mistake"}, {"reason": None}])
def test_cancel(api: ApiClient, platform: type[FakePlatform], body: Any) -> None:
    grant = GrantFactory(adapter=AdapterFactory(kind=KIND))
    raw = b"" if body is None else json.dumps(body).encode()
    row = data(api.send("POST", f"bonus-grants/{grant.pk}/cancel", raw, "application/json" if raw else ""))
    assert (row["id"], row["status"]) == (str(grant.pk), "cancelled")
    assert row["ended_at"] is not None
    assert [asked.platform_bonus_id for asked in platform.asked] == [grant.platform_bonus_id]
    assert GrantTransition.objects.get().reason == ((body or {}).get("reason") or "")


def test_cancel_before_the_platform_was_asked(api: ApiClient, platform: type[FakePlatform]) -> None:
    grant = GrantFactory(adapter=AdapterFactory(kind=KIND), status=Status.QUEUED)
    assert data(api.post(f"bonus-grants/{grant.pk}/cancel"))["status"] == "cancelled"
    assert platform.asked == []
    assert Grant.objects.get().slot is None
