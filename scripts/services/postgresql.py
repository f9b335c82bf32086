import signal
from functools import partial
from pathlib import Path
from typing import Any

from scripts.services import launch, process
from scripts.services.base import Binaries, NotStarted, Server

USER = "bonusdesk"


def program(name: str) -> str | None:
    """Debian keeps the server's programs off the path; the newest version first."""
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders = sorted(installed, key=lambda folder: [int(part) for part in folder.parent.name.split(".")], reverse=True)
    return process.binary(name, folders=[str(folder) for folder in folders])


def prepare(data: Path, as_account: dict[str, Any]) -> None:
    initdb = [str(program("initdb")), "-D", str(data), "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C"]
    made = launch.run(initdb, as_account)
    if made.returncode:
        raise NotStarted(f"initdb: {' '.join(made.stderr.split())[-300:]}")


def command(data: Path, port: int) -> list[str]:
    # fsync and its like stay as they are: a write is as durable, and as dear, as in production.
    settings = f"port={port} listen_addresses=127.0.0.1 unix_socket_directories= max_connections=200"
    return [str(program("postgres")), "-D", str(data), *(f"--{setting}" for setting in settings.split())]


def answers(port: int) -> bool:
    createdb = [str(program("createdb")), "-w", "-h", "127.0.0.1", "-p", str(port), "-U", USER, "bonusdesk"]
    made = launch.run(createdb, {})
    return made.returncode == 0 or "already exists" in made.stderr


BINARIES = Binaries(
    url=f"postgres://{USER}@127.0.0.1:{{port}}/bonusdesk",
    command=command,
    answers=answers,
    # Fast, which does not wait for clients as SIGTERM would; at once; by force.
    signals=(signal.SIGINT, signal.SIGQUIT, signal.SIGKILL),
    accounts=("postgres",),
    prepare=prepare,
)
POSTGRESQL = Server(
    name="postgresql",
    variable="TEST_DATABASE_URL",
    packages=("postgresql",),
    find=lambda: program("postgres") and program("initdb"),
    start=partial(launch.start, "postgresql", BINARIES),
    binaries=BINARIES,
    image_port=5432,
    image_url="postgres://bonusdesk:bonusdesk@127.0.0.1:{port}/bonusdesk",
)
