"""gunicorn reads this by itself when it is started here. It adds nothing to how many processes there are, or where."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from bonusdesk.logging import configure
from bonusdesk.settings import LOGGING


def _metrics_folder() -> str:
    """A new one for each start; a reload, which reads this file again, keeps the one it has."""
    prefix = f"bonusdesk-metrics-{os.getpid()}-"
    present = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
    return present if Path(present).name.startswith(prefix) else tempfile.mkdtemp(prefix=prefix)


# Where the processes add up what they count. Prometheus's client looks for it when it is imported.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = FOLDER = _metrics_folder()


class logger_class(Logger):  # noqa: N801  gunicorn's name for it
    """Its lines look like all others. The application writes the access log."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        configure(LOGGING)


def on_exit(server: Any) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
