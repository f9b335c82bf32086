from functools import partial
from pathlib import Path

from scripts.services import launch, process
from scripts.services.base import Binaries, Server

# A machine's Erlang nodes share a daemon that keeps their names, unless they are given another port for it.
# Ours is the broker's child, and the kernel ends it with the broker, however that ends.
START = """\
setpriv --pdeathsig KILL epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 &
exec "$1"
"""
CONFIGURATION = """\
listeners.tcp.1 = 127.0.0.1:{port}
max_message_size = 1048576
disk_free_limit.absolute = 1MB
"""


def program() -> str | None:
    """Debian's own on the path is a wrapper that writes elsewhere and wants to be root."""
    found = process.binary("rabbitmq-server", folders=["/usr/lib/rabbitmq/bin"])
    return found if process.binary("epmd") and process.binary("setpriv") else None


def answers(port: int) -> bool:
    """It names its versions, in a method frame of channel 0."""
    return process.exchange(port, b"AMQP\0\0\x09\x01").startswith(b"\x01\0\0")


def command(data: Path, port: int) -> list[str]:
    (data / "rabbitmq.conf").write_text(CONFIGURATION.format(port=port))
    (data / "enabled_plugins").write_text("[].\n")
    settings = {
        "HOME": data,  # Erlang's cookie
        "ERL_EPMD_PORT": process.free_port(),
        # Not even what runs for a moment listens on more than loopback, or starts a daemon that stays.
        "ERL_AFLAGS": "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}",
        "RABBITMQ_DIST_PORT": process.free_port(),
        "RABBITMQ_NODENAME": f"bonusdesk{port}@localhost",
        "RABBITMQ_CONFIG_FILE": data / "rabbitmq.conf",
        "RABBITMQ_CONFIG_FILES": data / "conf.d",
        "RABBITMQ_ADVANCED_CONFIG_FILE": data / "advanced.config",
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_ENABLED_PLUGINS_FILE": data / "enabled_plugins",
        "RABBITMQ_MNESIA_BASE": data / "mnesia",
        "RABBITMQ_LOG_BASE": data / "log",
        "RABBITMQ_LOGS": "-",
        # It would spin while it waits, at the expense of everything else here.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
        # The broker is the process we started, not a child of a script.
        "RUNNING_UNDER_SYSTEMD": "true",
    }
    environment = [f"{name}={value}" for name, value in settings.items()]
    return ["/usr/bin/env", *environment, "/bin/sh", "-c", START, "sh", str(program())]


BINARIES = Binaries(
    url="amqp://guest:guest@127.0.0.1:{port}/%2F", command=command, answers=answers, accounts=("rabbitmq",)
)
RABBITMQ = Server(
    name="rabbitmq",
    variable="TEST_RABBITMQ_URL",
    packages=("rabbitmq-server",),
    find=program,
    start=partial(launch.start, "rabbitmq", BINARIES),
    binaries=BINARIES,
    image_port=5672,
    image_url="amqp://guest:guest@127.0.0.1:{port}/%2F",
)
