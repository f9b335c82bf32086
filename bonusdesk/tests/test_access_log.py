"""One line for each request, once it is answered, and none that tells too much."""

import io
import json
import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.http import StreamingHttpResponse
from django.test import Client, RequestFactory

from bonusdesk.logging import configure
from bonusdesk.watching.requests import RequestsMiddleware
from bonuses.api.players import PlayerViewSet
from bonuses.services import sweep
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from bonuses.tests.issuing import never_sent
from bonuses.tests.platform_reports import post, promised, report
from integrations.models import Adapter

pytestmark = pytest.mark.django_db

Lines = Callable[..., list[dict[str, Any]]]
GRANTS = "/v1/bonus-grants"


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What was logged so far, as production writes it; of one event if it is named."""
    configure({"json": True, "level": "INFO"})
    written = io.StringIO()
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    handler.setLevel(logging.INFO)

    def lines(event: str = "") -> list[dict[str, Any]]:
        found = [json.loads(line) for line in written.getvalue().splitlines()]
        return [line for line in found if event in ("", line["event"])]

    yield lines
    configure(settings.LOGGING)


def test_a_request_is_one_line(api: ApiClient, lines: Lines) -> None:
    response = api.get(f"players/{uuid.UUID(int=7)}", headers={"X-Request-Id": "abc"})
    [line] = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("duration_ms") > 0
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "bonusdesk.access",
        "method": "GET",
        "route": "/v1/players/<str:pk>",
        "path": "/v1/players/00000000-0000-0000-0000-000000000007",
        "status": 404,
        "bytes": len(response.content),
        "caller": "service",
        "request_id": "abc",
    }


def test_the_query_is_left_out(api: ApiClient, lines: Lines) -> None:
    api.get("players", api_key="hunter2", external_id="hunter2")
    [line] = lines("request")
    assert line["path"] == "/v1/players"
    assert "hunter2" not in json.dumps(lines())


def test_nobody_known_is_no_caller(client: Client, lines: Lines) -> None:
    assert client.get("/v1/players").status_code == 401
    [line] = lines("request")
    assert "caller" not in line


def test_operator_in_the_admin_is_the_caller(client: Client, lines: Lines) -> None:
    client.force_login(User.objects.create_superuser("root", password="a password of root"))
    assert client.get("/admin/").status_code == 200
    [line] = lines("request")
    assert (line["caller"], line["route"]) == ("root", "/admin/")


def test_a_crash_is_a_line_too_with_the_same_id(api: ApiClient, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlayerViewSet, "list", lambda self, request: 1 / 0)
    response = api.get("players")
    assert (response.status_code, lines("request")[0]["status"]) == (500, 500)
    assert len(lines()) > 1
    assert {line["request_id"] for line in lines()} == {response["X-Request-Id"]}


def test_probes_are_none(client: Client, lines: Lines) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        client.get(path)
    assert lines("request") == []


@pytest.mark.parametrize(("length", "logged"), [("12", 12), (None, None)])
def test_a_stream_is_as_long_as_it_says(length: str | None, logged: int | None, lines: Lines) -> None:
    headers = {} if length is None else {"Content-Length": length}
    stream: Any = StreamingHttpResponse([b"x"], headers=headers)
    RequestsMiddleware(lambda request: stream)(RequestFactory().get("/static/x.css"))
    [line] = lines("request")
    assert (line["bytes"], line["route"]) == (logged, "static")


def test_every_line_about_a_grant_names_it(api: ApiClient, lines: Lines, platform: type[FakePlatform]) -> None:
    AdapterFactory(kind=KIND)
    keys = {"template_id": str(TemplateFactory().pk), "player_id": str(PlayerFactory().pk)}
    body = {**keys, "granted_by_kind": "api"}
    grant_id = api.post("bonus-grants", body).json()["data"]["id"]
    api.get(f"bonus-grants/{grant_id}")
    api.get(f"bonus-grants/{grant_id}/transitions")
    api.post(f"bonus-grants/{grant_id}/cancel", {})
    logged = lines("request")
    assert [line["status"] for line in logged] == [201, 200, 200, 200]
    assert {line["grant_id"] for line in logged} == {grant_id}
    api.get("players")
    assert "grant_id" not in lines("request")[-1]


def test_webhook_names_its_grant(client: Client, lines: Lines) -> None:
    grant = promised()
    assert post(client, report(grant, "bonus.credited")).status_code == 200
    [line] = lines("request")
    assert line["grant_id"] == str(grant.pk)


def test_sweep_names_the_grant_it_is_at_and_no_longer(
    adapter: Adapter, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    grants = [GrantFactory(status="queued", next_attempt_at="2026-01-01T00:00Z") for _ in range(2)]
    log = logging.getLogger("test")
    monkeypatch.setattr(sweep, "retry", lambda grant, cause: log.warning("looking at %s", grant.pk))
    sweep.retry_queued()
    log.warning("done")
    seen = [(str(line["event"]), line.get("grant_id")) for line in lines()]
    keys = sorted(str(grant.pk) for grant in grants)
    assert sorted(seen[:-1]) == [(f"looking at {key}", key) for key in keys]
    assert seen[-1] == ("done", None)


def test_trouble_with_the_platform_names_grant_and_request(adapter: Adapter, lines: Lines) -> None:
    grant = never_sent(adapter)
    [line] = lines("platform_trouble")
    assert line["grant_id"] == str(grant.pk)
