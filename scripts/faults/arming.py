"""Has the next process that is forked die at a failpoint, and no later one: `FAULTS_ARM` names a file that says which.

gunicorn's workers and Celery's pool are replaced as soon as they die; armed by the environment alone, so would be
every replacement.
"""

import importlib
import os
from contextlib import suppress
from pathlib import Path

from integrations import failpoints


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
        os.environ["BONUSDESK_FAILPOINT"] = failpoint
        # Functions that were imported by name look into the same module.
        importlib.reload(failpoints)
        told.with_suffix(".pid").write_text(str(os.getpid()))
    mine.touch()
