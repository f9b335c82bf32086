"""Takes out one guard at a time and looks which run notices: `python -m scripts.faults.mutations`.

In a copy of the checkout, with private servers like every run's. A guard whose loss no run notices has no test.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.faults.child import ROOT
from scripts.faults.guards import GUARDS, Edit, Guard

SECONDS = 600
VIOLATED = re.compile(r"^faults: VIOLATED +(?P<run>.+?) \(\d+ s\) (?P<why>.*?)(?: \(logs: .*\))?$", re.MULTILINE)
LONGEST_MESSAGE = 200


class DoesNotFit(Exception):
    """The code has moved on, and a mutation must follow."""


@dataclass(frozen=True)
class Verdict:
    guard: Guard
    is_noticed: bool
    said: str
    is_broken: bool = False
    """Neither noticed nor passed: the mutation, or the harness, is at fault."""

    @property
    def is_as_expected(self) -> bool:
        return self.is_noticed != bool(self.guard.backed_up_by) and not self.is_broken


def copy_of_checkout(to: Path) -> None:
    """All that is tracked or would be: no secrets, no data."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (source := ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, to / name)


def apply(edit: Edit, folder: Path) -> None:
    file = folder / edit.file
    text = file.read_text()
    if text.count(edit.old) != 1:
        raise DoesNotFit(f"{edit.file} has this {text.count(edit.old)} times, not once: {edit.old}")
    file.write_text(text.replace(edit.old, edit.new))


def without(guard: Guard) -> Verdict:
    """Plays the runs that should notice, without the guard."""
    folder = Path(tempfile.mkdtemp(prefix="bonusdesk-mutated-"))
    try:
        copy_of_checkout(folder)
        for edit in guard.edits:
            apply(edit, folder)
        return _verdict(guard, _play(guard, folder))
    except (DoesNotFit, subprocess.TimeoutExpired) as error:
        return Verdict(guard, False, str(error), is_broken=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _play(guard: Guard, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.faults", "--bounded"]
    for run in guard.runs:
        command += ["--only", run]
    env = {**os.environ, "FAULTS_SQL": guard.sql, "REQUIRE_SERVICES": "1"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)


def _verdict(guard: Guard, done: subprocess.CompletedProcess[str]) -> Verdict:
    """Only a broken promise counts; that the harness fell over would prove nothing."""
    if found := VIOLATED.search(done.stdout):
        return Verdict(guard, True, f"{found['run']}: {found['why'][:LONGEST_MESSAGE]}")
    if done.returncode:
        return Verdict(guard, False, f"the harness fell over: {(done.stdout + done.stderr)[-800:]}", is_broken=True)
    return Verdict(guard, False, f"not noticed by {', '.join(guard.runs)}")


def table(verdicts: list[Verdict]) -> str:
    lines = ["| guard | taken out | noticed by, with |", "| --- | --- | --- |"]
    for verdict in verdicts:
        guard = verdict.guard
        by = f"backed up by {guard.backed_up_by}" if guard.backed_up_by else verdict.said
        lines.append(
            f"| {guard.name} | {guard.taken_out} | {by if verdict.is_as_expected else 'UNEXPECTED: ' + verdict.said} |"
        )
    return "\n".join(line.replace("\n", " ") for line in lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="mutations", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="PART", help="guards with this in their name")
    parser.add_argument("--report", type=Path, help="write the table, in Markdown, to this file too")
    options = parser.parse_args()
    verdicts = []
    for guard in GUARDS:
        if not options.only or any(part in guard.name for part in options.only):
            verdicts.append(without(guard))
            mark = "ok" if verdicts[-1].is_as_expected else "UNEXPECTED"
            print(f"mutations: {mark:10} without {guard.name}: {verdicts[-1].said}", flush=True)
    print(f"\n{table(verdicts)}")
    if options.report:
        options.report.write_text(table(verdicts) + "\n")
    return 0 if all(verdict.is_as_expected for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
