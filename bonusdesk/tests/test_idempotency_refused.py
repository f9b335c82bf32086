"""What a key is worth after an answer that was not a success."""

from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from django.db import transaction

from bonusdesk.api import parsers
from bonusdesk.models import IdempotencyKey
from bonusdesk.tests.keyed import KEY, PLAYER, TEMPLATE, grant_of, order, post, the_grant, told
from bonuses.api import grants, templates
from bonuses.lifecycle import Status
from bonuses.models import BonusTemplate, Grant, Player, Stop
from bonuses.services import sweep, transition
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import AdapterFactory, GrantFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from bonuses.tests.issuing import make_due, request_for
from bonuses.tests.platform_reports import TEST_CAUSE
from integrations.models import Adapter
from integrations.platforms.base import PlatformBonus, PlatformRefused, PlatformTrouble
from integrations.rates import RateMissing
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db

TROUBLE = PlatformTrouble("time-out", sent=True)
REFUSED = PlatformRefused("NO_WALLET", "No.")


def credits_again(platform: type[FakePlatform]) -> None:
    platform.answer = staticmethod(lambda: PlatformBonus("pb-1", "credited"))
    platform.cancel_answer = staticmethod(lambda: None)


@pytest.mark.parametrize(
    ("path", "bad", "code", "good"),
    [
        ("bonus-templates", {**TEMPLATE, "config": {}}, "BONUS_CONFIG_INVALID", TEMPLATE),
        ("bonus-templates", {}, "VALIDATION_ERROR", TEMPLATE),
        ("players/identify", {"external_id": "player-1"}, "VALIDATION_ERROR", PLAYER),
        ("players/identify/batch", {"players": "x"}, "VALIDATION_ERROR", {"players": [PLAYER]}),
    ],
)
def test_a_corrected_body_may_have_the_key(api: ApiClient, path: str, bad: Any, code: str, good: Any) -> None:
    for _ in range(2):
        assert told(post(api, path, bad)) == (422, code, False)
        assert IdempotencyKey.objects.count() == 0
    first, again = post(api, path, good), post(api, path, good)
    assert (first.status_code < 300, again.content, told(again)[2]) == (True, first.content, True)
    assert BonusTemplate.objects.count() + Player.objects.count() == 1


def test_so_may_a_corrected_grant(api: ApiClient, platform: type[FakePlatform]) -> None:
    body = order(type="deposit_match")
    assert told(post(api, "bonus-grants", body)) == (422, "BONUS_DEPOSIT_AMOUNT_REQUIRED", False)
    assert told(post(api, "bonus-grants", {**body, "amount": 5})) == (422, "VALIDATION_ERROR", False)
    corrected = {**body, "deposit_amount": 10000}
    assert told(post(api, "bonus-grants", corrected)) == (201, "", False)
    assert told(post(api, "bonus-grants", corrected)) == (201, "", True)
    assert told(post(api, "bonus-grants", body)) == (422, "IDEMPOTENCY_KEY_REUSED", False)
    assert len(platform.asked) == Grant.objects.count() == 1


def test_a_conflict_may_be_tried_again_when_it_is_gone(api: ApiClient, platform: type[FakePlatform]) -> None:
    body = order(max_grants_per_player=1)
    held = grant_of(api.post("bonus-grants", body))
    assert told(post(api, "bonus-grants", body)) == (409, "BONUS_GRANT_LIMIT_REACHED", False)
    assert api.patch(f"bonus-templates/{body['template_id']}", {"max_grants_per_player": 2}).status_code == 200
    second = post(api, "bonus-grants", body)
    assert (told(second), grant_of(second) != held) == ((201, "", False), True)


def test_the_kill_switch_leaves_nothing_behind(api: ApiClient, platform: type[FakePlatform]) -> None:
    body = order()
    stop = Stop.objects.create(key="all", scope="all", reason="incident", set_by="olga")
    assert told(post(api, "bonus-grants", body)) == (503, "ISSUING_STOPPED", False)
    stop.delete()
    assert told(post(api, "bonus-grants", body)) == (201, "", False)
    assert len(platform.asked) == 1


