"""From binaries to a running server: its data folder, its account, its port."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from scripts.services import process, records
from scripts.services.base import NotStarted
from scripts.services.records import FOLDER, Record

PORTS_TRIED = 4


def identity(*accounts: str) -> dict[str, Any]:
    """What makes subprocess run as the first of these accounts that exists; nothing for those who are not root."""
    if os.geteuid() != 0:
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


def data_folder(name: str, as_account: dict[str, Any]) -> Path:
    """Under .services/, or a temporary one where the server's account can't get at the checkout (under /root, say)."""
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if as_account and run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], as_account).returncode:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix=f"bonusdesk-{name}-"))
    if as_account:
        os.chown(folder, as_account["user"], as_account["group"])
    folder.chmod(0o700)
    return folder


def start(
    name: str,
    *,
    data: Path,
    as_account: dict[str, Any],
    command: Callable[[int], list[str]],
    url: str,
    probe: Callable[[int], bool],
    signals: Sequence[signal.Signals],
) -> Record:
    """`command`, `url` and `probe` are told the port; another is tried when it would not start on the first."""
    log = FOLDER / f"{name}.log"
    for _ in range(PORTS_TRIED):
        port = process.free_port()
        child = process.spawn(command(port), log=log, identity=as_account)
        began = process.started(child.pid)
        record = Record(name, url.format(port=port), "binaries", pid=child.pid, started=began, data=str(data))
        records.save(record)
        try:
            if process.became_ready(child, lambda port=port: probe(port)):  # type: ignore[misc]
                return record
        except BaseException:
            stop(record, signals)
            raise
        process.end(child.pid, began, signals)
    shutil.rmtree(data, ignore_errors=True)
    records.forget(name)
    raise NotStarted(f"see {log}")


def stop(record: Record, signals: Sequence[signal.Signals]) -> None:
    if record.pid:
        process.end(record.pid, record.started, signals)
    if record.data:
        shutil.rmtree(record.data, ignore_errors=True)
    records.forget(record.name)
