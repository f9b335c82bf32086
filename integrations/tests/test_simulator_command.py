"""`manage.py simulate_platform` starts, says where it is, takes its options and ends cleanly."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from integrations.simulator.embedded import SimulatorThread
from integrations.simulator.remote import Remote
from integrations.tests.platform_calls import Caller, grant_body, options

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, str(MANAGE), "simulate_platform", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.fullmatch(r"The platform simulator listens on (http://127\.0\.0\.1:\d+)\n", line)
            assert found, line or process.stderr
            yield process, found[1]
        finally:
            process.kill()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_plays_and_ends_on_a_signal(end: signal.Signals) -> None:
    faults = ["--refuse-player", "bad:NOT_HIM", "--fault", '{"kind": "error", "status": 502, "count": 1}']
    with started("--token", "t", "--secret", "s", "--no-lives", "--not-idempotent", *faults) as (process, url):
        caller, remote = Caller(url, token="t", secret="s"), Remote(url)
        body = grant_body()
        assert [caller.grant(body).status for _ in range(3)] == [502, 201, 201]
        assert remote.credits(body["grant_id"]) == 2
        assert caller.grant(grant_body(player_external_id="bad")).json()["code"] == "NOT_HIM"
        assert remote.state()["lives_running"] == 0
        process.send_signal(end)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--port", "70000"], "port"),
        (["--error-rate", "2"], "error_rate"),
        (["--fault", '{"kind": "flood"}'], "kind"),
        (["--fault", "{"], "JSON"),
    ],
)
def test_a_bad_option_is_named(arguments: list[str], named: str) -> None:
    with pytest.raises(CommandError, match=named):
        call_command("simulate_platform", *arguments)


def test_a_port_that_is_taken_is_said() -> None:
    with SimulatorThread(options()) as simulator:
        port = simulator.url.rsplit(":", 1)[1]
        with pytest.raises(OSError, match=port), SimulatorThread(options(port=int(port))):
            pass
