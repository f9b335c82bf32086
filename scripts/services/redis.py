import signal
import socket

from scripts.services import launch, process
from scripts.services.base import Server
from scripts.services.records import Record

SIGNALS = (signal.SIGTERM, signal.SIGKILL)


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def start() -> Record:
    as_account = launch.identity("redis")
    data = launch.data_folder("redis", as_account)

    def command(port: int) -> list[str]:
        server = str(process.binary("redis-server"))
        return [
            server,
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(data),
            "--save",
            "",
            "--appendonly",
            "no",
        ]

    return launch.start(
        "redis",
        data=data,
        as_account=as_account,
        command=command,
        url="redis://127.0.0.1:{port}/0",
        probe=answers,
        signals=SIGNALS,
    )


REDIS = Server(
    name="redis",
    variable="TEST_REDIS_URL",
    packages=("redis-server",),
    find=lambda: process.binary("redis-server"),
    start=start,
    signals=SIGNALS,
    image_port=6379,
    image_url="redis://127.0.0.1:{port}/0",
)
