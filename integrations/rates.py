"""Exchange rates: a timeline for each pair of currencies. The rate at a time is the newest at or before it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from io import BytesIO
from typing import IO, Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils import timezone

from integrations.errors import DomainError
from integrations.models import ExchangeRate
from integrations.rate_files import ECB_SOURCE, RateFile, RateFileInvalid, Row, read_csv, read_ecb, refuse

BATCH = 500
SOURCE_LENGTH = 32
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
_AS_STORED = Decimal(1).scaleb(-12)
_TOO_LARGE = Decimal(10) ** 16
_KEPT_BY_SQLITE = Context(prec=15, rounding=ROUND_HALF_EVEN)

# Raw, since a planner left to itself reads all crossings even when none is needed; here `wanted` is empty then, and
# CROSS JOIN makes SQLite begin with it.
_NEWEST = """
WITH direct AS (
    SELECT * FROM integrations_exchangerate
    WHERE base = %(base)s AND quote = %(quote)s AND valid_from <= %(at)s ORDER BY valid_from DESC LIMIT 1
), inverse AS (
    SELECT * FROM integrations_exchangerate
    WHERE base = %(quote)s AND quote = %(base)s AND valid_from <= %(at)s ORDER BY valid_from DESC LIMIT 1
), pair AS (
    SELECT * FROM direct UNION ALL SELECT * FROM inverse
), wanted AS (
    SELECT CAST(%(base)s AS varchar(10)) AS code WHERE NOT EXISTS (SELECT 1 FROM pair)
    UNION ALL
    SELECT CAST(%(quote)s AS varchar(10)) AS code WHERE NOT EXISTS (SELECT 1 FROM pair)
), newest AS (
    SELECT base, quote, MAX(valid_from) AS valid_from FROM wanted CROSS JOIN integrations_exchangerate
    WHERE base = code AND valid_from <= %(at)s GROUP BY base, quote
    UNION
    SELECT base, quote, MAX(valid_from) AS valid_from FROM wanted CROSS JOIN integrations_exchangerate
    WHERE quote = code AND valid_from <= %(at)s GROUP BY base, quote
)
SELECT * FROM pair
UNION ALL
SELECT rate.* FROM newest JOIN integrations_exchangerate rate
    ON rate.base = newest.base AND rate.quote = newest.quote AND rate.valid_from = newest.valid_from
"""

Pair = tuple[str, str]
Progress = Callable[[int, int], Any]
"""Told after each batch: rates done, and rates in all."""


class RateMissing(DomainError):
    """No rate leads from one currency to the other at that time."""

    code = "EXCHANGE_RATE_MISSING"

    def __init__(self, base: str, quote: str, at: datetime) -> None:
        moment = at.isoformat(timespec="seconds").replace("+00:00", "Z")
        super().__init__(f"There is no exchange rate from {base} to {quote}.", base=base, quote=quote, at=moment)


@dataclass(frozen=True, slots=True)
class ImportReport:
    created: int
    unchanged: int
    replaced: int = 0
    unknown: tuple[str, ...] = ()
    """Currencies of the file that we do not know; their rates were left out."""


@dataclass(frozen=True, slots=True)
class _Leg:
    """One unit of one currency in another, and since when."""

    rate: Decimal
    since: datetime


def rate_at(base: str, quote: str, at: datetime) -> Decimal:
    """One unit of `base` in `quote`, to 12 decimals; at most one query.

    The pair itself comes first, whichever way round it is quoted (the newer quote when both are); else the two are
    crossed over a third currency, the one whose older rate is the newest. Raises `RateMissing`.
    """
    if base == quote:
        return Decimal(1)
    newest = _newest(base, quote, at)
    leg = _leg(newest, base, quote) or _crossed(newest, base, quote)
    rate = leg.rate.quantize(_AS_STORED, context=_EXACT) if leg and leg.rate < _TOO_LARGE else Decimal(0)
    if not rate:
        raise RateMissing(base, quote, at)
    return rate


def newest_age() -> timedelta | None:
    """How long ago the newest rate in force became valid; None when there is none."""
    now = timezone.now()
    newest = ExchangeRate.objects.filter(valid_from__lte=now).aggregate(at=Max("valid_from"))["at"]
    return now - newest if newest else None


def import_csv(
    stream: Iterable[str | bytes], source: str, *, replace: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Store a CSV file of rates, wholly or, with `RateFileInvalid`, not at all."""
    return _store(read_csv(stream), source, replace=replace, progress=progress)


