"""Money on a template's page: typed and shown in major units, stored exactly in minor ones."""

import re
from typing import Any

import pytest

from bonuses.models import BonusTemplate
from bonuses.tests.factories import TemplateFactory
from bonuses.tests.test_admin_template import ADD, WRITE, errors_of, filled, page_of, shown_again
from integrations.tests.admin_client import signed_in, text

pytestmark = pytest.mark.django_db

EXACT = [
    ("EUR", "0.01", 1, "0.01"),
    ("EUR", "1234.5", 123450, "1234.50"),
    ("EUR", "90071992547409.91", 2**53 - 1, "90071992547409.91"),
    ("JPY", "1500", 1500, "1500"),
    ("KWD", "1.5", 1500, "1.500"),
    ("BTC", "0.00000001", 1, "0.00000001"),
]


def form_of(url: str, name: str) -> Any:
    return signed_in(*WRITE, name=name).get(url).context["adminform"].form


@pytest.mark.parametrize(("currency", "typed", "stored", "shown"), EXACT)
def test_what_is_typed_is_stored_and_shown_exactly(currency: str, typed: str, stored: int, shown: str) -> None:
    amounts = {"config_amount": typed, "max_win_cap": typed, "max_bet_during_wagering": typed}
    response = signed_in(*WRITE).post(ADD, filled("no_deposit", config_currency=currency, **amounts))

    assert response.status_code == 302
    template = BonusTemplate.objects.get()
    assert template.config == {"currency": currency, "amount": stored}
    assert (template.max_win_cap, template.max_bet_during_wagering) == (stored, stored)
    form = form_of(page_of(template), "reader")
    assert [form[name].value() for name in amounts] == [shown, shown, shown]
    assert {form.fields[name].widget.unit for name in amounts} == {currency}


@pytest.mark.parametrize(
    ("currency", "typed", "told"),
    [
        ("EUR", "20.000", "EUR has 2 decimals, and 20.000 has more."),
        ("JPY", "1500.0", "JPY has 0 decimals, and 1500.0 has more."),
        ("KWD", "0.1234", "KWD has 3 decimals, and 0.1234 has more."),
        ("EUR", "1,000", "'1,000' is not an amount; write it like 1234.50."),
    ],
)
def test_too_many_decimals_are_told_at_the_field(currency: str, typed: str, told: str) -> None:
    typed_in = filled("no_deposit", config_currency=currency, config_amount="100", max_win_cap=typed)

    assert errors_of(signed_in(*WRITE).post(ADD, typed_in)) == {"max_win_cap": [told]}
    assert not BonusTemplate.objects.exists()


def test_the_same_amount_written_otherwise_is_no_change() -> None:
    template = TemplateFactory.create(max_win_cap=5000)

    typed = shown_again(template, config_amount="10", max_win_cap="50")
    assert signed_in(*WRITE).post(page_of(template), typed).status_code == 302

    kept = BonusTemplate.objects.get()
    assert (kept.updated_at, kept.revision_id) == (template.updated_at, template.revision_id)


def test_another_currency_makes_another_amount_of_what_is_typed() -> None:
    template = TemplateFactory.create(max_win_cap=5000)

    typed = shown_again(template, config_currency="KWD")
    assert signed_in(*WRITE).post(page_of(template), typed).status_code == 302

    template.refresh_from_db()
    assert template.config == {"currency": "KWD", "amount": 10000}
    assert template.max_win_cap == 50000
    assert template.revision.number == 2


def test_another_currency_refuses_decimals_it_does_not_have() -> None:
    template = TemplateFactory.create(max_win_cap=5000)

    response = signed_in(*WRITE).post(page_of(template), shown_again(template, config_currency="JPY"))

    assert errors_of(response) == {
        "config_amount": ["JPY has 0 decimals, and 10.00 has more."],
        "max_win_cap": ["JPY has 0 decimals, and 50.00 has more."],
    }
    kept = BonusTemplate.objects.get()
    assert (kept.config, kept.max_win_cap) == ({"currency": "EUR", "amount": 1000}, 5000)


def test_who_may_only_look_reads_amounts_with_their_currency() -> None:
    template = TemplateFactory.create(max_win_cap=123_456, max_bet_during_wagering=None)
    page = text(signed_in("bonuses.view_bonustemplate").get(page_of(template)))
    assert "<li>amount: €10.00</li>" in page
    assert "€1,234.56" in page
    assert "123456" not in re.sub(r"[0-9a-f-]{36}", "", page)
    assert "config: amount €10.00, currency EUR" in page
