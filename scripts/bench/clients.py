"""Which HTTP client calls a platform fastest, and what `grant_many` adds to it: `python -m scripts.bench.clients`.

Each turn is a process of its own, against a simulated platform in another; both share this machine. CPU is counted for
the caller and for the platform, a call: where other programs use the machine too, it says more than calls a second.
"""

import argparse
import importlib
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
import orjson

from scripts.bench.base import BenchFailed
from scripts.bench.client_turn import CLIENTS, SECRET, TOKEN, Turn
from scripts.local_stack import MANAGE, ROOT, local_environment

TURN_SECONDS = 120
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Took:
    per_second: float
    caller_us: float
    platform_us: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="clients", description=__doc__)
    parser.add_argument("--calls", type=int, default=4000, help="of each turn")
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency-ms", type=float, action="append", help="of the platform; default 0 and 20")
    parser.add_argument("--redis", default="", help="URL; without it ours keeps its limits in the process")
    parser.add_argument("--turn", choices=CLIENTS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.turn:
        django.setup()
        # Imports models, so not before.
        turns = importlib.import_module("scripts.bench.client_turns")
        turn = Turn(options.url, options.calls, options.at_once)
        sys.stdout.buffer.write(orjson.dumps(turns.take(options.turn, turn)))
        return
    for latency in options.latency_ms or (0, 20):
        _compare(options, latency)


def _compare(options: argparse.Namespace, latency: float) -> None:
    print(f"{latency:g} ms, {options.at_once} at once, {options.calls} calls a turn, load {os.getloadavg()[0]:.1f}")
    took: dict[str, list[Took]] = {name: [] for name in CLIENTS}
    for _ in range(options.rounds):
        for name in CLIENTS:
            took[name].append(_turn(name, options, latency))
    bare = took["aiohttp"]
    for name, turns in took.items():
        print(
            f"  {name:10} {_median(turns, lambda one: one.per_second):7.0f}/s"
            f"  caller {_median(turns, lambda one: one.caller_us):5.0f} µs"
            f"  platform {_median(turns, lambda one: one.platform_us):5.0f} µs"
            f"  {_median_ratio(turns, bare):.2f}x of bare aiohttp"
        )


def _median(turns: list[Took], what: Callable[[Took], float]) -> float:
    return statistics.median(what(one) for one in turns)


def _median_ratio(turns: list[Took], bare: list[Took]) -> float:
    pairs = zip(turns, bare, strict=True)
    return statistics.median(one.per_second / other.per_second for one, other in pairs)


def _turn(name: str, options: argparse.Namespace, latency: float) -> Took:
    with tempfile.TemporaryDirectory() as folder:
        env = {**local_environment(Path(folder)), "REDIS_URL": options.redis}
        with _platform(env, latency) as (process, url):
            size = ("--calls", str(options.calls), "--at-once", str(options.at_once))
            before = _cpu(process.pid)
            done = subprocess.run(
                [sys.executable, "-m", "scripts.bench.clients", "--turn", name, "--url", url, *size],
                cwd=ROOT,
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=TURN_SECONDS,
                check=True,
            )
            found = orjson.loads(done.stdout)
            platform = _cpu(process.pid) - before
    calls = options.calls
    return Took(calls / found["seconds"], found["cpu"] / calls * 1e6, platform / calls * 1e6)


@contextmanager
def _platform(env: dict[str, str], latency: float) -> Iterator[tuple[subprocess.Popen[str], str]]:
    faults = ("--latency-ms", str(latency), "--latency-jitter", "0")
    command = [*MANAGE, "simulate_platform", "--port", "0", "--no-lives", "--token", TOKEN, "--secret", SECRET, *faults]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise BenchFailed("The platform did not start.")
            yield process, line.split()[-1]
        finally:
            process.terminate()
            process.wait(timeout=30)


def _cpu(pid: int) -> float:
    """Seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    main()
