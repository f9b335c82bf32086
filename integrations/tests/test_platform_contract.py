"""What every kind of platform must do, against a real server that misbehaves on purpose."""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import wraps
from typing import Any

import pytest
import structlog
from pytest_django import Settings

from integrations.models import Adapter
from integrations.platforms.base import (
    STATUSES,
    CancelOrder,
    GrantOrder,
    Platform,
    PlatformBonus,
    PlatformRefused,
    PlatformTrouble,
    Wagering,
    within,
)
from integrations.platforms.registry import KINDS, base_url_fault, platform_for
from integrations.tests.grant_ways import GRANT_WAYS, GrantWay
from integrations.tests.scripted_platform import (
    Script,
    ScriptedPlatform,
    closed_port,
    drop,
    raw,
    reply,
    scripted_platform,
    silence,
    trickle,
)

GRANT_ID = uuid.UUID("01900000-0000-7000-8000-000000000001")
CREDITED = {"platform_bonus_id": "pb-1", "status": "credited"}
Call = Callable[[Platform], object]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, settings: Settings) -> str:
    kind: str = request.param
    # The servers of this suite speak no TLS.
    settings.DEBUG = base_url_fault(kind, "http://127.0.0.1") is not None
    return kind


@pytest.fixture
def server() -> Iterator[ScriptedPlatform]:
    with scripted_platform() as platform:
        yield platform


def adapter_at(url: str, kind: str, **changes: Any) -> Adapter:
    fields = {"token": "the-token", "signing_secret": "the-secret", "webhook_secret": "the-hook", **changes}
    return Adapter(slug="main", name="Main", kind=kind, base_url=url, **fields)


@pytest.fixture
def adapter(kind: str, server: ScriptedPlatform) -> Adapter:
    return adapter_at(server.url, kind)


@pytest.fixture
def platform(adapter: Adapter) -> Platform:
    return platform_for(adapter)


