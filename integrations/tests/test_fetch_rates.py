import pytest
from pytest_django import Settings

from integrations import tasks
from integrations.models import ExchangeRate
from integrations.rate_source import RateSourceTrouble
from integrations.rates import ImportReport

pytestmark = pytest.mark.django_db


def test_nothing_is_fetched_without_a_source(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EXCHANGE_RATES_URL = ""
    monkeypatch.setattr(tasks, "fetch", lambda url: pytest.fail(f"fetched {url}"))

    tasks.fetch_rates()


def test_the_source_is_fetched(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EXCHANGE_RATES_URL = "https://rates.example/daily.xml"
    fetched = []

    def fetch(url: str) -> ImportReport:
        fetched.append(url)
        return ImportReport(created=1, unchanged=2)

    monkeypatch.setattr(tasks, "fetch", fetch)

    tasks.fetch_rates()

    assert fetched == ["https://rates.example/daily.xml"]


def test_a_source_that_is_away_is_left_for_the_next_time(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EXCHANGE_RATES_URL = "https://rates.example/daily.xml"

    def away(url: str) -> ImportReport:
        raise RateSourceTrouble("It answered 503.")

    monkeypatch.setattr(tasks, "fetch", away)

    tasks.fetch_rates()

    assert not ExchangeRate.objects.exists()
