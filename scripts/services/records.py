"""What runs for this checkout: a JSON file for each server in .services/, which is its pid file too."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.services import process

CHECKOUT = Path(__file__).resolve().parent.parent.parent
FOLDER = CHECKOUT / ".services"


@dataclass(frozen=True)
class Record:
    name: str
    url: str
    source: str
    pid: int = 0
    """0: no process of ours."""
    started: str = ""
    """When that process began, so that another with a recycled pid is never taken for it."""
    data: str = ""
    project: str = ""
    """The Compose project, when Docker runs it."""
    owner: int = 0
    """The process whose private server it is; 0: it is the checkout's."""
    owner_started: str = ""

    @property
    def is_alive(self) -> bool:
        return not self.pid or process.started(self.pid) == self.started != ""


def _path(name: str) -> Path:
    return FOLDER / f"{name}.json"


def save(record: Record) -> None:
    _path(record.name).write_text(json.dumps(asdict(record), indent=1) + "\n")


def of_owners() -> list[Record]:
    found = (load(path.stem) for path in FOLDER.glob("private-*.json"))
    return [record for record in found if record]


def load(name: str) -> Record | None:
    try:
        return Record(**json.loads(_path(name).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def forget(name: str) -> None:
    _path(name).unlink(missing_ok=True)
