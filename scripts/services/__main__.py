import argparse
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from scripts.services import compose, debian, launch, private, records
from scripts.services.base import NotStarted, Server
from scripts.services.records import FOLDER, Record
from scripts.services.registry import SERVERS

ENV_FILE = FOLDER / "env"


def say(line: str) -> None:
    print(f"services: {line}", flush=True)


@contextmanager
def alone() -> Iterator[None]:
    """Two makes in one checkout take turns."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_required() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true"} or os.environ.get("REQUIRE_SERVICES") == "1"


def named(server: Server) -> Record | None:
    """One the environment names; it is not ours, so it is never ended."""
    url = os.environ.get(server.variable)
    return Record(server.name, url, "environment") if url else None


def running(server: Server) -> Record | None:
    record = records.load(server.name)
    if record and not record.is_alive:
        stop(record)
        return None
    return record


def start(server: Server) -> Record | None:
    """From binaries, else from Docker; None, and a line that says why, when neither worked."""
    try:
        record = server.start() if server.find() else compose.start(server)
    except (NotStarted, OSError, subprocess.SubprocessError) as error:
        say(f"{server.name} did not start: {error}")
        return None
    if record:
        records.save(record)
    return record


def stop(record: Record) -> None:
    if record.project:
        compose.stop(record)
    launch.stop(record, SERVERS[record.name].binaries)


def up(servers: Sequence[Server]) -> list[str]:
    """Brings up what is not up yet and returns a line on each that can't be had."""
    found = {server: record for server in servers if (record := named(server) or running(server))}
    missing = [server for server in servers if server not in found]
    debian.install([package for server in missing if not server.find() for package in server.packages])
    with ThreadPoolExecutor() as together:
        found |= {
            server: record for server, record in zip(missing, together.map(start, missing), strict=True) if record
        }
    for server, record in found.items():
        say(f"{server.name} at {record.url} ({record.source})")
    write_env()
    return [
        f"{server.name} can't be had: set {server.variable}, or install {' '.join(server.packages)}"
        for server in servers
        if server not in found
    ]


def write_env() -> None:
    known = {server: record for server in SERVERS.values() if (record := named(server) or running(server))}
    ENV_FILE.write_text("".join(f"export {server.variable}='{record.url}'\n" for server, record in known.items()))


def down(servers: Sequence[Server]) -> None:
    for server in servers:
        if record := records.load(server.name):
            stop(record)
            if record.pid or record.project:
                say(f"{server.name} ended")
    write_env()


def main() -> int:
    parser = argparse.ArgumentParser(prog="services", description=__doc__)
    parser.add_argument("action", choices=("up", "down", "list"))
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(SERVERS)}; all of them unless given")
    options = parser.parse_args()
    if unknown := set(options.names) - set(SERVERS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    servers = [SERVERS[name] for name in options.names] or list(SERVERS.values())
    if options.action == "list":
        print(" ".join(server.name for server in servers if (record := records.load(server.name)) and record.is_alive))
        return 0
    with alone():
        private.end_abandoned()
        if options.action == "down":
            down(servers)
            return 0
        missing = up(servers)
    for line in missing:
        say(line)
    return 1 if missing and is_required() else 0


if __name__ == "__main__":
    sys.exit(main())
