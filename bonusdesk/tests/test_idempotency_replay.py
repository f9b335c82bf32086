"""A POST that was answered is not done again under its key, and the answer is given again as it was."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from bonusdesk.api.idempotency import IdempotencyMiddleware
from bonusdesk.models import IdempotencyKey
from bonusdesk.tests.keyed import KEY, PLAYER, TEMPLATE, grant_of, order, post, told
from bonuses.api.grants import GrantViewSet
from bonuses.models import BonusTemplate, Grant, GrantTransition, Player
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from campaigns.models import Campaign
from campaigns.tests.begun import begun
from campaigns.tests.factories import SegmentFactory

pytestmark = pytest.mark.django_db

Case = Callable[[], tuple[str, Any]]


def a_grant_to_cancel() -> tuple[str, Any]:
    return f"bonus-grants/{GrantFactory(adapter=AdapterFactory(kind=KIND)).pk}/cancel", {"reason": "mistake"}


def a_campaign() -> tuple[str, Any]:
    ids = {"segment_id": str(SegmentFactory().pk), "template_id": str(TemplateFactory().pk)}
    return "bonus-campaigns", {"name": "January", **ids}


def telling(action: str, status: str = "draft") -> Case:
    """A campaign in this state what to do."""
    return lambda: (f"bonus-campaigns/{begun(status).pk}/{action}", {})


CASES: dict[str, tuple[Case, int]] = {
    "template": (lambda: ("bonus-templates", TEMPLATE), 201),
    "grant": (lambda: ("bonus-grants", order()), 201),
    "cancel": (a_grant_to_cancel, 200),
    "campaign": (a_campaign, 201),
    "issue": (telling("issue"), 202),
    "pause": (telling("pause", "issuing"), 200),
    "resume": (telling("resume", "paused"), 200),
    "cancel a campaign": (telling("cancel"), 200),
    "identify": (lambda: ("players/identify", PLAYER), 201),
    "batch": (lambda: ("players/identify/batch", {"players": [PLAYER, {"external_id": "x"}]}), 200),
}


def counts() -> list[int]:
    return [model._default_manager.count() for model in (BonusTemplate, Grant, GrantTransition, Player, Campaign)]


@pytest.mark.parametrize("case", CASES)
def test_every_post_is_done_once(api: ApiClient, platform: type[FakePlatform], case: str) -> None:
    prepare, status = CASES[case]
    path, body = prepare()
    first = post(api, path, body)
    assert told(first) == (status, "", False)
    after = (counts(), len(platform.asked))
    for _ in range(2):
        again = post(api, path, body)
        assert told(again) == (status, "", True)
        assert (again.content, again["Content-Type"]) == (first.content, first["Content-Type"])
    assert (counts(), len(platform.asked)) == after
    row = IdempotencyKey.objects.get()
    assert (row.caller, row.key, row.status, row.running_until, row.is_final) == ("service", KEY, status, None, True)


@pytest.mark.parametrize("case", CASES)
def test_without_a_key_it_is_done_again(api: ApiClient, platform: type[FakePlatform], case: str) -> None:
    """Else the test above would prove nothing."""
    prepare, status = CASES[case]
    path, body = prepare()
    first, again = api.post(path, body), api.post(path, body)
    assert first.status_code == status
    assert again.content != first.content
    assert "Idempotent-Replayed" not in again
    assert IdempotencyKey.objects.count() == 0


def test_the_first_answer_stays_though_the_grant_moves_on(api: ApiClient, platform: type[FakePlatform]) -> None:
    body = order()
    first = post(api, "bonus-grants", body)
    assert api.post(f"bonus-grants/{grant_of(first)}/cancel").status_code == 200
    again = post(api, "bonus-grants", body)
    assert (again.content, again.json()["data"]["status"]) == (first.content, "active")


def test_blanks_and_the_order_of_names_do_not_make_another_body(api: ApiClient) -> None:
    as_sent = json.dumps(TEMPLATE).encode()
    turned = json.dumps(dict(reversed(TEMPLATE.items())), indent=2).encode()
    assert as_sent != turned
    api.headers["Idempotency-Key"] = KEY
    first = api.send("POST", "bonus-templates", as_sent)
    again = api.send("POST", "bonus-templates?x=1", turned)
    assert (told(again), again.content) == ((201, "", True), first.content)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("bonus-templates", {**TEMPLATE, "name": "Other"}),
        ("bonus-templates", {**TEMPLATE, "bonus_code": None}),
        ("bonus-templates", {**TEMPLATE, "config": {"amount": 1001, "currency": "EUR"}}),
        ("players/identify", TEMPLATE),
        ("players/identify", PLAYER),
        ("bonus-grants", TEMPLATE),
    ],
)
def test_another_request_under_the_same_key_is_refused(api: ApiClient, path: str, body: Any) -> None:
    post(api, "bonus-templates", TEMPLATE)
    before = (counts(), list(IdempotencyKey.objects.values()))
    assert told(post(api, path, body)) == (422, "IDEMPOTENCY_KEY_REUSED", False)
    assert (counts(), list(IdempotencyKey.objects.values())) == before


def test_another_key_is_another_request(api: ApiClient, platform: type[FakePlatform]) -> None:
    body = order()
    made = {grant_of(post(api, "bonus-grants", body, key=key)) for key in ("a", "A", "a ", "b" * 255, "ü")}
    assert len(made) == len(platform.asked) == 5


@pytest.mark.parametrize("key", ["", "x" * 256, "\x00"])
def test_a_bad_key_is_named(api: ApiClient, key: str) -> None:
    response = post(api, "bonus-templates", TEMPLATE, key=key)
    assert told(response) == (422, "VALIDATION_ERROR", False)
    assert list(response.json()["error"]["details"]) == ["Idempotency-Key"]
    assert (BonusTemplate.objects.count(), IdempotencyKey.objects.count()) == (0, 0)


def signed_in(name: str, group: str) -> ApiClient:
    user = User.objects.create_user(name)
    user.groups.add(Group.objects.get(name=group))
    person = ApiClient()
    person.headers = {}
    person.client.force_login(user)
    return person


def test_each_caller_has_keys_of_its_own(api: ApiClient, platform: type[FakePlatform]) -> None:
    """Even a person who is called like the service."""
    body = order()
    callers = (api, signed_in("service", "operator"), signed_in("olga", "manager"))
    grants = [grant_of(post(caller, "bonus-grants", body)) for caller in callers]
    assert len(set(grants)) == 3
    assert [grant_of(post(caller, "bonus-grants", body)) for caller in callers] == grants
    assert len(platform.asked) == 3


def test_who_may_not_call_any_more_is_told_nothing(api: ApiClient, platform: type[FakePlatform]) -> None:
    body = order()
    olga = signed_in("olga", "operator")
    assert told(post(olga, "bonus-grants", body)) == (201, "", False)
    User.objects.get(username="olga").groups.set([Group.objects.get(name="viewer")])
    before = list(IdempotencyKey.objects.values())
    assert told(post(olga, "bonus-grants", body)) == (403, "FORBIDDEN", False)
    assert told(post(olga, "bonus-grants", body, key="other")) == (403, "FORBIDDEN", False)
    api.headers = {"X-Internal-Secret": "wrong"}
    assert told(post(api, "bonus-grants", body)) == (401, "UNAUTHENTICATED", False)
    assert list(IdempotencyKey.objects.values()) == before
    assert len(platform.asked) == 1


def test_replays_are_throttled_too(
    api: ApiClient, platform: type[FakePlatform], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def allow_request(self, request: object, view: object) -> bool:
            return False

        def wait(self) -> int:
            return 7

    body = order()
    post(api, "bonus-grants", body)
    monkeypatch.setattr(GrantViewSet, "throttle_classes", (Full,))
    for key in (KEY, "other"):
        response = post(api, "bonus-grants", body, key=key)
        assert (told(response), response["Retry-After"]) == ((429, "RATE_LIMITED", False), "7")
    assert IdempotencyKey.objects.count() == 1


def test_only_posts_have_keys(api: ApiClient) -> None:
    api.headers["Idempotency-Key"] = KEY
    template = api.send("POST", "bonus-templates", json.dumps(TEMPLATE).encode()).json()["data"]["id"]
    for name in ("A", "B"):
        assert api.patch(f"bonus-templates/{template}", {"name": name}).json()["data"]["name"] == name
    assert api.get("bonus-templates").status_code == 200
    assert told(api.post(f"bonus-templates/{template}")) == (405, "METHOD_NOT_ALLOWED", False)
    assert told(api.post("nowhere")) == (404, "NOT_FOUND", False)
    assert IdempotencyKey.objects.count() == 1


def test_a_preview_is_made_anew_and_keeps_no_key(api: ApiClient, platform: type[FakePlatform]) -> None:
    path, body = telling("preview")()
    assert post(api, path, body).json()["data"]["audience"] == 0
    PlayerFactory()
    again = post(api, path, body)
    assert (told(again), again.json()["data"]["audience"]) == ((200, "", False), 1)
    assert IdempotencyKey.objects.count() == 0


def test_webhooks_are_left_alone() -> None:
    adapter = AdapterFactory()
    response = Client().post(
        f"/v1/adapters/{adapter.slug}/webhooks/bonus-events",
        "{}",
        content_type="application/json",
        headers={"Idempotency-Key": KEY},
    )
    assert told(response) == (401, "FORBIDDEN", False)
    assert IdempotencyKey.objects.count() == 0


def test_the_log_in_page_does_not_mind_a_key(client: Client) -> None:
    assert client.post("/admin/login/", {}, headers={"Idempotency-Key": KEY}).status_code == 200
    assert IdempotencyKey.objects.count() == 0


def test_a_replay_takes_few_statements(api: ApiClient, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    post(api, "players/identify", PLAYER)
    # The transaction that claims: its two ends, the insert and the look at what is there.
    with django_assert_num_queries(4):
        assert told(post(api, "players/identify", PLAYER)) == (201, "", True)


def test_without_the_header_the_view_is_not_even_looked_at(rf: Any) -> None:
    def view() -> None:
        raise AssertionError

    assert IdempotencyMiddleware(lambda _: None).process_view(rf.post("/"), view, (), {}) is None  # type: ignore[return-value]
