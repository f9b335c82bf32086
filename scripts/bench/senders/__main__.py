"""One turn: `python -m scripts.bench.senders NAME JOB`, with a job in JSON. Says at the end what it took, in JSON."""

import importlib
import json
import re
import sys
import time
from dataclasses import asdict
from pathlib import Path

import django

from scripts.bench.senders.job import Job, Run
from scripts.bench.turns import SENDERS, WITH_DJANGO, Turn


def main() -> None:
    name, job = sys.argv[1], Job(**json.loads(sys.argv[2]))
    if name in WITH_DJANGO:
        django.setup()
    # Only the one that is wanted: it is to have nothing in memory that it does not need.
    module, function = SENDERS[name]
    run: Run = getattr(importlib.import_module(f"scripts.bench.senders.{module}"), function)(job)
    before = _peak()
    cpu, began = time.process_time(), time.perf_counter()
    count = run()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    after = _peak()
    print(json.dumps(asdict(Turn(count, seconds, cpu, before, after))))


def _peak() -> int:
    """KiB of this very program. `getrusage` would count what was forked, before it became this one."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    main()
