"""Has the next process that is forked die at a failpoint, and no later one: `FAULTS_ARM` names a file that says which.

gunicorn's workers and Celery's pool are replaced as soon as they die; armed by the environment alone, so would be
every replacement. Told to `freeze <failpoint>`, it stops there once, where it would have died.
"""

import importlib
import os
import signal
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

from integrations import failpoints

FREEZE = "freeze "


def arm_next_fork() -> None:
    os.register_at_fork(after_in_child=_take_arms)


def _take_arms() -> None:
    """Whoever has been here, armed or not, leaves a file with its pid in its name."""
    told = Path(os.environ["FAULTS_ARM"])
    mine = told.with_suffix(f".{os.getpid()}")
    failpoint = ""
    with suppress(FileNotFoundError):
        told.rename(mine)
        failpoint = mine.read_text()
    if failpoint:
        os.environ["BONUSDESK_FAILPOINT"] = failpoint.removeprefix(FREEZE)
        # Functions that were imported by name look into the same module.
        importlib.reload(failpoints)
        if failpoint.startswith(FREEZE):
            vars(failpoints)["os"] = SimpleNamespace(getpid=os.getpid, kill=_stop_once)
        told.with_suffix(".pid").write_text(str(os.getpid()))
    mine.touch()


def _stop_once(pid: int, _signal: int) -> None:
    vars(failpoints)["_NAME"] = ""
    os.kill(pid, signal.SIGSTOP)