def order(**changes: Any) -> GrantOrder:
    fields: dict[str, Any] = {
        "grant_id": GRANT_ID,
        "player_external_id": "player-1",
        "type": "deposit_match",
        "amount_subunit": 10000,
        "currency": "EUR",
        "wagering": Wagering(Decimal("30.00"), "bonus", 300000, 500, {"slots": 100, "default": 2.5}, None),
        "expires_at": datetime(2030, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        "config": {"match_percent": 100, "currency": "EUR", "deposit_amount": 10000},
        "granted_by_kind": "campaign",
        "granted_by_ref": "c-1",
    }
    return GrantOrder(**{**fields, **changes})


ORDER = order()


Grant = Callable[..., PlatformBonus]


def granting(way: GrantWay) -> Grant:
    @wraps(way)
    def grant(platform: Platform, order: GrantOrder = ORDER) -> PlatformBonus:
        return way(platform, order)

    return grant


GRANTS = [granting(way) for way in GRANT_WAYS]


@pytest.fixture(params=GRANTS)
def grant(request: pytest.FixtureRequest) -> Grant:
    grant: Grant = request.param
    return grant


def cancel(platform: Platform) -> None:
    platform.cancel(CancelOrder(GRANT_ID, "pb-1", "forfeited"))


def status(platform: Platform) -> PlatformBonus | None:
    return platform.status(grant_id=GRANT_ID, platform_bonus_id="pb-1")


CALLS = pytest.mark.parametrize("call", [*GRANTS, cancel, status])


def state(status: str, **changes: Any) -> Script:
    return reply(200, {"grant_id": str(GRANT_ID), "platform_bonus_id": "pb-1", "status": status, **changes})


@pytest.mark.parametrize("given", ["credited", "pending"])
def test_grant_sends_the_agreed_body(platform: Platform, server: ScriptedPlatform, given: str, grant: Grant) -> None:
    server.will(reply(201, {"platform_bonus_id": "pb-1", "status": given}))
    assert grant(platform) == PlatformBonus("pb-1", given)
    (seen,) = server.requests
    assert (seen.method, seen.path) == ("POST", "/v1/bonuses/grant")
    assert seen.json == {
        "grant_id": str(GRANT_ID),
        "player_external_id": "player-1",
        "template": {
            "type": "deposit_match",
            "amount_subunit": 10000,
            "currency": "EUR",
            "wagering": {
                "multiplier": 30,
                "basis": "bonus",
                "required_subunit": 300000,
                "max_bet_subunit": 500,
                "game_contribution": {"slots": 100, "default": 2.5},
                "max_win_subunit": None,
            },
            "expires_at": "2030-01-01T00:00:00Z",
            "config": {"match_percent": 100, "currency": "EUR", "deposit_amount": 10000},
        },
        "granted_by": {"kind": "campaign", "ref": "c-1"},
    }
    assert seen.headers["idempotency-key"] == str(GRANT_ID)
    assert seen.headers["content-type"] == "application/json"


def test_retry_sends_the_same_bytes(platform: Platform, server: ScriptedPlatform, grant: Grant) -> None:
    server.will(reply(503), reply(201, CREDITED))
    with pytest.raises(PlatformTrouble):
        grant(platform)
    stored = json.loads(json.dumps(order().config), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    wagering = Wagering(Decimal(30), "bonus", 300000, 500, {"default": 2.5, "slots": 100}, None)
    again = order(config=stored, wagering=wagering, expires_at=datetime(2030, 1, 1, tzinfo=UTC))
    assert list(again.config) != list(order().config)
    grant(platform, again)
    first, second = server.requests
    assert first.body == second.body


def test_cancel_sends_the_agreed_body(platform: Platform, server: ScriptedPlatform) -> None:
    server.will(reply(200, {"whatever": 1}))
    cancel(platform)
    (seen,) = server.requests
    assert (seen.method, seen.path) == ("POST", "/v1/bonuses/cancel")
    assert seen.json == {"grant_id": str(GRANT_ID), "platform_bonus_id": "pb-1", "reason": "forfeited"}
    assert seen.headers["idempotency-key"] == f"cancel:{GRANT_ID}"


@pytest.mark.parametrize("given", sorted(STATUSES))
def test_status_is_read(platform: Platform, server: ScriptedPlatform, given: str) -> None:
    server.will(state(given))
    assert status(platform) == PlatformBonus("pb-1", given)
    (seen,) = server.requests
    assert (seen.method, seen.path, seen.body) == ("GET", "/v1/bonuses/pb-1", b"")
    assert seen.headers["idempotency-key"] == str(GRANT_ID)


@pytest.mark.parametrize(
    ("known", "path"),
    [(None, str(GRANT_ID)), ("", str(GRANT_ID)), ("..", str(GRANT_ID)), ("a/b?c#d é", "a%2Fb%3Fc%23d%20%C3%A9")],
)
def test_status_is_asked_by_the_best_known_id(
    platform: Platform, server: ScriptedPlatform, known: str | None, path: str
) -> None:
    server.will(state("active"))
    assert platform.status(grant_id=GRANT_ID, platform_bonus_id=known) == PlatformBonus("pb-1", "active")
    assert server.requests[0].path == f"/v1/bonuses/{path}"


def test_status_of_what_the_platform_has_not_seen(platform: Platform, server: ScriptedPlatform) -> None:
    server.will(reply(404, {"code": "NOT_FOUND", "message": "?"}))
    assert status(platform) is None


def test_status_of_another_grant_is_no_answer(platform: Platform, server: ScriptedPlatform) -> None:
    server.will(state("credited", grant_id=str(uuid.uuid4())))
    with pytest.raises(PlatformTrouble) as caught:
        status(platform)
    assert caught.value.sent is True


@CALLS
def test_every_call_is_authenticated_and_signed(platform: Platform, server: ScriptedPlatform, call: Call) -> None:
    server.will(reply(500))
    with pytest.raises(PlatformTrouble):
        call(platform)
    (seen,) = server.requests
    stamp = seen.headers["x-ucrm-timestamp"]
    signature = hmac.new(b"the-secret", f"{stamp}.".encode() + seen.body, hashlib.sha256).hexdigest()
    assert seen.headers["x-ucrm-signature"] == signature
    assert abs(int(stamp) - datetime.now(UTC).timestamp()) < 60
    assert seen.headers["authorization"] == "Bearer the-token"
    assert uuid.UUID(seen.headers["x-request-id"])


def test_request_id_is_passed_on(platform: Platform, server: ScriptedPlatform) -> None:
    server.will(reply(500), reply(500))
    for bound in ("req-42", "no\r\nheader"):
        with structlog.contextvars.bound_contextvars(request_id=bound), pytest.raises(PlatformTrouble):
            status(platform)
    good, bad = (seen.headers["x-request-id"] for seen in server.requests)
    assert good == "req-42"
    assert uuid.UUID(bad)


@CALLS
@pytest.mark.parametrize("http_status", [400, 409, 422])
def test_refusal(platform: Platform, server: ScriptedPlatform, call: Call, http_status: int) -> None:
    server.will(reply(http_status, {"code": "PLAYER_BLOCKED", "message": "The player\x00 is blocked."}))
    with pytest.raises(PlatformRefused) as caught:
        call(platform)
    assert (caught.value.code, caught.value.message) == ("PLAYER_BLOCKED", "The player is blocked.")


@CALLS
@pytest.mark.parametrize(
    "body",
    [b"", b"<h1>no</h1>", b"[]", b'"PLAYER_BLOCKED"', {"code": "X"}, {"code": 1, "message": "m"}, {"message": "m"}],
    ids=repr,
)
def test_refusal_that_cannot_be_read_is_trouble(
    platform: Platform, server: ScriptedPlatform, call: Call, body: Any
) -> None:
    server.will(reply(422, body))
    with pytest.raises(PlatformTrouble) as caught:
        call(platform)
    assert caught.value.sent is True


@CALLS
@pytest.mark.parametrize("http_status", [202, 204, 301, 307, 401, 403, 408, 425, 429, 500, 502, 503, 504])
def test_any_other_status_is_trouble(
    platform: Platform, server: ScriptedPlatform, call: Call, http_status: int
) -> None:
    body = {"code": "NO", "message": "no", **CREDITED} if http_status != 204 else b""
    server.will(reply(http_status, body, headers={"Location": f"{server.url}/v1/bonuses/elsewhere"}))
    with pytest.raises(PlatformTrouble) as caught:
        call(platform)
    assert (caught.value.message, caught.value.sent) == (f"HTTP {http_status}", True)
    assert len(server.requests) == 1


@pytest.mark.parametrize("call", [*GRANTS, cancel])
def test_unknown_path_is_trouble_when_writing(platform: Platform, server: ScriptedPlatform, call: Call) -> None:
    server.will(reply(404, {"code": "NOT_FOUND", "message": "?"}))
    with pytest.raises(PlatformTrouble, match="HTTP 404"):
        call(platform)


def test_grant_is_created_with_201_only(platform: Platform, server: ScriptedPlatform, grant: Grant) -> None:
    server.will(reply(200, CREDITED))
    with pytest.raises(PlatformTrouble, match="HTTP 200"):
        grant(platform)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        [],
        {},
        {**CREDITED, "platform_bonus_id": None},
        {**CREDITED, "platform_bonus_id": ""},
        {**CREDITED, "platform_bonus_id": 7},
        {**CREDITED, "platform_bonus_id": "x" * 201},
        {**CREDITED, "platform_bonus_id": "a\x00"},
        {**CREDITED, "status": "refused"},
        {**CREDITED, "status": ["credited"]},
        {**CREDITED, "status": "active"},
    ],
    ids=lambda body: repr(body)[:40],
)
def test_success_that_cannot_be_read_is_trouble(
    platform: Platform, server: ScriptedPlatform, body: Any, grant: Grant
) -> None:
    server.will(reply(201, body))
    with pytest.raises(PlatformTrouble) as caught:
        grant(platform)
    assert caught.value.sent is True


