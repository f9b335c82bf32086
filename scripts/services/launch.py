"""From binaries to a running server: its data folder, its account, its port."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.services import process, records
from scripts.services.base import Binaries, NotStarted
from scripts.services.records import FOLDER, Record

PORTS_TRIED = 4
Child = subprocess.Popen[bytes]


def identity(*accounts: str) -> dict[str, Any]:
    """What makes subprocess run as the first of these accounts that exists; nothing for those who are not root."""
    if os.geteuid() != 0 or not accounts:
        return {}
    for name in (*accounts, "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise NotStarted("it will not run as root, and there is no other account")


def run(command: Sequence[str], as_account: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=process.clean_environment(),
        **as_account,
    )


def data_folder(folder: Path, as_account: dict[str, Any]) -> Path:
    """This one, made anew, or a temporary one where the server's account can't get at it (under /root, say)."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if as_account and run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], as_account).returncode:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix=f"bonusdesk-{folder.name}-"))
    if as_account:
        os.chown(folder, as_account["user"], as_account["group"])
    folder.chmod(0o700)
    return folder


def log_of(name: str) -> Path:
    return FOLDER / f"{name}.log"


def launch(name: str, binaries: Binaries, folder: Path, owner: int = 0) -> tuple[Record, Child]:
    """In a new data folder; on another port when it would not start on the first."""
    as_account = identity(*binaries.accounts)
    data = data_folder(folder, as_account)
    try:
        binaries.prepare(data, as_account)
        for _ in range(PORTS_TRIED):
            if running := launch_on(process.free_port(), name, binaries, data, owner):
                return running
        raise NotStarted(f"see {log_of(name)}")
    except BaseException:
        shutil.rmtree(data, ignore_errors=True)
        records.forget(name)
        raise


def launch_on(port: int, name: str, binaries: Binaries, data: Path, owner: int = 0) -> tuple[Record, Child] | None:
    """On this port and on what its data folder holds; None when it did not start."""
    command = binaries.command(data, port)
    child = process.spawn(command, log=log_of(name), identity=identity(*binaries.accounts))
    began = process.started(child.pid)
    record = Record(
        name,
        binaries.url.format(port=port),
        "binaries",
        pid=child.pid,
        started=began,
        data=str(data),
        owner=owner,
        owner_started=process.started(owner) if owner else "",
    )
    records.save(record)
    try:
        if process.became_ready(child, lambda: binaries.answers(port)):
            return record, child
    except BaseException:
        process.end(child.pid, began, binaries.signals)
        raise
    process.end(child.pid, began, binaries.signals)
    return None


def start(name: str, binaries: Binaries) -> Record:
    """The checkout's own."""
    return launch(name, binaries, FOLDER / name)[0]


def stop(record: Record, binaries: Binaries | None) -> None:
    if record.pid and binaries:
        process.end(record.pid, record.started, binaries.signals)
    if record.data:
        shutil.rmtree(record.data, ignore_errors=True)
    records.forget(record.name)
