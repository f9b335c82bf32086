"""Several processes at one gate through a real Redis, and what happens without it."""

import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytest_django import Settings

from integrations.platforms import breaker, gate, shared
from integrations.platforms.breaker import Outcome
from integrations.platforms.gate import Exit
from integrations.platforms.limits import Verdict
from integrations.tests.gates import call, enter, let_in, open_breaker, pass_time, wish
from integrations.tests.scripted_platform import closed_port

OTHER_PROCESS = """
import sys, uuid
import django
django.setup()
from django.conf import settings
from integrations.tests.gates import *
settings.REDIS_URL, adapter_id = sys.argv[1], uuid.UUID(sys.argv[2])
{work}
print("done", flush=True)
sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def _trusting() -> Iterator[None]:
    shared.trust_again()
    yield
    shared.trust_again()


@contextmanager
def other_process(redis_url: str, adapter_id: uuid.UUID, work: str) -> Iterator[subprocess.Popen[str]]:
    """One that has done its work and lives on until the block ends."""
    command = [sys.executable, "-c", OTHER_PROCESS.format(work=work), redis_url, str(adapter_id)]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "bonusdesk.tests.settings"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
        yield process
        process.kill()


def test_breaker_that_one_process_opened_is_open_in_all(
    redis_url: str, settings: Settings, adapter_id: uuid.UUID
) -> None:
    settings.REDIS_URL = redis_url
    for _ in range(5):
        call(adapter_id, Outcome.TROUBLE)
    with other_process(redis_url, adapter_id, "for _ in range(5): call(adapter_id, Outcome.TROUBLE)"):
        assert enter(adapter_id).verdict is Verdict.OPEN
        assert breaker.state(adapter_id).state == "open"


def test_one_probe_among_all_processes(redis_url: str, settings: Settings, adapter_id: uuid.UUID) -> None:
    settings.REDIS_URL = redis_url
    open_breaker(adapter_id)
    pass_time(adapter_id, 5)
    with other_process(redis_url, adapter_id, "assert enter(adapter_id).is_probe"):
        assert enter(adapter_id).verdict is Verdict.OPEN


def test_processes_share_the_places_and_a_killed_one_gives_its_own_back(
    redis_url: str, settings: Settings, adapter_id: uuid.UUID
) -> None:
    settings.REDIS_URL = redis_url
    work = "let_in(adapter_id, max_concurrency=2, lease=60); let_in(adapter_id, max_concurrency=2, lease=0.000001)"
    with other_process(redis_url, adapter_id, work) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    let_in(adapter_id, max_concurrency=2)
    assert enter(adapter_id, max_concurrency=2).verdict is Verdict.FULL, "one lease has run out, one has not"


def test_processes_share_the_rhythm(redis_url: str, settings: Settings, adapter_id: uuid.UUID) -> None:
    settings.REDIS_URL = redis_url
    pace = {"max_requests_per_second": 1, "patience": 1000, "max_concurrency": 1000}
    for _ in range(200):
        let_in(adapter_id, **pace)
    work = f"for _ in range(200): let_in(adapter_id, **{pace!r})"
    with other_process(redis_url, adapter_id, work):
        assert 200 < let_in(adapter_id, **pace).wait <= 400


def test_without_redis_each_process_counts_for_itself(
    settings: Settings, adapter_id: uuid.UUID, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = f"redis://:hidden-password@127.0.0.1:{closed_port()}/0"
    open_breaker(adapter_id)
    assert enter(adapter_id).verdict is Verdict.OPEN
    assert breaker.state(adapter_id).state == "open"
    assert gate.wait(adapter_id) > 0
    assert caplog.text.count("redis_trouble") == 1, "it is left alone for a while"
    assert "hidden-password" not in caplog.text


def test_redis_that_hangs_holds_nobody_for_long(
    settings: Settings, adapter_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "TIMEOUT_SECONDS", 0.1)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(8)
        settings.REDIS_URL = f"redis://127.0.0.1:{sock.getsockname()[1]}/0"
        assert enter(adapter_id).verdict is Verdict.GO
        assert shared.client() is None


def test_redis_that_dies_during_a_call_spoils_nothing(
    redis_url: str, settings: Settings, adapter_id: uuid.UUID
) -> None:
    settings.REDIS_URL = redis_url
    entry = let_in(adapter_id)
    broken = settings.REDIS_URL = f"redis://127.0.0.1:{closed_port()}/0"
    client = shared._client(broken)
    lost = gate.Entry(entry.verdict, entry.wait, entry.is_probe, entry.token, gate.RedisGate(client))
    assert gate.leave(adapter_id, lost, Outcome.OK) is False
    assert let_in(adapter_id).gate is not entry.gate


def test_redis_that_dies_in_a_trade_lets_others_in_by_the_process_alone(
    settings: Settings, adapter_id: uuid.UUID
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{closed_port()}/0"
    shared.trust_again()
    asked = gate._current()
    assert isinstance(asked, gate.RedisGate)
    lost = [Exit(gate.Entry(Verdict.GO, 0.0, False, token, asked), Outcome.TROUBLE) for token in "ab"]
    turns, more = gate.trade(adapter_id, lost, wish(max_concurrency=1), 2)
    assert turns == []
    assert [entry.verdict for entry in more] == [Verdict.GO, Verdict.FULL]
    assert breaker.state(adapter_id).troubles == 0


def test_in_a_trade_each_leaves_where_he_came_in(redis_url: str, settings: Settings, adapter_id: uuid.UUID) -> None:
    mine = let_in(adapter_id, max_concurrency=1)
    settings.REDIS_URL = redis_url
    shared.trust_again()
    ended = [Exit(mine, Outcome.OK), Exit(let_in(adapter_id, max_concurrency=1), Outcome.OK)]
    turns, more = gate.trade(adapter_id, ended, wish(max_concurrency=1), 2)
    assert (turns, [entry.verdict for entry in more]) == ([], [Verdict.GO, Verdict.FULL])
    settings.REDIS_URL = ""
    assert enter(adapter_id, max_concurrency=1).verdict is Verdict.GO


def test_trust_in_redis_returns(redis_url: str, settings: Settings, adapter_id: uuid.UUID) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{closed_port()}/0"
    call(adapter_id, Outcome.OK)
    settings.REDIS_URL = redis_url
    assert shared.client() is None
    shared.trust_again()
    assert shared.client() is not None
