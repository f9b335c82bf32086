"""A receiver that is a process of its own, for faults and for measurements: it takes thousands of requests a second."""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from scripts.eyes.base import Seen

ROOT = Path(__file__).parents[2]
START_SECONDS = 20
STOP_SECONDS = 10


class RestProcess:
    """Started at once; `kill` and `start` again are what a receiver's crash looks like: same port, same journal."""

    def __init__(self, journal: Path, *, port: int = 0, poison: str = "") -> None:
        self.journal = journal
        self.port = port
        self.poison = poison
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "scripts.eyes.rest", "--port", str(self.port), "--journal", str(self.journal)]
        if self.poison:
            command += ["--poison", self.poison]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        url = self.process.stdout.readline().strip() if self.process.stdout else ""
        if not url:
            raise RuntimeError(f"the receiver ended with {self.process.wait(START_SECONDS)}")
        self.port = int(url.rpartition(":")[2])

    def kill(self) -> None:
        self.process.kill()
        self._reap()

    def close(self) -> None:
        self.process.terminate()
        self._reap()

    def read(self) -> list[Seen]:
        return read_journal(self.journal)

    def _reap(self) -> None:
        self.process.wait(STOP_SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_journal(path: Path) -> list[Seen]:
    """What was accepted, in order. A line that its writer did not live to end was never answered."""
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    return [_seen(json.loads(line)) for line in lines]


def _seen(line: dict[str, str]) -> Seen:
    body = line["body"].encode("utf-8", "surrogateescape")
    return Seen(line["kind"], line["event_id"], body, details={"path": line["path"], "api_key": line["api_key"]})


def _line(request: web.BaseRequest, body: bytes) -> bytes:
    said = {
        "kind": request.path.rpartition("/")[2].upper(),
        "event_id": request.headers.get("Idempotency-Key", ""),
        "body": body.decode("utf-8", "surrogateescape"),
        "path": request.path,
        "api_key": request.headers.get("X-Api-Key", ""),
    }
    return json.dumps(said).encode() + b"\n"


async def serve(port: int, journal: Path, poison: str) -> None:
    descriptor = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    refused = poison.encode()

    async def take(request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        if refused and refused in body:
            return web.Response(status=422, text="poison")
        # Past the process at once: what was answered is on record whoever is killed.
        os.write(descriptor, _line(request, body))
        return web.Response(text="ok")

    ended = asyncio.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sig, ended.set)
    runner = web.ServerRunner(web.Server(take, access_log=None), shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, reuse_address=True)
    await site.start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await ended.wait()
    await runner.cleanup()
    os.close(descriptor)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one; the address is printed")
    parser.add_argument("--journal", type=Path, required=True, help="one JSON line for each accepted request")
    parser.add_argument("--poison", default="", help="answer 422 to bodies that hold this text")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.journal, arguments.poison))
