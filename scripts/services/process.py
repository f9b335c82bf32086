"""Processes and ports, with the standard library alone."""

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

# Above these the kernel takes ports for outgoing connections.
PORTS = range(20000, 32768)
START_SECONDS = 60
STOP_SECONDS = 20


def binary(*names: str, folders: Sequence[str] = ()) -> str | None:
    places = os.pathsep.join([*folders, os.environ.get("PATH", ""), "/usr/bin", "/usr/sbin"])
    return next((found for name in names if (found := shutil.which(name, path=places))), None)


def clean_environment() -> dict[str, str]:
    """No setting of the caller's reaches a server."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "HOME": "/"}


def spawn(command: Sequence[str], *, log: Path, identity: dict[str, Any]) -> subprocess.Popen[bytes]:
    """A process in a session of its own: it outlives make and hears none of the terminal's signals."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            env=clean_environment(),
            **identity,
        )


def started(pid: int) -> str:
    """When the process began, in whatever unit the system keeps; empty when there is none, or only its remains."""
    if not Path("/proc/self/stat").exists():
        seen = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return seen.stdout.strip()
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]


def became_ready(process: subprocess.Popen[bytes], probe: Callable[[], bool]) -> bool:
    """False when it ended, as it does when somebody was faster to take its port, or takes too long."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if probe():
            return True
        time.sleep(0.2)
    return False


def exchange(port: int, question: bytes) -> bytes:
    """The beginning of the answer; empty when there is none."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(question)
            return connection.recv(64)
    except OSError:
        return b""


def end(pid: int, began: str, signals: Sequence[signal.Signals]) -> None:
    """Sends the signals one after another, the next when the last did not help, and only to that very process."""
    for sig in signals:
        if started(pid) != began:
            return
        _send(pid, sig)
        until = time.monotonic() + STOP_SECONDS
        while started(pid) == began and time.monotonic() < until:
            time.sleep(0.05)


def kill_family(pid: int, sig: signal.Signals) -> None:
    """The signal to the process, and then force to all that it started and that is left; back when they are gone."""
    if sig == signal.SIGKILL:
        _send(pid, signal.SIGSTOP)  # so that it starts nothing more
    family = {member: started(member) for member in (pid, *descendants(pid))}
    _send(pid, sig)
    if sig != signal.SIGKILL:
        wait_until_gone({pid: family[pid]})
    for member, began in family.items():
        if started(member) == began != "":
            _send(member, signal.SIGKILL)
    wait_until_gone(family)


def _send(pid: int, sig: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, sig)


def wait_until_gone(family: dict[int, str]) -> None:
    """Pids, each with when it began."""
    until = time.monotonic() + STOP_SECONDS
    while any(started(pid) == began != "" for pid, began in family.items()) and time.monotonic() < until:
        time.sleep(0.01)


def descendants(pid: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def free_port() -> int:
    for port in random.sample(PORTS, 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")
