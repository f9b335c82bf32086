import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.services.records import Record


class NotStarted(Exception):
    """It is here and will not run; the message says why in one line."""


def _nothing_to_prepare(_data: Path, _as_account: dict[str, Any]) -> None:
    """An empty folder is all it wants."""


@dataclass(frozen=True)
class Binaries:
    """How a server runs from its binaries: the checkout's own, and a private one of somebody's."""

    url: str
    """Its address, with `{port}`."""
    command: Callable[[Path, int], list[str]]
    """For a data folder and a port; writes what the command reads into that folder."""
    answers: Callable[[int], bool]
    """Whether the one on this port does what it is for."""
    signals: Sequence[signal.Signals] = (signal.SIGTERM, signal.SIGKILL)
    """What ends it, the next when the last did not help."""
    accounts: tuple[str, ...] = ()
    """Whose it is when we are root: the first that exists, else nobody's; none: it stays ours."""
    prepare: Callable[[Path, dict[str, Any]], None] = _nothing_to_prepare
    """Fills a new data folder; raises NotStarted."""


@dataclass(frozen=True)
class Server:
    name: str
    variable: str
    """The environment variable that names one that runs already, and that hands its address to the tests."""
    packages: tuple[str, ...]
    """Debian packages that bring its binaries."""
    find: Callable[[], str | None]
    """Its binary on this machine."""
    start: Callable[[], Record]
    """Raises NotStarted."""
    binaries: Binaries | None = None
    """None: it is no process."""
    image_port: int = 0
    """Where it listens inside the container of `compose.yaml`'s service of the same name; 0: it has none."""
    image_url: str = ""
    """Its address when Docker runs it, with `{port}`."""
