import argparse
import os
import platform
import signal
import sys
import time
import warnings
from datetime import UTC, datetime
from typing import NoReturn

from django.db import connection

from scripts.bench import report
from scripts.bench.base import QUICK, THREADS, WORKERS, BenchFailed, Sizes
from scripts.bench.registry import BENCHES, ON_REQUEST
from scripts.bench.world import FOLDER, World, made
from scripts.local_stack import ROOT, ChildDied

DOCUMENT = ROOT / "docs" / "performance.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description="Measures, side by side with what is possible.")
    parser.add_argument(
        "--quick", action="store_true", help="tiny counts, to see that it runs; the figures mean nothing"
    )
    named = {**BENCHES, **ON_REQUEST}
    parser.add_argument("--only", action="append", choices=named, metavar="NAME", help=f"of {', '.join(named)}")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    # Nobody asks for static files here.
    warnings.filterwarnings("ignore", message="No directory at")
    load = os.getloadavg()[0]
    began = time.monotonic()
    try:
        with made(QUICK if options.quick else Sizes()) as world:
            rows = _measure(world, options.only or list(BENCHES))
            about = (
                f"{_machine()}; load {load:.1f} before, {os.getloadavg()[0]:.1f} at the end (its own work included)."
            )
    except (BenchFailed, ChildDied) as trouble:
        print(f"bench: {trouble}", file=sys.stderr)
        return 1
    block = report.table(rows, about=about)
    print(f"\n{block}\n\n{time.monotonic() - began:.0f} s")
    is_whole = not (options.quick or options.only)
    report.write_json(FOLDER / ("results.json" if is_whole else "partial.json"), rows, about=about)
    if is_whole:
        report.write_document(DOCUMENT, block)
    return 0


def _end(*_: object) -> NoReturn:
    """As Ctrl-C would: what was started is ended on the way out."""
    raise KeyboardInterrupt


def _measure(world: World, names: list[str]) -> list[report.Row]:
    rows = []
    for name in names:
        print(f"bench: {name}", flush=True)
        found = {**BENCHES, **ON_REQUEST}[name](world)
        print("\n".join(row.line() for row in found), flush=True)
        rows += found
    return rows


def _machine() -> str:
    version = connection.pg_version  # type: ignore[attr-defined]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"PostgreSQL {version // 10000}.{version % 10000} (durable), gunicorn with {WORKERS} × {THREADS} threads"
    )


if __name__ == "__main__":
    sys.exit(main())
