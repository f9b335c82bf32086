"""Reading long tables of text, line by line and in little memory: CSV in UTF-8, with commas or semicolons.

A file that can't be read at all is refused; a line that can't is named, and the next one is read.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from integrations.errors import DomainError

LONGEST_LINE = 1024 * 1024
_BOM = "\ufeff"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class FileInvalid(DomainError):
    """The file as a whole can't be taken: its encoding, or its header."""

    code = "VALIDATION_ERROR"


@dataclass(frozen=True, slots=True)
class BadLine:
    """`field` is empty when the whole line is at fault."""

    line: int
    field: str
    reason: str


class CsvFile:
    """`header` is read at once. Spaces around its names do not count; the delimiter is the one it has more of."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lines_read = 0
        self._fault = ""
        self.bytes_read = 0
        self.header = self._read_header()

    def rows(self) -> Iterator[tuple[int, list[str]] | BadLine]:
        """The number of a row's first line, and its cells; blank lines are left out."""
        width = len(self.header)
        reader = csv.reader(self._lines(), delimiter=self._delimiter, strict=True)
        while True:
            first, self._fault = self._lines_read + 1, ""
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                # The reader begins afresh with the next line.
                yield BadLine(first, "", self._fault or f"Not readable as CSV: {error}.")
                continue
            if self._fault:
                yield BadLine(first, "", self._fault)
            elif cells and len(cells) != width:
                yield BadLine(first, "", f"{len(cells)} columns where the header has {width}.")
            elif cells:
                yield first, cells

    def _read_header(self) -> tuple[str, ...]:
        text = next(self._lines(), "")
        if self._fault:
            raise FileInvalid(f"The header can't be read. {self._fault}")
        text = text.removeprefix(_BOM)
        self._delimiter = ";" if text.count(";") > text.count(",") else ","
        try:
            names = next(csv.reader([text], delimiter=self._delimiter, strict=True), [])
        except csv.Error as error:
            raise FileInvalid(f"The header is not readable as CSV: {error}.") from None
        header = tuple(name.strip() for name in names)
        _check_names(header)
        return header

    def _lines(self) -> Iterator[str]:
        while raw := self._stream.readline(LONGEST_LINE):
            self._lines_read += 1
            self.bytes_read += len(raw)
            if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
                self._fault = f"Longer than {LONGEST_LINE:,} bytes."
                self._skip_line()
                yield "\n"
                continue
            if b"\0" in raw:
                self._fault = "It has a NUL byte. Is the file UTF-16?"
            try:
                yield raw.decode()
            except UnicodeDecodeError:
                self._fault = "Not UTF-8. Is the file UTF-16?" if raw.startswith(_UTF_16) else "Not UTF-8."
                yield raw.decode(errors="replace")

    def _skip_line(self) -> None:
        while raw := self._stream.readline(LONGEST_LINE):
            self.bytes_read += len(raw)
            if raw.endswith(b"\n"):
                return


def _check_names(header: tuple[str, ...]) -> None:
    if not any(header):
        raise FileInvalid("The file has no header; its first line names the columns.")
    if "" in header:
        raise FileInvalid("A column of the header has no name.")
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise FileInvalid(f"The header names a column twice: {', '.join(twice)[:200]}.")
