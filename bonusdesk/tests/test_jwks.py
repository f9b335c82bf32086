"""Where the keys come from, when they are fetched, and what happens while they can't be."""

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pytest_django import Settings
from rest_framework.exceptions import AuthenticationFailed
from structlog.testing import capture_logs

from bonusdesk.api import jwks
from bonusdesk.api.clerk import verify
from bonusdesk.tests import clerk_server
from bonusdesk.tests.clerk_server import PATIENCE, ClerkServer, jwk, token

UNKNOWN = "The token is signed with a key that is not known here."


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(jwks, "monotonic", clock)
    return clock


def assert_unknown(kid: str) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        verify(token(kid))
    assert str(caught.value) == UNKNOWN


def at_once(*jobs: Callable[[], object]) -> list[threading.Thread]:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    return threads


def join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_keys_are_fetched_once(clerk: ClerkServer) -> None:
    clerk.serve("first", "second")
    for _ in range(3):
        verify(token("first"))
        verify(token("second"))
    assert clerk.requests == 1


def test_unknown_key_is_looked_for(clerk: ClerkServer, clock: Clock) -> None:
    verify(token("first"))
    clock.now += jwks.MIN_PAUSE
    assert_unknown("second")
    assert clerk.requests == 2


def test_rotated_key(clerk: ClerkServer, clock: Clock) -> None:
    verify(token("first"))
    clerk.serve("second")
    clock.now += jwks.MIN_PAUSE
    verify(token("second"))
    assert_unknown("first")
    assert clerk.requests == 2


def test_not_more_than_one_fetch_in_thirty_seconds(clerk: ClerkServer, clock: Clock) -> None:
    verify(token("first"))
    clerk.serve("second")
    clock.now += 29.9
    assert_unknown("second")
    assert clerk.requests == 1
    clock.now += 0.1
    verify(token("second"))
    assert clerk.requests == 2


def test_failed_fetch_counts_too(clerk: ClerkServer, clock: Clock) -> None:
    clerk.status = 500
    assert_unknown("first")
    clerk.status = 200
    clock.now += 29.9
    assert_unknown("first")
    assert clerk.requests == 1
    clock.now += 0.1
    verify(token("first"))


def test_made_up_keys_from_many_threads_cost_one_fetch(clerk: ClerkServer) -> None:
    def attack(number: int) -> None:
        for turn in range(20):
            with pytest.raises(AuthenticationFailed):
                verify(token(headers={"kid": f"made-up-{number}-{turn}"}))
        done.append(number)

    done: list[int] = []
    join(at_once(*(lambda number=number: attack(number) for number in range(8))))
    assert sorted(done) == list(range(8))
    assert clerk.requests == 1
    verify(token("first"))
    assert clerk.requests == 1


def test_keys_are_fetched_again_after_an_hour(clerk: ClerkServer, clock: Clock) -> None:
    verify(token("first"))
    clerk.serve("second")
    clock.now += 3599.9
    verify(token("first"))
    assert clerk.requests == 1
    clock.now += 0.1
    assert_unknown("first")
    assert clerk.requests == 2


