"""Several at once under one key, each with a connection of its own."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from bonusdesk.api import keys
from bonusdesk.api.keys import LEASE, Answer, Claim, KeyInProgress
from bonusdesk.models import IdempotencyKey
from bonusdesk.tests.keyed import KEY, PLAYER, TEMPLATE, grant_of, lapse, order, post, the_grant, told
from bonuses.api import grants, players, templates
from bonuses.models import BonusTemplate, Grant, Player, Stop
from bonuses.tests.api_client import ApiClient
from bonuses.tests.fake_platform import FakePlatform
from bonuses.tests.test_issue_race import all_at_once, kinds
from integrations.platforms.base import PlatformBonus

pytestmark = pytest.mark.django_db(transaction=True)

IN_PROGRESS = (409, "IDEMPOTENCY_IN_PROGRESS", False)


class Gate:
    """Holds the first who comes to it until it is opened; who comes later is let through."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()
        self._first = threading.Lock()

    def wait(self) -> None:
        if self._first.acquire(blocking=False):
            self.reached.set()
            assert self.opened.wait(30)

    def before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            self.wait()
            return real(*args, **kwargs)

        return run

    def after(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            found = real(*args, **kwargs)
            self.wait()
            return found

        return run


@contextmanager
def held(gate: Gate, work: Callable[[], Any]) -> Iterator[Future[Any]]:
    """Within, `work` stands at the gate; afterwards it has ended, and the future holds what it returned."""

    def run() -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(run)
        assert gate.reached.wait(30)
        try:
            yield future
        finally:
            gate.opened.set()


def held_by_the_platform(platform: type[FakePlatform]) -> Gate:
    gate = Gate()
    platform.answer = staticmethod(gate.before(lambda: PlatformBonus("pb-1", "credited")))
    return gate


def test_still_running(api: ApiClient, platform: type[FakePlatform]) -> None:
    body = order()
    with held(held_by_the_platform(platform), lambda: post(api, "bonus-grants", body)) as first:
        second = post(api, "bonus-grants", body)
        assert (told(second), second["Retry-After"]) == (IN_PROGRESS, "1")
        assert told(post(api, "bonus-grants", {**body, "meta": {}})) == (422, "IDEMPOTENCY_KEY_REUSED", False)
        assert told(post(api, "bonus-grants", body, key="other")) == (201, "", False)
    assert told(first.result()) == (201, "", False)
    assert post(api, "bonus-grants", body).content == first.result().content
    assert len(platform.asked) == Grant.objects.count() == 2


@pytest.mark.postgres
def test_still_running_in_a_transaction(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite the second waits for the only writer there may be, and is then told what the first was."""
    gate = Gate()
    monkeypatch.setattr(templates, "create_template", gate.after(templates.create_template))
    with held(gate, lambda: post(api, "bonus-templates", TEMPLATE)) as first:
        assert told(post(api, "bonus-templates", TEMPLATE)) == IN_PROGRESS
    assert told(first.result()) == (201, "", False)
    assert post(api, "bonus-templates", TEMPLATE).content == first.result().content
    assert BonusTemplate.objects.count() == 1


def test_many_at_once_make_one_grant(api: ApiClient, platform: type[FakePlatform]) -> None:
    body = order()
    answers = all_at_once(lambda: post(ApiClient(), "bonus-grants", body), times=8)
    assert {told(answer) for answer in answers} <= {(201, "", False), (201, "", True), IN_PROGRESS}
    assert [told(answer) for answer in answers].count((201, "", False)) == 1
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert len(platform.asked) == Grant.objects.count() == IdempotencyKey.objects.count() == 1


def test_many_at_once_make_one_template(api: ApiClient) -> None:
    answers = all_at_once(lambda: post(ApiClient(), "bonus-templates", TEMPLATE), times=8)
    assert {told(answer) for answer in answers} <= {(201, "", False), (201, "", True), IN_PROGRESS}
    assert [told(answer) for answer in answers].count((201, "", False)) == 1
    assert BonusTemplate.objects.count() == 1


def known(**fields: Any) -> IdempotencyKey:
    return IdempotencyKey.objects.create(caller="service", key=KEY, fingerprint="f", **fields)


def ago(**span: float) -> Any:
    return timezone.now() - timedelta(**span)


@pytest.mark.parametrize(
    "fields",
    [
        None,
        {"running_until": ago(seconds=1)},
        {"status": 503, "body": "{}"},
        {"created_at": ago(hours=25), "status": 201, "is_final": True},
    ],
)
def test_one_of_many_gets_the_key(fields: dict[str, Any] | None) -> None:
    """Also those who had to wait for the winner's write look at the row as it is then."""
    for _ in range(3):
        IdempotencyKey.objects.all().delete()
        if fields is not None:
            known(**fields)
        results = all_at_once(lambda: keys.claim(caller="service", key=KEY, fingerprint="f"))
        assert kinds(results) == {"Claim": 1, KeyInProgress.__name__: 15}
        [claim] = [result for result in results if isinstance(result, Claim)]
        row = IdempotencyKey.objects.get()
        assert (row.pk, row.attempt, row.running_until) == (claim.row.pk, claim.row.attempt, claim.row.running_until)


def test_who_was_taken_over_writes_nothing_any_more() -> None:
    first = keys.claim(caller="service", key=KEY, fingerprint="f").row
    lapse()
    second = keys.claim(caller="service", key=KEY, fingerprint="f")
    assert (second.row.pk, second.is_repeat) == (first.pk, True)
    before = IdempotencyKey.objects.values().get()
    late = Answer(201, "late")
    for write in (lambda: keys.finish(first, late), lambda: keys.leave_open(first, late)):
        assert not write()
    assert not keys.give_back(first)
    assert not keys.remove(first)
    assert IdempotencyKey.objects.values().get() == before
    assert keys.finish(second.row, Answer(201, "in time"))
    # The connection broke while this was committed, and who wrote it does not know that it was.
    assert not keys.remove(second.row)
    assert IdempotencyKey.objects.get().body == "in time"


def test_who_looked_before_another_finished_does_not_take_it_over() -> None:
    known(status=503, body="{}")
    stale = IdempotencyKey.objects.get()
    assert keys.finish(keys.claim(caller="service", key=KEY, fingerprint="f").row, Answer(201, "done"))
    with pytest.raises(KeyInProgress):
        keys._known(stale, "f", timezone.now())
    row = IdempotencyKey.objects.get()
    assert (row.body, row.is_final, row.running_until) == ("done", True, None)


def test_a_key_taken_over_while_the_platform_is_still_asked(api: ApiClient, platform: type[FakePlatform]) -> None:
    body = order()
    with held(held_by_the_platform(platform), lambda: post(api, "bonus-grants", body)) as first:
        lapse()
        second = post(api, "bonus-grants", body)
        assert told(second) == (503, "ADAPTER_UNAVAILABLE", False)
    third = post(api, "bonus-grants", body)
    assert (told(first.result()), told(third)) == ((201, "", False), (201, "", True))
    assert {grant_of(answer) for answer in (first.result(), second, third)} == {str(the_grant().pk)}
    assert len(platform.asked) == 1


def test_a_key_taken_over_before_the_promise(
    api: ApiClient, platform: type[FakePlatform], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, body = Gate(), order()
    monkeypatch.setattr(grants, "issue", gate.before(grants.issue))
    with held(gate, lambda: post(api, "bonus-grants", body)) as first:
        lapse()
        second = post(api, "bonus-grants", body)
        assert told(second) == (201, "", False)
    assert grant_of(first.result()) == grant_of(second) == str(the_grant().pk)
    assert len(platform.asked) == 1


def test_a_key_taken_over_and_given_back_before_the_promise(
    api: ApiClient, platform: type[FakePlatform], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is kept, says the second answer; but the first try is not dead, and gives the money after it."""
    gate, body = Gate(), order()
    monkeypatch.setattr(grants, "issue", gate.before(grants.issue))
    with held(gate, lambda: post(api, "bonus-grants", body)) as first:
        lapse()
        stop = Stop.objects.create(key="all", scope="all", reason="incident", set_by="olga")
        assert told(post(api, "bonus-grants", body)) == (503, "ISSUING_STOPPED", False)
        stop.delete()
    third = post(api, "bonus-grants", body)
    assert grant_of(first.result()) == grant_of(third) == str(the_grant().pk)
    assert len(platform.asked) == 1


@pytest.mark.postgres
def test_a_key_taken_over_within_the_transaction(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    monkeypatch.setattr(templates, "create_template", gate.after(templates.create_template))
    with held(gate, lambda: post(api, "bonus-templates", TEMPLATE)) as first:
        lapse()
        second = post(api, "bonus-templates", TEMPLATE)
        assert told(second) == (201, "", False)
    assert told(first.result()) == IN_PROGRESS
    assert str(BonusTemplate.objects.get().pk) == second.json()["data"]["id"]
    assert post(api, "bonus-templates", TEMPLATE).content == second.content


def test_no_transaction_is_open_while_the_platform_is_called(api: ApiClient, platform: type[FakePlatform]) -> None:
    seen: list[bool] = []

    def look() -> PlatformBonus:
        seen.append(connection.in_atomic_block)
        return PlatformBonus("pb-1", "credited")

    platform.answer = staticmethod(look)
    platform.cancel_answer = staticmethod(lambda: seen.append(connection.in_atomic_block))
    grant = grant_of(post(api, "bonus-grants", order()))
    assert told(post(api, f"bonus-grants/{grant}/cancel", key="other")) == (200, "", False)
    assert seen == [False, False]


def test_where_no_network_is_involved_key_and_effect_commit_together(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    real = players.identify

    def identify(**kwargs: Any) -> Any:
        seen.append(connection.in_atomic_block)
        return real(**kwargs)

    def finish_too_late(row: IdempotencyKey, answer: Answer) -> bool:
        return False

    monkeypatch.setattr(players, "identify", identify)
    monkeypatch.setattr(keys, "finish", finish_too_late)
    assert told(post(api, "players/identify", PLAYER)) == IN_PROGRESS
    assert (seen, Player.objects.count()) == ([True], 0)


def test_the_lease_is_half_a_minute() -> None:
    row = keys.claim(caller="service", key=KEY, fingerprint="f").row
    assert row.running_until == row.created_at + LEASE
    assert timedelta(seconds=30) == LEASE
