from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.utils import timezone

from integrations.models import ExchangeRate
from integrations.tests.admin_client import messages_in, signed_in

pytestmark = pytest.mark.django_db

LIST = "/admin/integrations/exchangerate/"
PERMISSIONS = (
    "integrations.view_exchangerate",
    "integrations.add_exchangerate",
    "integrations.change_exchangerate",
    "integrations.delete_exchangerate",
)


def filled(**changes: str) -> dict[str, str]:
    form = {"base": "eur", "quote": "SEK", "rate": "11.25", "source": "desk"}
    return {**form, "valid_from_0": "2025-03-01", "valid_from_1": "00:00:00", **changes}


def a_rate(**fields: object) -> ExchangeRate:
    values = {"base": "EUR", "quote": "SEK", "rate": 11, "valid_from": timezone.now(), "source": "desk", **fields}
    return ExchangeRate.objects.create(**values)


def test_adds_a_rate() -> None:
    assert signed_in(*PERMISSIONS).post(LIST + "add/", filled()).status_code == 302

    rate = ExchangeRate.objects.get()
    assert (rate.base, rate.quote, rate.rate) == ("EUR", "SEK", Decimal("11.25"))
    assert rate.valid_from == datetime(2025, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"base": "QQQ"}, "base"),
        ({"quote": "EUR"}, "quote"),
        ({"rate": "0"}, "rate"),
        ({"rate": "-1"}, "rate"),
        ({"rate": "much"}, "rate"),
        ({"valid_from_0": "yesterday"}, "valid_from"),
    ],
)
def test_bad_input_is_said_at_its_field(changes: dict[str, str], field: str) -> None:
    response = signed_in(*PERMISSIONS).post(LIST + "add/", filled(**changes))

    assert list(response.context["adminform"].form.errors) == [field]
    assert not ExchangeRate.objects.exists()


def test_a_rate_once_there_is_neither_altered_nor_removed() -> None:
    rate = a_rate()
    client = signed_in(*PERMISSIONS)

    assert client.get(f"{LIST}{rate.pk}/change/").status_code == 200
    assert client.post(f"{LIST}{rate.pk}/change/", filled(rate="12")).status_code == 403
    assert client.post(f"{LIST}{rate.pk}/delete/", {"post": "yes"}).status_code == 403
    rate.refresh_from_db()
    assert rate.rate == 11


def test_says_when_the_newest_rate_is_old(settings: LazySettings) -> None:
    settings.RATE_MAX_AGE_HOURS = 48
    a_rate(valid_from=timezone.now() - timedelta(hours=50))
    client = signed_in(*PERMISSIONS)
    assert messages_in(client.get(LIST)) == ["The newest exchange rate is 50 hours old."]

    a_rate(valid_from=timezone.now() - timedelta(hours=1))
    assert messages_in(client.get(LIST)) == []
