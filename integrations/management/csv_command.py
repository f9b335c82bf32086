"""What commands that import a CSV file have in common: their options, a progress bar, and how faults are told."""

import os
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from integrations.bad_lines import BadLines
from integrations.errors import DomainError


class CsvCommand(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--strict", action="store_true", help="Import nothing at all when a line is bad.")
        parser.add_argument(
            "--report", type=Path, help="Write each bad line to this CSV file (line, field, reason), which is replaced."
        )

    def load(self, stream: IO[bytes], bad: BadLines, shown: "Shown", options: dict[str, Any]) -> None:
        raise NotImplementedError

    def summary(self) -> str:
        """What has been committed."""
        raise NotImplementedError

    def handle(self, *args: Any, file: Path, report: Path | None, **options: Any) -> None:
        try:
            with file.open("rb") as stream, _report(report, file) as bad:
                self._load(stream, bad, options)
        except OSError as error:
            raise CommandError(f"{error.filename or file}: {error.strerror or error}. {self.summary()}") from error
        except DomainError as error:
            raise CommandError(f"{file}: {error.message}") from error
        except KeyboardInterrupt:
            raise CommandError(f"Interrupted. {self.summary()}", returncode=130) from None
        self.stdout.write(self.summary())

    def _load(self, stream: IO[bytes], bad: BadLines, options: dict[str, Any]) -> None:
        try:
            with self._shown(os.fstat(stream.fileno()).st_size) as shown:
                self.load(stream, bad, shown, options)
        finally:
            self._tell(bad)

    def _tell(self, bad: BadLines) -> None:
        for found in bad.first:
            place = f"line {found.line}, {found.field}" if found.field else f"line {found.line}"
            self.stderr.write(f"{place}: {found.reason}")
        if bad.count > len(bad.first):
            self.stderr.write(f"… and {bad.count - len(bad.first):,} more.")

    @contextmanager
    def _shown(self, size: int) -> Iterator["Shown"]:
        console = Console(stderr=True)
        if not console.is_terminal:
            yield _Lines(self, size)
            return
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            yield _Bar(bar, size)


class Shown:
    """How far we are, of each step in turn. While the file is read it is measured by its size."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __call__(self, step: str, done: int, of: int | None) -> None:
        self.show(step, done, of or (self._size if done else None))

    def show(self, step: str, done: int, of: int | None) -> None:
        raise NotImplementedError


class _Bar(Shown):
    def __init__(self, bar: Progress, size: int) -> None:
        super().__init__(size)
        self._bar = bar
        self._step = ""
        self._task = bar.add_task("")

    def show(self, step: str, done: int, of: int | None) -> None:
        if step != self._step:
            self._step = step
            self._bar.reset(self._task, description=step)
        self._bar.update(self._task, completed=done, total=of)


class _Lines(Shown):
    """Without a terminal: a line for each tenth of a step."""

    def __init__(self, command: BaseCommand, size: int) -> None:
        super().__init__(size)
        self._command = command
        self._last = ("", -1)

    def show(self, step: str, done: int, of: int | None) -> None:
        tenth = done * 10 // of if of else 0
        if (step, tenth) != self._last:
            self._last = (step, tenth)
            self._command.stdout.write(f"{step}: {tenth * 10} %" if of else step)


@contextmanager
def _report(path: Path | None, file: Path) -> Iterator[BadLines]:
    if path is None:
        yield BadLines()
        return
    if path.exists() and path.samefile(file):
        raise CommandError("The report can't be the file itself.")
    with path.open("w", encoding="utf-8", newline="") as stream:
        yield BadLines(stream)
