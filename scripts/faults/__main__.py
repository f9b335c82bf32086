"""Breaks things and looks at what is left: `python -m scripts.faults --help`."""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from scripts.faults.base import Run, Violated
from scripts.faults.child import ROOT
from scripts.faults.registry import RUNS
from scripts.faults.servers import NotHere
from scripts.faults.world import World

KEPT = ROOT / "var" / "faults"
PASSED, VIOLATED, SKIPPED, BROKEN = "ok", "VIOLATED", "skipped", "BROKEN"
"""Broken is the harness itself."""
HALVES = ("sinks", "life")
LIFE = ("life: ", "campaign: ")


@dataclass
class Result:
    name: str
    outcome: str
    seconds: float
    counted: dict[str, int] = field(default_factory=dict)
    why: str = ""

    @property
    def counts(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in self.counted.items())


def play(run: Run, world: World) -> Result:
    began = time.monotonic()
    try:
        counted = run.play(world)
    except Violated as broken:
        kept = keep(world.folder, run.name)
        return Result(run.name, VIOLATED, time.monotonic() - began, why=f"{broken} (logs: {kept})")
    except NotHere as missing:
        outcome = BROKEN if is_required() else SKIPPED
        return Result(run.name, outcome, time.monotonic() - began, why=str(missing))
    except Exception as error:
        traceback.print_exc()
        kept = keep(world.folder, run.name)
        return Result(run.name, BROKEN, time.monotonic() - began, why=f"{error!r} (logs: {kept})")
    return Result(run.name, PASSED, time.monotonic() - began, counted)


def keep(logs: Path, name: str) -> Path:
    """What the processes of a run that went wrong said."""
    folder = KEPT / re.sub(r"\W+", "-", name)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(logs, folder)
    return folder.relative_to(ROOT)


def is_required() -> bool:
    """As for the services of the tests: in CI a missing server is a failure."""
    return os.environ.get("CI", "").lower() in {"1", "true"} or os.environ.get("REQUIRE_SERVICES") == "1"


def say(result: Result) -> None:
    print(
        f"faults: {result.outcome:8} {result.name} ({result.seconds:.0f} s) {result.why or result.counts}", flush=True
    )


def table(results: list[Result]) -> str:
    """In Markdown, as `docs/guarantees.md` has it."""
    lines = ["| run | outcome | seconds | counted |", "| --- | --- | --- | --- |"]
    lines += [f"| {r.name} | {r.outcome} | {r.seconds:.0f} | {r.why or r.counts} |" for r in results]
    return "\n".join(lines)


def chosen(only: list[str], *, half: str, is_bounded: bool) -> list[Run]:
    if only:
        return [run for run in RUNS if any(part in run.name for part in only)]
    of_half = [run for run in RUNS if not half or run.name.startswith(LIFE) is (half == "life")]
    return [run for run in of_half if run.is_bounded or not is_bounded]


def play_halves(seed: int) -> int:
    """Two processes, each with servers of its own: much of a run is waiting for somebody's time-out."""
    command = [sys.executable, "-m", "scripts.faults", "--bounded", "--seed", str(seed), "--half"]
    halves = [subprocess.Popen([*command, half]) for half in HALVES]
    try:
        return max(half.wait() for half in halves)
    finally:
        for half in halves:
            half.terminate()
            half.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--bounded", action="store_true", help="the short runs only, at small sizes")
    parser.add_argument("--only", action="append", default=[], metavar="PART", help="runs with this in their name")
    parser.add_argument("--half", choices=HALVES, default="", help="the runs on sinks alone, or those on whole lives")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, help="write the table, in Markdown, to this file too")
    options = parser.parse_args()
    runs = chosen(options.only, half=options.half, is_bounded=options.bounded)
    if not runs:
        parser.error(f"no such run; there are: {', '.join(run.name for run in RUNS)}")
    signal.signal(signal.SIGTERM, _give_up)
    if options.bounded and not (options.only or options.half or options.report):
        return play_halves(options.seed)
    results = []
    with World(seed=options.seed, is_bounded=options.bounded) as world:
        if not options.only:
            world.servers.warm()
        for run in runs:
            results.append(play(run, world))
            say(results[-1])
    print(f"\n{table(results)}")
    if options.report:
        options.report.write_text(table(results) + "\n")
    return 1 if any(result.outcome in (VIOLATED, BROKEN) for result in results) else 0


def _give_up(_number: int, _frame: object) -> NoReturn:
    """Everything that was started is ended on the way out."""
    sys.exit(143)


if __name__ == "__main__":
    sys.exit(main())
