from typing import Any

import pytest

from bonusdesk.tests.contract import body_faults, check_answer
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import PlayerFactory
from campaigns.models import Segment, SegmentMember
from campaigns.services.remove_segment import remove_segment
from campaigns.tests.factories import CampaignFactory, SegmentFactory, list_of

pytestmark = pytest.mark.django_db

RULES: dict[str, Any] = {"field": "total_deposited", "op": "gte", "value": 100}


def data(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json()["data"]


def refused(response: Any, status: int, code: str) -> Any:
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code), error
    return error.get("details", {})


def test_rules_come_back_as_they_were_sent(api: ApiClient) -> None:
    rules = {"any": [RULES, {"not": {"value": [1, 2.5, "x", True], "op": "nin", "field": "attributes.a b"}}]}
    made = data(api.post("segments", {"name": "Depositors", "rules": rules}), 201)
    assert {name: made[name] for name in ("name", "kind", "rules", "member_count")} == {
        "name": "Depositors",
        "kind": "rules",
        "rules": rules,
        "member_count": None,
    }
    assert data(api.get(f"segments/{made['id']}")) == made
    assert data(api.get("segments")) == [made]


def test_a_fixed_list(api: ApiClient) -> None:
    for external_id in "abc":
        PlayerFactory(external_id=external_id)
    made = data(api.post("segments", {"name": "Invited", "external_ids": ["a", "b", "b"]}), 201)
    assert (made["kind"], made["rules"], made["member_count"]) == ("list", None, 2)
    changed = data(api.patch(f"segments/{made['id']}", {"external_ids": ["c"]}))
    assert (changed["name"], changed["member_count"]) == ("Invited", 1)
    empty = data(api.patch(f"segments/{made['id']}", {"name": "Nobody", "external_ids": []}))
    assert (empty["name"], empty["member_count"]) == ("Nobody", 0)


def test_the_longest_list(api: ApiClient) -> None:
    ids = [f"{n:0>200}" for n in range(10_000)]
    PlayerFactory(external_id=ids[9_999])
    details = refused(api.post("segments", {"name": "A", "external_ids": ids}), 422, "VALIDATION_ERROR")
    assert details["external_ids.99"] == "There is no such player."
    details = refused(api.post("segments", {"name": "A", "external_ids": [*ids, "x"]}), 422, "VALIDATION_ERROR")
    assert list(details) == ["external_ids"]
    assert Segment.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["name"]),
        ({"name": "A"}, ["rules"]),
        ({"name": "A", "rules": None}, ["rules"]),
        ({"name": "A", "rules": RULES, "external_ids": []}, ["rules"]),
        ({"name": " ", "rules": RULES}, ["name"]),
        ({"name": "A", "rules": RULES, "kind": "rules"}, ["kind"]),
        ({"name": "A", "rules": []}, ["rules"]),
        ({"name": "A", "rules": {"all": [RULES, {"all": [{**RULES, "value": "1"}]}]}}, ["rules.all.1.all.0.value"]),
        ({"name": "A", "external_ids": ["", "a"]}, ["external_ids.0"]),
        ({"name": "A", "external_ids": ["a", 5]}, ["external_ids.1"]),
        ({"name": "A", "external_ids": ["unknown"]}, ["external_ids.0"]),
        ({"name": "A", "external_ids": "a"}, ["external_ids"]),
    ],
)
def test_bad_body_is_named_and_makes_nothing(api: ApiClient, body: dict[str, Any], paths: list[str]) -> None:
    assert list(refused(api.post("segments", body), 422, "VALIDATION_ERROR")) == paths
    assert Segment.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": None}, "name"),
        ({"rules": None}, "rules"),
        ({"rules": {"not": {}}}, "rules.not"),
        ({"external_ids": []}, "external_ids"),
        ({"kind": "list"}, "kind"),
    ],
)
def test_bad_change_is_named_and_changes_nothing(api: ApiClient, changes: dict[str, Any], path: str) -> None:
    segment = SegmentFactory()
    before = data(api.get(f"segments/{segment.pk}"))
    assert list(refused(api.patch(f"segments/{segment.pk}", changes), 422, "VALIDATION_ERROR")) == [path]
    assert data(api.get(f"segments/{segment.pk}")) == before


def test_an_empty_change_changes_nothing(api: ApiClient) -> None:
    segment = SegmentFactory(name="A")
    assert data(api.patch(f"segments/{segment.pk}", {}))["name"] == "A"


def test_filters(api: ApiClient) -> None:
    rules, listed = SegmentFactory(name="Big Spenders"), list_of([])
    assert [row["id"] for row in data(api.get("segments"))] == [str(listed.pk), str(rules.pk)]
    assert [row["id"] for row in data(api.get("segments", kind="list"))] == [str(listed.pk)]
    assert [row["id"] for row in data(api.get("segments", q="big sp"))] == [str(rules.pk)]
    assert data(api.get("segments", q="%")) == []
    for query in ({"kind": "else"}, {"q": "\x00"}):
        assert list(refused(api.get("segments", **query), 422, "VALIDATION_ERROR")) == list(query)


def test_removing(api: ApiClient) -> None:
    segment = list_of([PlayerFactory()])
    assert api.delete(f"segments/{segment.pk}").status_code == 204
    refused(api.delete(f"segments/{segment.pk}"), 404, "SEGMENT_NOT_FOUND")
    assert SegmentMember.objects.count() == 0


