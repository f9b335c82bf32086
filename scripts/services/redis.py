from functools import partial
from pathlib import Path

from scripts.services import launch, process
from scripts.services.base import Binaries, Server


def answers(port: int) -> bool:
    return process.exchange(port, b"PING\r\n").startswith(b"+PONG")


def command(data: Path, port: int) -> list[str]:
    settings = {"port": str(port), "bind": "127.0.0.1", "dir": str(data), "save": "", "appendonly": "no"}
    return [
        str(process.binary("redis-server")),
        *(part for name, value in settings.items() for part in (f"--{name}", value)),
    ]


BINARIES = Binaries(url="redis://127.0.0.1:{port}/0", command=command, answers=answers, accounts=("redis",))
REDIS = Server(
    name="redis",
    variable="TEST_REDIS_URL",
    packages=("redis-server",),
    find=lambda: process.binary("redis-server"),
    start=partial(launch.start, "redis", BINARIES),
    binaries=BINARIES,
    image_port=6379,
    image_url="redis://127.0.0.1:{port}/0",
)
