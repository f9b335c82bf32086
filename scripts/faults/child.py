"""One of our processes, started to be ended: by its own pid, in a session of its own, its output in a file."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from scripts.services import process

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 20.0


class Killable(Protocol):
    def kill(self) -> None: ...


class Child:
    def __init__(self, command: Sequence[str], *, env: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def children(self) -> list[int]:
        """What it has forked itself and that is alive: gunicorn's workers, Celery's pool."""
        with suppress(OSError):
            pids = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            return [int(pid) for pid in pids if process.started(int(pid))]
        return []

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def wait(self, seconds: float) -> int:
        """Its return code: minus the number of the signal that killed it. Raises TimeoutExpired."""
        return self._process.wait(seconds)

    def kill(self) -> None:
        """SIGKILL for it and for all it has forked, as when a machine goes."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def freeze(self) -> None:
        os.killpg(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)

    def stop(self) -> int:
        """As an operator would; killed when it does not listen."""
        if self.is_alive:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        code = self._process.poll()
        self.kill()
        return self._process.returncode if code is None else code