@pytest.mark.parametrize(
    ("raw", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "INVALID_JSON"),
        (b'{"a": NaN}', "application/json", 400, "INVALID_JSON"),
        (b"", "application/json", 400, "INVALID_JSON"),
        (b'{"name": "\\u0000"}', "application/json", 422, "VALIDATION_ERROR"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b'{"name": "' + b"x" * 2000 + b'"}', "application/json", 413, "PAYLOAD_TOO_LARGE"),
    ],
)
def test_an_unreadable_body_is_refused_as_ever(
    *, api: ApiClient, monkeypatch: pytest.MonkeyPatch, raw: bytes, content_type: str, status: int, code: str
) -> None:
    monkeypatch.setattr(parsers, "MAX_BYTES", 1000)
    plain = api.send("POST", "bonus-templates", raw, content_type)
    api.headers["Idempotency-Key"] = KEY
    with_key = api.send("POST", "bonus-templates", raw, content_type)
    assert told(plain) == told(with_key) == (status, code, False)
    assert with_key.content == plain.content
    assert (BonusTemplate.objects.count(), IdempotencyKey.objects.count()) == (0, 0)


def test_what_the_platform_refused_stays_refused(api: ApiClient, platform: type[FakePlatform]) -> None:
    body = order()
    platform.fails(REFUSED)
    first = post(api, "bonus-grants", body)
    assert told(first) == (502, "ADAPTER_REJECTED", False)
    credits_again(platform)
    again = post(api, "bonus-grants", body)
    assert (told(again), again.content) == ((502, "ADAPTER_REJECTED", True), first.content)
    assert (the_grant().status, len(platform.asked)) == (Status.FAILED, 1)
    assert told(post(api, "bonus-grants", {**body, "meta": {}})) == (422, "IDEMPOTENCY_KEY_REUSED", False)


@pytest.mark.parametrize(("error", "answer"), [(None, (201, "", True)), (REFUSED, (502, "ADAPTER_REJECTED", True))])
def test_what_could_not_be_reached_is_told_when_it_is_known(
    *, api: ApiClient, platform: type[FakePlatform], error: Exception | None, answer: Any
) -> None:
    body = order()
    platform.fails(TROUBLE)
    first = post(api, "bonus-grants", body)
    assert told(first) == (503, "ADAPTER_UNAVAILABLE", False)
    credits_again(platform)
    if error:
        platform.fails(error)
    still = post(api, "bonus-grants", body)
    assert (told(still), grant_of(still)) == ((503, "ADAPTER_UNAVAILABLE", True), grant_of(first))
    assert int(still["Retry-After"]) >= 1
    assert told(post(api, "bonus-grants", {**body, "meta": {}})) == (422, "IDEMPOTENCY_KEY_REUSED", False)
    # A repetition asks nobody; the sweep does.
    assert len(platform.asked) == 1
    make_due(the_grant())
    sweep.retry_queued()
    known = post(api, "bonus-grants", body)
    assert (told(known), grant_of(known)) == (answer, grant_of(first))
    assert (post(api, "bonus-grants", body).content, len(platform.asked)) == (known.content, 2)


def test_a_cancel_that_the_kept_wish_carried_out_is_a_success(api: ApiClient, platform: type[FakePlatform]) -> None:
    grant = GrantFactory(adapter=AdapterFactory(kind=KIND))
    path = f"bonus-grants/{grant.pk}/cancel"
    platform.fails(TROUBLE)
    assert told(post(api, path)) == (503, "ADAPTER_UNAVAILABLE", False)
    credits_again(platform)
    make_due(grant)
    sweep.carry_out_wishes()
    assert the_grant().status == "cancelled"
    done = post(api, path)
    assert (told(done), done.json()["data"]["status"]) == ((200, "", True), "cancelled")
    assert (post(api, path).content, len(platform.asked)) == (done.content, 2)
    for other in (api.post(path), post(api, path, key="other")):
        assert told(other) == (409, "GRANT_NOT_CANCELLABLE", False)


