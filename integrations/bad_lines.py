"""What an import could not take, told as CSV: line, field, reason."""

import csv
from typing import TextIO

from integrations.csv_files import BadLine


class BadLines:
    """Counts them, keeps the first few, and writes each to the report if there is one."""

    KEPT = 20

    def __init__(self, report: TextIO | None = None) -> None:
        self.count = 0
        self.first: list[BadLine] = []
        self._report = csv.writer(report) if report is not None else None
        if self._report is not None:
            self._report.writerow(("line", "field", "reason"))

    def add(self, bad: BadLine) -> None:
        self.count += 1
        if len(self.first) < self.KEPT:
            self.first.append(bad)
        if self._report is not None:
            self._report.writerow((bad.line, bad.field, bad.reason))
