"""Servers from `compose.yaml`, where there is a Docker engine; the client alone is not enough."""

import hashlib
import os
import subprocess
import threading

from scripts.services import process
from scripts.services.base import NotStarted, Server
from scripts.services.records import CHECKOUT, Record

ENGINE_SECONDS = 20
START_SECONDS = 300
# Two at once would both want to make the project's network.
ONE_AT_A_TIME = threading.Lock()


def _compose(project: str, *arguments: str, port: int = 0, name: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", "compose", "-p", project, "-f", str(CHECKOUT / "compose.yaml"), "--profile", "brokers", *arguments],
        env=os.environ | {f"{name.upper()}_PORT": str(port)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=START_SECONDS,
    )


def is_possible() -> bool:
    if not process.binary("docker"):
        return False
    try:
        for question in (["docker", "info"], ["docker", "compose", "version"]):
            if subprocess.run(question, capture_output=True, check=False, timeout=ENGINE_SECONDS).returncode:
                return False
    except subprocess.TimeoutExpired:
        return False
    return True


def start(server: Server) -> Record | None:
    if not server.image_port or not is_possible():
        return None
    project = "bonusdesk-" + hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]
    port = process.free_port()
    with ONE_AT_A_TIME:
        done = _compose(project, "up", "--detach", "--wait", server.name, port=port, name=server.name)
    if done.returncode:
        raise NotStarted(f"docker compose: {' '.join(done.stderr.split())[-300:]}")
    return Record(server.name, server.image_url.format(port=port), "docker", project=project)


def stop(record: Record) -> None:
    _compose(record.project, "rm", "--stop", "--force", "--volumes", record.name)
