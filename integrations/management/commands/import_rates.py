from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from integrations.rate_files import RateFileInvalid
from integrations.rates import SOURCE_LENGTH, ImportReport, import_file

PLAIN_STEP = 10_000


class Command(BaseCommand):
    help = (
        "Import exchange rates: a CSV file with the header base,quote,rate,valid_from, "
        "or an XML file of the European Central Bank (daily, 90 days or whole history). All of the file, or nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", help="Who says so; by default the file's name. The bank's files name theirs.")
        parser.add_argument(
            "--replace", action="store_true", help="Let the file overrule the rates we have for the same pair and time."
        )

    def handle(self, *args: Any, file: Path, source: str | None, replace: bool, **options: Any) -> None:
        try:
            report = self._import(file.read_bytes(), (source or file.name)[:SOURCE_LENGTH], replace)
        except OSError as error:
            raise CommandError(f"{file} can't be read: {error.strerror}.") from error
        except RateFileInvalid as error:
            raise CommandError(f"{file}, {error.message} Nothing was imported.") from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted; nothing was imported.", returncode=130) from None
        self.stdout.write(_summary(report))

    def _import(self, content: bytes, source: str, replace: bool) -> ImportReport:
        console = Console(stderr=True)
        if not console.is_terminal:
            return import_file(content, source, replace=replace, progress=self._line)
        columns = (TextColumn("Exchange rates"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=None)
            return import_file(
                content, source, replace=replace, progress=lambda done, of: bar.update(task, completed=done, total=of)
            )

    def _line(self, done: int, of: int) -> None:
        if done % PLAIN_STEP == 0 and done < of:
            self.stdout.write(f"{done:,} of {of:,} rates")


def _summary(report: ImportReport) -> str:
    text = f"{report.created:,} created, {report.replaced:,} replaced, {report.unchanged:,} unchanged."
    if report.unknown:
        text += f" Left out, as we don't know these currencies: {', '.join(report.unknown)}."
    return text
