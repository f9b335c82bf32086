"""Debian packages, for root on Debian."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ATTEMPTS = 3
POLICY = Path("/usr/sbin/policy-rc.d")


def is_possible() -> bool:
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


@contextmanager
def nothing_started() -> Iterator[None]:
    """A package's own server would run on the usual port, as nobody asked for."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def apt_get(*arguments: str) -> bool:
    """Mirrors have bad moments, and another apt may hold the lock for a while."""
    command = ["apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3", *arguments]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    for attempt in range(ATTEMPTS):
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return True
        print(f"services: apt-get {arguments[0]}: {' '.join(done.stderr.split())[-300:]}", flush=True)
        time.sleep(5 * attempt)
    return False


def install(packages: Sequence[str]) -> None:
    """Whether it worked shows in what is there afterwards."""
    if not packages or not is_possible():
        return
    print(f"services: installing {' '.join(packages)}", flush=True)
    with nothing_started():
        apt_get("update")
        if not apt_get("install", "--no-install-recommends", *packages):
            for package in packages:
                apt_get("install", "--no-install-recommends", package)
