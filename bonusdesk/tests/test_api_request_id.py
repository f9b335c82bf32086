from typing import Any
from uuid import UUID

import pytest
import structlog
from django.test import Client

from bonuses.api.players import PlayerViewSet
from bonuses.tests.api_client import ApiClient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("sent", ["abc", "01a1feb6-1fa7-70b4-b7cb-40c0cc92a42a", "a.b:c/d=e+f@g_h", "x" * 128])
def test_sane_id_comes_back(sent: str) -> None:
    assert Client().get("/v1/nothing", headers={"X-Request-Id": sent})["X-Request-Id"] == sent


@pytest.mark.parametrize("sent", [None, "", "x" * 129, "two words", "<script>", "é", "a\tb"])
def test_other_ids_are_replaced(sent: str | None) -> None:
    headers = {} if sent is None else {"X-Request-Id": sent}
    assert UUID(Client().get("/v1/nothing", headers=headers)["X-Request-Id"]).version == 7


def test_every_request_has_its_own() -> None:
    ids = {Client().get("/v1/nothing")["X-Request-Id"] for _ in range(5)}
    assert len(ids) == 5


def test_also_outside_the_api() -> None:
    assert Client().get("/admin/login/", headers={"X-Request-Id": "abc"})["X-Request-Id"] == "abc"


def test_id_and_caller_are_on_every_log_line(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []
    answer = PlayerViewSet.list

    def looking(view: PlayerViewSet, request: Any) -> Any:
        seen.append(structlog.contextvars.get_contextvars())
        return answer(view, request)

    monkeypatch.setattr(PlayerViewSet, "list", looking)
    api.get("players", headers={"X-Request-Id": "abc"})
    assert seen == [{"request_id": "abc", "caller": "service"}]


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/livez", "testserver", 200),
        ("/v1/players", "evil.example", 400),
        ("/admin/", "evil.example", 400),
        ("/v1/players", "testserver", 500),
        ("/nowhere", "testserver", 404),
    ],
)
def test_every_response_carries_it(
    path: str, host: str, status: int, api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PlayerViewSet, "list", lambda view, request: 1 / 0)
    response = api.client.get(path, headers={**api.headers, "X-Request-Id": "abc", "host": host})
    assert (response.status_code, response["X-Request-Id"]) == (status, "abc")