def test_a_cancel_that_came_too_late_is_not(api: ApiClient, platform: type[FakePlatform]) -> None:
    grant = GrantFactory(adapter=AdapterFactory(kind=KIND))
    path = f"bonus-grants/{grant.pk}/cancel"
    platform.fails(TROUBLE)
    assert told(post(api, path)) == (503, "ADAPTER_UNAVAILABLE", False)
    with transition.changing(grant, cause=TEST_CAUSE) as change:
        change.move(Status.COMPLETED)
    assert told(post(api, path)) == (409, "GRANT_NOT_CANCELLABLE", True)
    assert told(post(api, path)) == (409, "GRANT_NOT_CANCELLABLE", False)


def test_refused_first_it_is_no_repetition_later(api: ApiClient, platform: type[FakePlatform]) -> None:
    """Nobody may take another's cancelling for his own."""
    grant = GrantFactory(adapter=AdapterFactory(kind=KIND))
    path = f"bonus-grants/{grant.pk}/cancel"
    assert told(post(api, path, {"why": "x"})) == (422, "VALIDATION_ERROR", False)
    assert api.post(path).status_code == 200
    assert told(post(api, path)) == (409, "GRANT_NOT_CANCELLABLE", False)


def broken(*args: object, **kwargs: object) -> NoReturn:
    raise RuntimeError("broken")


def after(real: Callable[..., Any]) -> Callable[..., NoReturn]:
    def run(*args: object, **kwargs: object) -> NoReturn:
        real(*args, **kwargs)
        raise RuntimeError("broken")

    return run


def test_an_error_of_ours_undoes_everything_where_no_network_is_involved(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(templates, "create_template", after(templates.create_template))
        assert told(post(api, "bonus-templates", TEMPLATE)) == (500, "INTERNAL_ERROR", False)
    assert (BonusTemplate.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert told(post(api, "bonus-templates", TEMPLATE)) == (201, "", False)


@pytest.mark.parametrize("failing", [after(grants.issue), broken])
def test_after_an_error_of_ours_a_grant_is_looked_for(
    api: ApiClient, platform: type[FakePlatform], monkeypatch: pytest.MonkeyPatch, failing: Callable[..., NoReturn]
) -> None:
    body = order()
    with monkeypatch.context() as patched:
        patched.setattr(grants, "issue", failing)
        assert told(post(api, "bonus-grants", body)) == (500, "INTERNAL_ERROR", False)
    assert told(post(api, "bonus-grants", {**body, "meta": {}})) == (422, "IDEMPOTENCY_KEY_REUSED", False)
    for _ in range(2):
        assert told(post(api, "bonus-grants", body)) == (201, "", True)
    assert len(platform.asked) == Grant.objects.count() == 1


def test_once_it_is_promised_nothing_is_a_refusal(
    api: ApiClient, adapter: Adapter, simulator: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last rate of the player's currency is removed while the platform credits: no 422, since that gives money."""
    body = order()

    def missing(base: str, quote: str, at: Any) -> NoReturn:
        raise RateMissing(base, quote, at)

    with monkeypatch.context() as patched:
        patched.setattr(transition, "rate_at", missing)
        first = post(api, "bonus-grants", body)
        assert (told(first), grant_of(first)) == ((503, "ADAPTER_UNAVAILABLE", False), str(the_grant().pk))
    assert simulator.credits(the_grant().pk) == 1
    assert told(post(api, "bonus-grants", {**body, "meta": {}})) == (422, "IDEMPOTENCY_KEY_REUSED", False)
    make_due(the_grant())
    sweep.retry_queued()
    assert told(post(api, "bonus-grants", body)) == (201, "", True)
    assert (the_grant().status, simulator.credits(the_grant().pk)) == ("active", 1)


def test_what_may_have_made_a_grant_keeps_its_id(api: ApiClient, platform: type[FakePlatform]) -> None:
    """Whatever the key is used for in between."""
    post(api, "bonus-grants", {})
    before = IdempotencyKey.objects.get().pk
    assert told(post(api, "bonus-templates", {})) == (422, "VALIDATION_ERROR", False)
    assert told(post(api, "bonus-grants", order())) == (201, "", False)
    assert IdempotencyKey.objects.get().pk == before
    assert the_grant().request_key == str(before)


def test_a_promise_within_a_transaction_would_be_refused(transactional_db: None) -> None:
    """It must be committed before the platform is called."""
    request = request_for(TemplateFactory(), GrantFactory().player)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        grants.issue(request=request, cause=TEST_CAUSE)
