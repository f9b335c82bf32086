from pathlib import Path
from typing import Any

import pytest

from integrations import rate_source, rates
from integrations.http import HttpTrouble, Response
from integrations.models import ExchangeRate
from integrations.rate_files import RateFileInvalid

pytestmark = pytest.mark.django_db

SAMPLE = Path(rates.__file__).parent / "data" / "eurofxref-sample.xml"
HEADER = "base,quote,rate,valid_from\n"


def answer(monkeypatch: pytest.MonkeyPatch, response: Response | HttpTrouble) -> list[str]:
    asked: list[str] = []

    def send(method: str, url: str, **options: Any) -> Response:
        asked.append(f"{method} {url}")
        if isinstance(response, HttpTrouble):
            raise response
        return response

    monkeypatch.setattr(rate_source, "send", send)
    return asked


def test_fetch_imports_what_the_source_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answer(monkeypatch, Response(200, {}, SAMPLE.read_bytes()))
    assert rate_source.fetch("https://rates.example/daily.xml").created == 87
    assert rate_source.fetch("https://rates.example/daily.xml").unchanged == 87
    assert asked == ["GET https://rates.example/daily.xml"] * 2


def test_fetch_of_csv_names_the_host_as_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Response(200, {}, (HEADER + "EUR,USD,1.1,2026-10-06\n").encode()))
    rate_source.fetch("https://rates.example:8443/today.csv")
    assert ExchangeRate.objects.get().source == "rates.example"


@pytest.mark.parametrize(
    "response", [HttpTrouble("time-out", sent=True), Response(404, {}, b""), Response(302, {}, b"")]
)
def test_fetch_of_a_source_in_trouble(monkeypatch: pytest.MonkeyPatch, response: Response | HttpTrouble) -> None:
    answer(monkeypatch, response)
    with pytest.raises(rate_source.RateSourceTrouble):
        rate_source.fetch("https://rates.example/daily.xml")
    assert not ExchangeRate.objects.exists()


def test_fetch_of_an_error_page(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, Response(200, {}, b"<html>Service unavailable</html>"))
    with pytest.raises(RateFileInvalid):
        rate_source.fetch("https://rates.example/daily.xml")
    assert not ExchangeRate.objects.exists()