@CALLS
@pytest.mark.parametrize(
    "script",
    [
        drop,
        silence,
        raw(b"garbage\r\n\r\n"),
        reply(201, b"x" * 10_000_000),
        reply(200, b"x" * 10_000_000),
        trickle(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        trickle(b"HTTP/1.1 201 Created\r\nContent-Length: 5000\r\n\r\n", b"x"),
    ],
    ids=["dropped", "silent", "garbage", "10 MB 201", "10 MB 200", "slow headers", "slow body"],
)
def test_unknown_outcome_is_trouble_that_was_sent(
    kind: str, server: ScriptedPlatform, call: Call, script: Script
) -> None:
    server.will(script)
    with pytest.raises(PlatformTrouble) as caught:
        call(platform_for(adapter_at(server.url, kind, total_timeout_ms=250)))
    assert caught.value.sent is True
    assert len(server.requests) == 1


@CALLS
def test_refused_connection_was_never_sent(kind: str, call: Call) -> None:
    with pytest.raises(PlatformTrouble) as caught:
        call(platform_for(adapter_at(f"http://127.0.0.1:{closed_port()}", kind)))
    assert caught.value.sent is False


@CALLS
def test_without_time_left_nothing_is_sent(platform: Platform, server: ScriptedPlatform, call: Call) -> None:
    with within(-1), pytest.raises(PlatformTrouble) as caught:
        call(platform)
    assert caught.value.sent is False
    assert server.requests == []


DUPLICATE = reply(409, {"code": "DUPLICATE_GRANT", "message": "Seen."})


@pytest.mark.parametrize("given", ["credited", "pending", "completed", "cancelled"])
def test_grant_that_the_platform_has_already_succeeds(
    platform: Platform, server: ScriptedPlatform, given: str, grant: Grant
) -> None:
    server.will(DUPLICATE, state(given))
    assert grant(platform) == PlatformBonus("pb-1", given)
    assert [seen.path for seen in server.requests] == ["/v1/bonuses/grant", f"/v1/bonuses/{GRANT_ID}"]


@pytest.mark.parametrize(
    "script",
    [reply(404), reply(500), drop, reply(422, {"code": "NO", "message": "no"}), state("unheard-of")],
    ids=["404", "500", "dropped", "refused", "unreadable"],
)
def test_grant_that_it_has_but_tells_nothing_of_is_trouble(
    platform: Platform, server: ScriptedPlatform, script: Script, grant: Grant
) -> None:
    server.will(DUPLICATE, script)
    with pytest.raises(PlatformTrouble) as caught:
        grant(platform)
    assert caught.value.sent is True


def test_both_calls_share_one_deadline(kind: str, server: ScriptedPlatform, grant: Grant) -> None:
    server.will(DUPLICATE, trickle(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"))
    with within(0.5), pytest.raises(PlatformTrouble, match="timed out") as caught:
        grant(platform_for(adapter_at(server.url, kind, total_timeout_ms=600_000)))
    assert caught.value.sent is True


@CALLS
def test_plain_http_to_another_machine_is_refused_outside_debug(kind: str, settings: Settings, call: Call) -> None:
    settings.DEBUG = False
    with pytest.raises(PlatformTrouble, match="the base URL is not https") as caught:
        call(platform_for(adapter_at("http://192.0.2.1:9", kind)))
    assert caught.value.sent is False


def test_base_url_may_have_a_path(kind: str, server: ScriptedPlatform, grant: Grant) -> None:
    server.will(reply(201, CREDITED))
    grant(platform_for(adapter_at(f"{server.url}/casino/", kind)))
    assert server.requests[0].path == "/casino/v1/bonuses/grant"


@CALLS
def test_nothing_secret_is_said(
    adapter: Adapter,
    server: ScriptedPlatform,
    call: Call,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    said = [repr(adapter), str(adapter), repr(platform_for(adapter))]
    scripts = [drop, reply(401), reply(422, {"code": "NO", "message": "no"}), reply(200, b"{")]
    for script in scripts:
        server.will(script)
        try:
            call(platform_for(adapter))
        except (PlatformTrouble, PlatformRefused) as caught:
            said += [repr(caught), str(caught), repr(caught.__cause__), repr(vars(caught))]
    adapter.token = "the-token\n"
    with pytest.raises(PlatformTrouble) as unsendable:
        call(platform_for(adapter))
    said += [repr(unsendable.value), repr(unsendable.value.__cause__)]
    text = " ".join(said) + caplog.text + "".join(capsys.readouterr())
    for secret in ("the-token", "the-secret", "the-hook", "Bearer"):
        assert secret not in text


@pytest.mark.parametrize(
    ("kind_name", "url", "is_fine"),
    [
        ("http", "https://platform.example", True),
        ("http", "http://platform.example", False),
        ("http", "http://127.0.0.1:9000", False),
        ("simulator", "http://127.0.0.1:9000", True),
        ("simulator", "http://[::1]:9000", True),
        ("simulator", "http://localhost:9000", True),
        ("simulator", "http://localhost.example:9000", False),
        ("simulator", "http://10.0.0.1:9000", False),
        ("http", "ftp://platform.example", False),
        ("http", "https://", False),
        ("http", "https://user:pw@platform.example", False),
        ("http", "https://platform.example/?q=1", False),
        ("http", "https://platform.example:port", False),
    ],
)
def test_base_urls_of_each_kind_outside_debug(kind_name: str, url: str, is_fine: bool) -> None:
    assert (base_url_fault(kind_name, url) is None) is is_fine


def test_adapter_of_an_unknown_kind_is_trouble() -> None:
    with pytest.raises(PlatformTrouble, match="'carrier-pigeon'") as caught:
        platform_for(adapter_at("https://platform.example", "carrier-pigeon"))
    assert caught.value.sent is False
