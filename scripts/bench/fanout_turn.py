"""One turn in a process of its own: `python -m scripts.bench.fanout_turn NAME JSON`. Says what it took, in JSON."""

import importlib
import json
import subprocess
import sys
from typing import Any

import django

from scripts.bench.base import BenchFailed
from scripts.local_stack import ROOT

TIMEOUT = 1800


def take(what: str, /, **job: Any) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.fanout_turn", what, json.dumps(job)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    if done.returncode or not done.stdout.strip():
        raise BenchFailed(f"{what} ended with {done.returncode}: {(done.stderr or done.stdout)[-1500:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    django.setup()
    # Imports models, so not before.
    turns = importlib.import_module("scripts.bench.fanout_turns")
    print(json.dumps(turns.TURNS[sys.argv[1]](**json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