def import_ecb(stream: IO[bytes], *, replace: bool = False, progress: Progress | None = None) -> ImportReport:
    """Store a file of the European Central Bank's rates, wholly or, with `RateFileInvalid`, not at all."""
    return _store(read_ecb(stream), ECB_SOURCE, replace=replace, progress=progress)


def import_file(
    content: bytes, source: str, *, replace: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Either form, told apart by its first character; a file of the European Central Bank names its own source."""
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        return import_ecb(BytesIO(content), replace=replace, progress=progress)
    return import_csv(BytesIO(content), source, replace=replace, progress=progress)


def _newest(base: str, quote: str, at: datetime) -> dict[Pair, _Leg]:
    """The newest rate of the pair, either way round; without one, of every pair that one of the two is part of."""
    moment = ExchangeRate._meta.get_field("valid_from").get_db_prep_value(at, connection)
    rows = ExchangeRate.objects.raw(_NEWEST, {"base": base, "quote": quote, "at": moment})
    return {(row.base, row.quote): _Leg(row.rate, row.valid_from) for row in rows}


def _leg(newest: dict[Pair, _Leg], base: str, quote: str) -> _Leg | None:
    direct, inverse = newest.get((base, quote)), newest.get((quote, base))
    if inverse and (direct is None or inverse.since > direct.since):
        return _Leg(_EXACT.divide(Decimal(1), inverse.rate), inverse.since)
    return direct


def _crossed(newest: dict[Pair, _Leg], base: str, quote: str) -> _Leg | None:
    crossings = []
    for third in sorted({code for pair in newest for code in pair} - {base, quote}):
        first, second = _leg(newest, base, third), _leg(newest, third, quote)
        if first and second:
            crossings.append(_Leg(_EXACT.multiply(first.rate, second.rate), min(first.since, second.since)))
    return max(crossings, key=lambda leg: leg.since, default=None)


def _store(file: RateFile, source: str, *, replace: bool, progress: Progress | None) -> ImportReport:
    counts = Counter(created=0, unchanged=0, replaced=0)
    rows = _without_repeats(file.rows)
    try:
        with transaction.atomic():
            for start in range(0, len(rows), BATCH):
                counts.update(_store_batch(rows[start : start + BATCH], source, replace=replace))
                if progress:
                    progress(min(start + BATCH, len(rows)), len(rows))
    except IntegrityError as error:
        raise RateFileInvalid("Somebody else stored some of these rates just now; try again.") from error
    return ImportReport(**counts, unknown=tuple(sorted(file.unknown)))


def _store_batch(rows: list[Row], source: str, *, replace: bool) -> dict[str, int]:
    stored = {
        (rate.base, rate.quote, rate.valid_from): rate
        for rate in ExchangeRate.objects.filter(
            base__in={row.base for row in rows},
            quote__in={row.quote for row in rows},
            valid_from__in={row.valid_from for row in rows},
        )
    }
    fresh, changed = [], []
    for row in rows:
        found = stored.get((row.base, row.quote, row.valid_from))
        if found is None:
            fresh.append(_record(row, source))
        elif not _same(found.rate, row.rate):
            if not replace:
                refuse(
                    row.line, f"we have {found.rate.normalize():f} from {found.source} for that pair and time.", "rate"
                )
            found.rate, found.source = row.rate, source
            changed.append(found)
    ExchangeRate.objects.bulk_create(fresh)
    ExchangeRate.objects.bulk_update(changed, ["rate", "source"])
    return {"created": len(fresh), "replaced": len(changed), "unchanged": len(rows) - len(fresh) - len(changed)}


def _record(row: Row, source: str) -> ExchangeRate:
    return ExchangeRate(base=row.base, quote=row.quote, rate=row.rate, valid_from=row.valid_from, source=source)


def _without_repeats(rows: list[Row]) -> list[Row]:
    """Each pair and time once; a file that gives it two rates is refused."""
    kept: dict[tuple[str, str, datetime], Row] = {}
    for row in rows:
        first = kept.setdefault((row.base, row.quote, row.valid_from), row)
        if first.rate != row.rate:
            refuse(row.line, f"line {first.line} gives another rate for that pair and time.", "rate")
    return list(kept.values())


def _same(one: Decimal, other: Decimal) -> bool:
    """SQLite keeps 15 digits of a decimal, so two rates that differ later on are one."""
    return one.normalize(_KEPT_BY_SQLITE) == other.normalize(_KEPT_BY_SQLITE)