def test_a_segment_in_use_is_not_removed(api: ApiClient) -> None:
    campaign = CampaignFactory()
    details = refused(api.delete(f"segments/{campaign.segment_id}"), 409, "SEGMENT_IN_USE")
    assert details == {"campaigns": [str(campaign.pk)]}
    data(api.get(f"segments/{campaign.segment_id}"))


def test_a_removed_segment_is_not_there(api: ApiClient) -> None:
    segment = CampaignFactory(status="cancelled").segment
    remove_segment(segment_id=segment.pk)
    assert data(api.get("segments")) == []
    for response in (
        api.get(f"segments/{segment.pk}"),
        api.patch(f"segments/{segment.pk}", {"name": "B"}),
        api.delete(f"segments/{segment.pk}"),
        api.post(f"segments/{segment.pk}/preview"),
    ):
        refused(response, 404, "SEGMENT_NOT_FOUND")


@pytest.mark.parametrize("pk", ["00000000-0000-4000-8000-000000000000", "x"])
def test_an_unknown_segment(api: ApiClient, pk: str) -> None:
    for response in (
        api.get(f"segments/{pk}"),
        api.patch(f"segments/{pk}", {}),
        api.delete(f"segments/{pk}"),
        api.post(f"segments/{pk}/preview"),
    ):
        refused(response, 404, "SEGMENT_NOT_FOUND")


def test_preview_counts_and_shows_the_newest(api: ApiClient) -> None:
    PlayerFactory(total_deposited=99)
    inside = [PlayerFactory(total_deposited=100) for _ in range(12)]
    segment = SegmentFactory(rules=RULES)
    found = data(api.post(f"segments/{segment.pk}/preview"))
    assert found["count"] == 12
    assert [row["id"] for row in found["sample"]] == [str(player.pk) for player in reversed(inside[2:])]
    assert found["sample"][0] == data(api.get(f"players/{inside[-1].pk}"))


def test_preview_of_a_list(api: ApiClient) -> None:
    player, _ = PlayerFactory(), PlayerFactory()
    found = data(api.post(f"segments/{list_of([player]).pk}/preview", {}))
    assert (found["count"], [row["id"] for row in found["sample"]]) == (1, [str(player.pk)])


def test_preview_takes_no_fields(api: ApiClient) -> None:
    details = refused(api.post(f"segments/{SegmentFactory().pk}/preview", {"limit": 5}), 422, "VALIDATION_ERROR")
    assert list(details) == ["limit"]


VIP = {"field": "attributes.vip", "op": "eq", "value": True}


@pytest.mark.parametrize(
    "rules",
    [
        RULES,
        VIP,
        {"all": [RULES, {"any": [VIP]}, {"not": {"not": VIP}}]},
        {"field": "country", "op": "exists"},
        {"field": "country", "op": "exists", "value": None},
        {**RULES, "op": "contains"},
        {**RULES, "value": 1.5},
        {**RULES, "value": [1]},
        {**RULES, "op": "in", "value": [1]},
        {**RULES, "op": "nin", "value": []},
        {**RULES, "op": "in", "value": [1] * 1001},
        {**RULES, "typo": 1},
        {**VIP, "op": "gt"},
        {**VIP, "op": "gt", "value": 1.5},
        {**VIP, "op": "lte", "value": "2025-01-31"},
        {**VIP, "op": "contains", "value": "x"},
        {**VIP, "op": "in", "value": [True, 1, "x"]},
        {**VIP, "op": "in", "value": [None]},
        {**VIP, "value": None},
        {**VIP, "value": {}},
        {**VIP, "value": 2**53},
        {**VIP, "value": "x" * 501},
        {**VIP, "field": "attributes."},
        {**VIP, "field": "attributes." + "x" * 201},
        {**VIP, "field": "password"},
        {"field": "attributes.vip", "op": "eq"},
        {"field": "id", "op": "in", "value": ["0194b8f1-0c7d-7b22-8e11-2a3b4c5d6e71"]},
        {"field": "id", "op": "eq", "value": "x"},
        {"field": "currency", "op": "eq", "value": "EUR"},
        {"field": "currency", "op": "eq", "value": "XXX"},
        {"field": "status", "op": "eq", "value": "banned"},
        {"field": "status", "op": "eq", "value": "gone"},
        {"field": "country", "op": "eq", "value": "DE"},
        {"field": "country", "op": "eq", "value": ""},
        {"field": "origin", "op": "contains", "value": ""},
        {"field": "origin", "op": "gt", "value": "a"},
        {"field": "created_at", "op": "gt", "value": "2025-01-31T12:00:00Z"},
        {"field": "created_at", "op": "gt", "value": "2025-01-31"},
        {"all": []},
        {"any": {}},
        {"not": None},
        {"all": [RULES], "not": RULES},
        {},
        [],
        "x",
    ],
)
def test_the_document_refuses_what_the_api_refuses(api: ApiClient, rules: Any) -> None:
    body = {"name": "A", "rules": rules}
    response = api.post("segments", body)
    assert response.status_code in (201, 422)
    assert (body_faults("createSegment", body) == []) is (response.status_code == 201), response.content
    check_answer("createSegment", response)
