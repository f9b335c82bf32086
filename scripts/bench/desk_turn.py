"""One turn in a process of its own: `python -m scripts.bench.desk_turn NAME JSON`. Says what it found, in JSON."""

import importlib
import json
import logging
import os
import subprocess
import sys
from typing import Any

import django

from scripts.bench.base import BenchFailed
from scripts.local_stack import ROOT

TIMEOUT = 3600


def take(what: str, /, *, url: str, **job: Any) -> dict[str, Any]:
    """In the database at `url`."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.desk_turn", what, json.dumps(job)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    if done.returncode or not done.stdout.strip():
        raise BenchFailed(f"{what} ended with {done.returncode}: {(done.stderr or done.stdout)[-1500:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    django.setup()
    for name in ("bonusdesk.access", "django.request"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # Imports models, so not before.
    turns = importlib.import_module("scripts.bench.desk_turns")
    print(json.dumps(turns.TURNS[sys.argv[1]](**json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
