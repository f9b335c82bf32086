import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scripts.services.records import Record


class NotStarted(Exception):
    """It is here and will not run; the message says why in one line."""


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
    signals: Sequence[signal.Signals] = ()
    """What ends it, the next when the last did not help."""
    image_port: int = 0
    """Where it listens inside the container of `compose.yaml`'s service of the same name; 0: it has none."""
    image_url: str = ""
    """Its address when Docker runs it, with `{port}`."""