def test_while_one_thread_fetches_others_use_what_there_is(
    clerk: ClerkServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify(token("first"))
    clock.now += jwks.MAX_AGE
    clerk.hold()
    threads = at_once(lambda: verify(token("first")))
    assert clerk.asked.wait(PATIENCE)
    monkeypatch.setattr(jwks, "TOTAL_TIMEOUT", PATIENCE)  # Longer than the fetch that is under way may take.
    verify(token("first"))
    assert jwks.jwks_of(clerk.url)._fetching.locked()
    assert clerk.requests == 2
    clerk.go_on.set()
    join(threads)


def test_those_who_need_the_new_key_wait_for_the_one_fetch(clerk: ClerkServer) -> None:
    clerk.hold()
    believed: list[dict[str, Any]] = []
    threads = at_once(*[lambda: believed.append(verify(token("first")))] * 4)
    assert clerk.asked.wait(PATIENCE)
    assert believed == []
    clerk.go_on.set()
    join(threads)
    assert [claims["sub"] for claims in believed] == [clerk_server.SUBJECT] * 4
    assert clerk.requests == 1


def test_they_do_not_wait_for_ever(clerk: ClerkServer, monkeypatch: pytest.MonkeyPatch) -> None:
    found = jwks.jwks_of(clerk.url)
    monkeypatch.setattr(jwks, "TOTAL_TIMEOUT", 0.01)
    with found._fetching:
        assert_unknown("first")
    assert clerk.requests == 0


def test_forked_process_does_not_wait_for_a_fetch_of_its_parent(clerk: ClerkServer) -> None:
    sent = token("first")
    with jwks.jwks_of(clerk.url)._fetching:
        child = os.fork()
        if not child:
            try:
                verify(sent)
                os._exit(0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_key_of_the_same_name_is_another_key(clerk: ClerkServer, clock: Clock) -> None:
    sent = token("first")
    verify(sent)
    clerk.serve_entries(jwk("second", kid="first"))
    clock.now += jwks.MAX_AGE
    with pytest.raises(AuthenticationFailed, match="signature is not valid"):
        verify(sent)


def failing(clerk: ClerkServer, settings: Settings) -> None:
    clerk.status = 500


def redirecting(clerk: ClerkServer, settings: Settings) -> None:
    clerk.status = 302


def garbage(clerk: ClerkServer, settings: Settings) -> None:
    clerk.body = b"<html>"


def too_deep(clerk: ClerkServer, settings: Settings) -> None:
    clerk.body = b"[" * 60_000


def oversized(clerk: ClerkServer, settings: Settings) -> None:
    clerk.body = b" " * 70_000 + clerk.body


def no_list(clerk: ClerkServer, settings: Settings) -> None:
    clerk.body = b'{"keys": {"kid": "first"}}'


def no_keys(clerk: ClerkServer, settings: Settings) -> None:
    clerk.serve()


@pytest.mark.parametrize(
    ("breaks", "reason"),
    [
        (failing, "answered 500"),
        (redirecting, "answered 302"),
        (garbage, "the answer is not JSON"),
        (too_deep, "the answer is not JSON"),
        (oversized, "oversized"),
        (no_list, "the answer holds no RSA key for signatures"),
        (no_keys, "the answer holds no RSA key for signatures"),
    ],
)
def test_trouble_keeps_the_keys_and_is_told(
    breaks: Any, reason: str, clerk: ClerkServer, clock: Clock, settings: Settings
) -> None:
    verify(token("first"))
    breaks(clerk, settings)
    clock.now += jwks.MAX_AGE
    with capture_logs() as logged:
        verify(token("first"))
        assert_unknown("second")
    assert logged == [{"event": "jwks_not_fetched", "log_level": "error", "reason": reason, "keys_kept": 1}]
    assert clerk.requests == 2


def test_nobody_listens(clerk: ClerkServer, settings: Settings) -> None:
    with ClerkServer() as gone:
        settings.CLERK_JWKS_URL = gone.url
    with capture_logs() as logged:
        assert_unknown("first")
    assert [line["reason"] for line in logged] == ["can't connect"]


@pytest.mark.parametrize(
    "entry",
    [
        None,
        "first",
        [],
        {},
        {"kid": "first", "kty": "oct", "k": "c2VjcmV0"},
        {"kid": "first", "kty": ["RSA"]},
        jwk("first", kid=7),
        jwk("first", kid=None),
        jwk("first", kty="EC"),
        jwk("first", use="enc"),
        jwk("first", alg="RS512"),
        jwk("first", alg="HS256"),
        jwk("first", alg=["RS256"]),
        jwk("first", n="!"),
        jwk("first", n=7),
        jwk("first", e="AA"),
        jwk("first", n=None),
    ],
)
def test_entry_that_is_no_key_of_ours_is_passed_over(entry: Any, clerk: ClerkServer) -> None:
    clerk.serve_entries(entry, jwk("second"))
    verify(token("second"))
    assert_unknown("first")


@pytest.mark.parametrize("absent", ["use", "alg"])
def test_what_a_key_is_for_need_not_be_said(absent: str, clerk: ClerkServer) -> None:
    clerk.serve_entries(jwk("first", **{absent: None}))
    assert verify(token("first"))["sub"] == clerk_server.SUBJECT


def test_private_and_short_keys_are_not_used(clerk: ClerkServer) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
    private = clerk_server.jwk_of(clerk_server.private_key("second"), "second")
    assert "d" in private
    clerk.serve_entries(clerk_server.jwk_of(short, "short"), private, jwk("first"))
    assert list(jwks.fetch(clerk.url)) == ["first"]


def test_plain_http_only_at_home(clerk: ClerkServer, settings: Settings) -> None:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["10.0.0.0/8"]
    settings.CLERK_JWKS_URL = "http://10.0.0.1/jwks.json"
    with capture_logs() as logged:
        assert_unknown("first")
    assert [line["reason"] for line in logged] == ["CLERK_JWKS_URL must begin with https:// outside of DEBUG."]
