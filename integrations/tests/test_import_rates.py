from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations import rates
from integrations.models import ExchangeRate
from integrations.rate_files import RateFileInvalid, read_csv, read_ecb
from integrations.rates import ImportReport, import_csv, import_ecb, import_file

pytestmark = pytest.mark.django_db

SAMPLE = Path(rates.__file__).parent / "data" / "eurofxref-sample.xml"
HEADER = "base,quote,rate,valid_from\n"
DAILY = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
\t<gesmes:subject>Reference rates</gesmes:subject>
\t<gesmes:Sender>
\t\t<gesmes:name>European Central Bank</gesmes:name>
\t</gesmes:Sender>
\t<Cube>
\t\t<Cube time='2026-10-06'>
\t\t\t<Cube currency='USD' rate='1.1269'/>
\t\t\t<Cube currency='JPY' rate='178.15'/>
\t\t</Cube>
\t</Cube>
</gesmes:Envelope>"""


def from_csv(text: str, **options: Any) -> ImportReport:
    return import_csv(BytesIO((HEADER + text).encode()), "desk", **options)


def from_ecb(text: str) -> ImportReport:
    return import_ecb(BytesIO(text.encode()))


def stored() -> list[tuple[str, str, Decimal, datetime, str]]:
    columns = ("base", "quote", "rate", "valid_from", "source")
    return list(ExchangeRate.objects.order_by("valid_from", "base", "quote").values_list(*columns))


def test_csv() -> None:
    report = from_csv(
        "EUR,USD,1.1269,2026-10-06\nBTC,EUR,95123.5,2026-10-06T12:00:00Z\nUSD,GBP,0.75,2026-10-06T14:30:00+02:00\n"
    )
    assert report == ImportReport(created=3, unchanged=0, replaced=0, unknown=())
    assert stored() == [
        ("EUR", "USD", Decimal("1.1269"), datetime(2026, 10, 6, tzinfo=UTC), "desk"),
        ("BTC", "EUR", Decimal("95123.5"), datetime(2026, 10, 6, 12, tzinfo=UTC), "desk"),
        ("USD", "GBP", Decimal("0.75"), datetime(2026, 10, 6, 12, 30, tzinfo=UTC), "desk"),
    ]


def test_csv_as_spreadsheets_write_it() -> None:
    text = '\ufeffbase,quote,rate,valid_from\r\n"EUR","USD","1.1269","2026-10-06"\r\n\r\n'
    assert import_csv(BytesIO(text.encode()), "desk").created == 1
    assert import_csv(StringIO(text), "desk").unchanged == 1


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("EUR,ZZZ,1.1,2026-10-06", "quote"),
        ("eur,USD,1.1,2026-10-06", "base"),
        ("EUR,EUR,1,2026-10-06", "quote"),
        ("EUR,USD,0,2026-10-06", "rate"),
        ("EUR,USD,-1.1,2026-10-06", "rate"),
        ("EUR,USD,NaN,2026-10-06", "rate"),
        ("EUR,USD,Infinity,2026-10-06", "rate"),
        ("EUR,USD,1e3,2026-10-06", "rate"),
        ("EUR,USD,1_000,2026-10-06", "rate"),
        ('EUR,USD,"1,1",2026-10-06', "rate"),
        ("EUR,USD,1.1234567890123,2026-10-06", "rate"),
        ("EUR,USD,12345678901234567,2026-10-06", "rate"),
        ("EUR,USD,\N{ARABIC-INDIC DIGIT ONE},2026-10-06", "rate"),
        ("EUR,USD,1.1,2026-13-01", "valid_from"),
        ("EUR,USD,1.1,yesterday", "valid_from"),
        ("EUR,USD,1.1,2026-10-06T12:00:00", "valid_from"),
        ("EUR,USD,1.1,0001-01-01T00:00:00+14:00", "valid_from"),
        ("EUR,USD,1.1", None),
        ("EUR,USD,1.1,2026-10-06,x", None),
        ('EUR,"USD,1.1,2026-10-06', None),
        ("EUR,USD,1.2,2026-10-05", "rate"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_stored(line: str, field: str | None) -> None:
    with pytest.raises(RateFileInvalid) as refused:
        from_csv(f"EUR,USD,1.1,2026-10-05\n{line}\n")
    assert refused.value.details == {"line": 3, **({"field": field} if field else {})}
    assert refused.value.message.startswith(f"line 3, {field}: " if field else "line 3: ")
    assert stored() == []


@pytest.mark.parametrize("content", [b"", b"base,quote\n", b"quote,base,rate,valid_from\n", b"\x00\n"])
def test_a_csv_file_without_its_header(content: bytes) -> None:
    with pytest.raises(RateFileInvalid) as refused:
        import_csv(BytesIO(content), "desk")
    assert refused.value.details["line"] in {0, 1}
    assert stored() == []


def test_a_csv_file_without_rates_is_refused() -> None:
    with pytest.raises(RateFileInvalid, match="line 1: there are no rates"):
        from_csv("")


def test_a_csv_file_in_another_encoding() -> None:
    with pytest.raises(RateFileInvalid, match="line 2: not UTF-8"):
        import_csv(BytesIO(HEADER.encode() + b"EUR,\xff,1,2026-10-06\n"), "desk")


def test_the_same_line_twice_counts_once() -> None:
    assert from_csv("EUR,USD,1.1,2026-10-06\nEUR,USD,1.10,2026-10-06T00:00:00Z\n").created == 1
    assert len(stored()) == 1


def test_a_second_import_changes_nothing() -> None:
    with SAMPLE.open("rb") as file:
        assert import_ecb(file) == ImportReport(created=87, unchanged=0)
    before = stored()
    with SAMPLE.open("rb") as file:
        assert import_ecb(file) == ImportReport(created=0, unchanged=87)
    assert stored() == before


def test_another_rate_for_the_same_time_is_refused_and_nothing_is_stored() -> None:
    from_csv("EUR,USD,1.1,2026-10-06\n")
    before = stored()
    with pytest.raises(RateFileInvalid) as refused:
        from_csv("EUR,GBP,0.8,2026-10-06\nEUR,USD,1.2,2026-10-06\n")
    assert refused.value.details == {"line": 3, "field": "rate"}
    assert refused.value.message == "line 3, rate: we have 1.1 from desk for that pair and time."
    assert stored() == before


def test_another_rate_replaces_when_asked_to() -> None:
    from_csv("EUR,USD,1.1,2026-10-06\nEUR,GBP,0.8,2026-10-06\n")
    content = (HEADER + "EUR,USD,1.2,2026-10-06\nEUR,GBP,0.8,2026-10-06\nEUR,CHF,0.9,2026-10-06\n").encode()
    assert import_file(content, "bank", replace=True) == ImportReport(created=1, unchanged=1, replaced=1)
    assert [(quote, rate, source) for _, quote, rate, _, source in stored()] == [
        ("CHF", Decimal("0.9"), "bank"),
        ("GBP", Decimal("0.8"), "desk"),
        ("USD", Decimal("1.2"), "bank"),
    ]


def test_a_fault_in_a_late_batch_takes_back_the_earlier_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    from_csv("EUR,USD,1.1,2026-10-06\n")
    monkeypatch.setattr(rates, "BATCH", 1)
    with pytest.raises(RateFileInvalid, match="line 4"):
        from_csv("EUR,GBP,0.8,2026-10-06\nEUR,CHF,0.9,2026-10-06\nEUR,USD,1.2,2026-10-06\n")
    assert len(stored()) == 1


def test_another_import_in_between_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    record = rates._record

    def overtaken(row: Any, source: str) -> ExchangeRate:
        record(row, "other").save()
        return record(row, source)

    monkeypatch.setattr(rates, "_record", overtaken)
    with pytest.raises(RateFileInvalid, match="Somebody else"):
        from_csv("EUR,USD,1.1,2026-10-06\n")
    assert stored() == []


def test_progress_is_told_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "BATCH", 40)
    told: list[tuple[int, int]] = []
    import_file(SAMPLE.read_bytes(), "", progress=lambda done, of: told.append((done, of)))
    assert told == [(40, 87), (80, 87), (87, 87)]


def test_a_digit_more_than_sqlite_keeps_is_no_other_rate() -> None:
    line = "BTC,EUR,1234567.123456789012,2026-10-06\n"
    assert from_csv(line).created == 1
    assert from_csv(line) == ImportReport(created=0, unchanged=1)


def test_ecb_daily_form() -> None:
    assert from_ecb(DAILY) == ImportReport(created=2, unchanged=0)
    midnight = datetime(2026, 10, 6, tzinfo=UTC)
    assert stored() == [
        ("EUR", "JPY", Decimal("178.15"), midnight, "ECB"),
        ("EUR", "USD", Decimal("1.1269"), midnight, "ECB"),
    ]


def test_ecb_history_form_on_one_line() -> None:
    with SAMPLE.open("rb") as file:
        rows = read_ecb(file).rows
    flat = SAMPLE.read_text().replace("\n", "").replace("\t", "")
    assert [(row.quote, row.rate, row.valid_from) for row in read_ecb(BytesIO(flat.encode())).rows] == [
        (row.quote, row.rate, row.valid_from) for row in rows
    ]
    assert sorted({row.valid_from.day for row in rows}) == [2, 5, 6]


def test_ecb_currencies_that_are_no_more_are_left_out_and_told() -> None:
    report = from_ecb(DAILY.replace("JPY", "EEK"))
    assert report == ImportReport(created=1, unchanged=0, unknown=("EEK",))


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("1.1269", "N/A", 9, "rate"),
        ("178.15", "-1", 10, "rate"),
        ("rate='178.15'", "", 10, "rate"),
        ("JPY", "yen", 10, "currency"),
        ("JPY", "EUR", 10, "currency"),
        ("2026-10-06", "2026-10-36", 8, "time"),
        ("2026-10-06", "20261006", 8, "time"),
        ("<Cube time='2026-10-06'>", "<Cube>", 9, "time"),
        ("<Cube currency='USD'", "</Cube><Cube currency='USD'", 9, "time"),
        ("JPY' rate='178.15", "USD' rate='1.2", 10, "rate"),
    ],
)
def test_a_bad_element_is_named_by_its_line(old: str, new: str, line: int, field: str) -> None:
    with pytest.raises(RateFileInvalid) as refused:
        from_ecb(DAILY.replace(old, new))
    assert refused.value.details == {"line": line, "field": field}
    assert stored() == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<html/>", 1),
        (DAILY[:-20], 12),
        ("", 1),
        (DAILY.replace("<Cube c", "<Other c"), 1),
        (DAILY.replace("gesmes.org", "example.org"), 2),
        ('<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "b">]>\n<x>&a;</x>', 2),
    ],
)
def test_what_is_no_ecb_file(text: str, line: int) -> None:
    with pytest.raises(RateFileInvalid) as refused:
        from_ecb(text)
    assert refused.value.details == {"line": line}
    assert stored() == []


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200), st.integers(0, len(DAILY)), st.booleans())
def test_any_content_is_read_or_refused(noise: bytes, at: int, in_xml: bool) -> None:
    whole = (DAILY if in_xml else HEADER + "EUR,USD,1.1,2026-10-06\n").encode()
    content = whole[:at] + noise + whole[at:]
    try:
        rows = (read_ecb if in_xml else read_csv)(BytesIO(content)).rows
    except RateFileInvalid:
        rows = []
    assert all(row.rate > 0 and row.base != row.quote for row in rows)
