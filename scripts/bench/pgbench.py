"""The same SQL without any Python: pgbench, which comes with PostgreSQL."""

import os
import re
import subprocess
from pathlib import Path

from scripts.bench.base import BenchFailed
from scripts.bench.database import BARE
from scripts.bench.tape import Tape, script
from scripts.services.postgresql import program

CLIENTS = 2
TIMEOUT = 300

_RATE = re.compile(r"^tps = ([0-9.]+) \((?:without|excluding)", re.MULTILINE)
_DONE = re.compile(r"actually processed: (\d+)")


def is_possible() -> bool:
    return program("pgbench") is not None


def write_script(tape: Tape, path: Path) -> None:
    """`first` and `each` come from the command line; a client counts `i` for itself."""
    numbers = "\\set i :i + 1\n\\set n :first + :client_id * :each + :i\n"
    path.write_text(numbers + script(tape, ":n"))


def rate_of(output: str, expected: int) -> float:
    """Transactions a second. Raises `BenchFailed` unless all were carried out."""
    done, rate = _DONE.search(output), _RATE.search(output)
    if done is None or rate is None or int(done[1]) != expected:
        raise BenchFailed(f"pgbench: {output[-500:]}")
    return float(rate[1])


def run(url: str, path: Path, *, first: int, each: int) -> float:
    """Plays the script for `CLIENTS * each` numbers from `first` on."""
    counts = [f"--client={CLIENTS}", "--jobs=1", f"--transactions={each}"]
    variables = [f"--define={name}={value}" for name, value in {"i": -1, "first": first, "each": each}.items()]
    done = subprocess.run(
        [str(program("pgbench")), "--no-vacuum", *counts, *variables, f"--file={path}", url],
        env=os.environ | {"PGOPTIONS": f"-c search_path={BARE}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    return rate_of(done.stdout + done.stderr, CLIENTS * each)
