import shutil
import signal
from pathlib import Path

from scripts.services import launch, process
from scripts.services.base import NotStarted, Server
from scripts.services.records import Record

USER = "bonusdesk"
# Fast, which does not wait for clients as SIGTERM would; at once; by force.
SIGNALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)


def program(name: str) -> str | None:
    """Debian keeps the server's programs off the path; the newest version first."""
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders = sorted(installed, key=lambda folder: [int(part) for part in folder.parent.name.split(".")], reverse=True)
    return process.binary(name, folders=[str(folder) for folder in folders])


def start() -> Record:
    as_account = launch.identity("postgres")
    data = launch.data_folder("postgresql", as_account)
    initdb = [str(program("initdb")), "-D", str(data), "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C"]
    made = launch.run(initdb, as_account)
    if made.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise NotStarted(f"initdb: {' '.join(made.stderr.split())[-300:]}")

    def command(port: int) -> list[str]:
        # fsync and its like stay as they are: a write is as durable, and as dear, as in production.
        settings = f"port={port} listen_addresses=127.0.0.1 unix_socket_directories= max_connections=200"
        return [str(program("postgres")), "-D", str(data), *(f"--{setting}" for setting in settings.split())]

    def probe(port: int) -> bool:
        createdb = [str(program("createdb")), "-w", "-h", "127.0.0.1", "-p", str(port), "-U", USER, "bonusdesk"]
        return launch.run(createdb, as_account).returncode == 0

    return launch.start(
        "postgresql",
        data=data,
        as_account=as_account,
        command=command,
        url=f"postgres://{USER}@127.0.0.1:{{port}}/bonusdesk",
        probe=probe,
        signals=SIGNALS,
    )


POSTGRESQL = Server(
    name="postgresql",
    variable="TEST_DATABASE_URL",
    packages=("postgresql",),
    find=lambda: program("postgres") and program("initdb"),
    start=start,
    signals=SIGNALS,
    image_port=5432,
    image_url="postgres://bonusdesk:bonusdesk@127.0.0.1:{port}/bonusdesk",
)
