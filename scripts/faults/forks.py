"""Deliverers in milliseconds: forked by a process that has the product loaded (`fork_server.py`)."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from scripts.faults.child import ROOT

POLL_SECONDS = 0.02
STOP_SECONDS = 20.0


class Forks:
    """A context manager. `run` and `spawn` are as `manage.py` with these arguments in this environment."""

    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("ab") as output:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "scripts.faults.fork_server"],
                cwd=ROOT,
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )
        if not self._read_line():
            raise RuntimeError(f"the fork server did not start: see {log}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def spawn(self, *args: str, env: Mapping[str, str], failpoint: str = "") -> "Fork":
        environment = {**env, "BONUSDESK_FAILPOINT": failpoint}
        pid = self._ask(args=list(args), env=environment, log=str(self._log))
        return Fork(self, pid)

    def run(self, *args: str, env: Mapping[str, str], failpoint: str = "", seconds: float = 60.0) -> int:
        """Its return code: minus the number of the signal that killed it."""
        return self.spawn(*args, env=env, failpoint=failpoint).wait(seconds)

    def poll(self, pid: int) -> int | None:
        code: int | None = self._ask(poll=pid)
        return code

    def close(self) -> None:
        """Kills those that are still there."""
        if self._server.stdin and self._server.stdout:
            self._server.stdin.close()
            self._server.stdout.close()
        self._server.wait(STOP_SECONDS)

    def _ask(self, **asked: Any) -> Any:
        if self._server.stdin is None:
            raise RuntimeError("the fork server is not there")
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        return json.loads(self._read_line())

    def _read_line(self) -> str:
        return self._server.stdout.readline() if self._server.stdout else ""


class Fork:
    def __init__(self, forks: Forks, pid: int) -> None:
        self._forks = forks
        self.pid = pid
        self._code: int | None = None

    @property
    def is_alive(self) -> bool:
        if self._code is None:
            self._code = self._forks.poll(self.pid)
        return self._code is None

    def wait(self, seconds: float) -> int:
        until = time.monotonic() + seconds
        while self.is_alive:
            if time.monotonic() >= until:
                self.kill()
                raise subprocess.TimeoutExpired(f"process {self.pid}", seconds)
            time.sleep(POLL_SECONDS)
        return self._code or 0

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self.wait(STOP_SECONDS)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> int:
        """As an operator would."""
        self._signal(signal.SIGTERM)
        return self.wait(STOP_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            if self.is_alive:
                os.kill(self.pid, number)
