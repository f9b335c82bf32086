"""Reading exchange rates from files: our CSV form, and the XML that the European Central Bank publishes.

A file is read to its end before anything is stored, and the first fault is named by its line and field.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import IO, Any, NoReturn
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import Locator

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from integrations.currencies import is_known
from integrations.errors import DomainError

CSV_HEADER = ("base", "quote", "rate", "valid_from")
ECB_SOURCE = "ECB"

_GESMES = "http://www.gesmes.org/xml/2002-08-01"
_EUROFXREF = "http://www.ecb.int/vocabulary/2002-08-01/eurofxref"
_IN_CUBE = 2
"""Open elements between two days: the envelope and the outer Cube."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_RATE = re.compile(r"[0-9]{1,16}(\.[0-9]{1,12})?", re.ASCII)


class RateFileInvalid(DomainError):
    """A file that can't be taken; nothing of it was stored. `details` has the line and, if known, the field."""

    code = "RATE_FILE_INVALID"


@dataclass(frozen=True, slots=True)
class Row:
    """From `valid_from` on, one unit of `base` is worth `rate` units of `quote`; `line` is where the file says so."""

    line: int
    base: str
    quote: str
    rate: Decimal
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class RateFile:
    rows: list[Row]
    unknown: set[str] = field(default_factory=set)
    """Currencies that the publisher quotes and we do not know (withdrawn ones); their rates are left out."""


def refuse(line: int, fault: str, where: str = "") -> NoReturn:
    place = f"line {line}, {where}" if where else f"line {line}"
    raise RateFileInvalid(f"{place}: {fault}", line=line, **({"field": where} if where else {}))


def read_csv(stream: Iterable[str | bytes]) -> RateFile:
    """`base,quote,rate,valid_from`, in UTF-8; `valid_from` is RFC 3339 or a day, which begins at midnight UTC."""
    reader = csv.reader(_text(stream), strict=True)
    rows: list[Row] = []
    try:
        header = tuple(cell.strip() for cell in next(reader, []))
        if header != CSV_HEADER:
            refuse(1, f"the header must be {','.join(CSV_HEADER)}.", "header")
        rows.extend(_csv_row(reader.line_num, cells) for cells in reader if cells)
    except csv.Error as error:
        refuse(reader.line_num, f"not readable as CSV ({error}).")
    if not rows:
        refuse(reader.line_num, "there are no rates in this file.")
    return RateFile(rows)


def read_ecb(stream: IO[bytes]) -> RateFile:
    """The daily file, the 90 days or the whole history: units of each currency for one euro, from that day on."""
    handler = _EcbHandler()
    parser = DefusedExpatParser(namespaceHandling=1, forbid_dtd=True)
    parser.setContentHandler(handler)
    try:
        parser.parse(stream)
    except SAXParseException as error:
        refuse(error.getLineNumber() or 1, f"not readable as XML ({error.getMessage()}).")
    except DefusedXmlException:
        refuse(handler.line, "a document type or entity is not accepted.")
    except (LookupError, ValueError) as error:
        refuse(handler.line, f"not readable as XML ({error}).")  # An encoding that Python does not have, or not so.
    if not handler.rows:
        refuse(handler.line, "there are no rates in this file.")
    return RateFile(handler.rows, handler.unknown)


def _text(stream: Iterable[str | bytes]) -> Iterator[str]:
    for number, line in enumerate(stream, start=1):
        try:
            text = line if isinstance(line, str) else line.decode()
        except UnicodeDecodeError:
            refuse(number, "not UTF-8.")
        yield text.removeprefix("\ufeff") if number == 1 else text


def _csv_row(line: int, cells: list[str]) -> Row:
    if len(cells) != len(CSV_HEADER):
        refuse(line, f"{len(cells)} columns where {len(CSV_HEADER)} are due.")
    base, quote, rate, valid_from = (cell.strip() for cell in cells)
    for name, code in (("base", base), ("quote", quote)):
        if not is_known(code):
            refuse(line, f"{code[:20]!r} is not a currency we know.", name)
    if base == quote:
        refuse(line, "a rate needs two currencies.", "quote")
    return Row(line, base, quote, _rate(line, rate), _moment(line, valid_from))


def _rate(line: int, text: str) -> Decimal:
    if _RATE.fullmatch(text) is None or not (rate := Decimal(text)):
        refuse(line, f"{text[:40]!r} is not a number above 0 with at most 12 decimals.", "rate")
    return rate


def _moment(line: int, text: str) -> datetime:
    if _DAY.fullmatch(text):
        return _day(line, text, "valid_from")
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    refuse(line, f"{text[:40]!r} is neither a day nor a time with its zone.", "valid_from")


def _day(line: int, text: str, where: str) -> datetime:
    try:
        return datetime.strptime(text if _DAY.fullmatch(text) else "", "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        refuse(line, f"{text[:40]!r} is not a day.", where)


class _EcbHandler(ContentHandler):
    """Envelope, Cube, one Cube for each day, in it one Cube for each currency. A parser that tells the line."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.unknown: set[str] = set()
        self._depth = 0
        self._day: datetime | None = None
        self._place: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802
        self._place = locator

    @property
    def line(self) -> int:
        return (self._place.getLineNumber() if self._place else None) or 1

    def startElementNS(self, name: tuple[str | None, str], qname: str | None, attrs: Any) -> None:  # noqa: N802
        self._depth += 1
        if self._depth == 1 and name != (_GESMES, "Envelope"):
            refuse(self.line, "this is not a file of the European Central Bank's reference rates.")
        if name == (_EUROFXREF, "Cube"):
            self._cube({key: value for (_, key), value in attrs.items()})

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:  # noqa: N802
        self._depth -= 1
        if self._depth == _IN_CUBE:
            self._day = None

    def _cube(self, attributes: dict[str, str]) -> None:
        if "time" in attributes:
            self._day = _day(self.line, attributes["time"], "time")
        elif attributes:
            self._currency(attributes.get("currency", ""), attributes.get("rate", ""))

    def _currency(self, code: str, rate: str) -> None:
        if self._day is None:
            refuse(self.line, "a rate outside of any day.", "time")
        if re.fullmatch(r"[A-Z]{3}", code) is None or code == "EUR":
            refuse(self.line, f"{code[:20]!r} is not a currency code.", "currency")
        value = _rate(self.line, rate)
        if is_known(code):
            self.rows.append(Row(self.line, "EUR", code, value, self._day))
        else:
            self.unknown.add(code)
