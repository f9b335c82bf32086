import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from scripts.bench.base import BenchFailed
from scripts.fuzz.world import made
from scripts.local_stack import ROOT, ChildDied, Stack


def main() -> int:
    signal.signal(signal.SIGTERM, _end)
    server = os.environ.get("TEST_DATABASE_URL")
    print(
        "fuzz: on PostgreSQL" if server else "fuzz: on SQLite, in place of PostgreSQL (`make services-up`)", flush=True
    )
    began = time.monotonic()
    try:
        with made(server) as stack:
            code = _fuzz(stack, sys.argv[1:])
            stack.check_alive()
    except (BenchFailed, ChildDied) as trouble:
        print(f"fuzz: {trouble}", file=sys.stderr)
        return 1
    print(f"{time.monotonic() - began:.0f} s")
    return code


def _end(*_: object) -> NoReturn:
    """As Ctrl-C would: what was started is ended on the way out."""
    raise KeyboardInterrupt


def _fuzz(stack: Stack, arguments: list[str]) -> int:
    # Models can be imported only now that Django knows its settings.
    rows = import_module("scripts.fuzz.rows")
    rows.add_examples()
    env = {**stack.env, "FUZZ_WEBHOOK_SECRET": rows.webhook_secret(), "FUZZ_ROWS": json.dumps(rows.known())}
    st = Path(sys.executable).with_name("st")
    where = f"{stack.web_url}/v1/openapi.json"
    command = [str(st), "run", where, "--url", stack.web_url, *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
