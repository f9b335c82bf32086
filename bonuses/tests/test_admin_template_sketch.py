"""The terms in words, and the fields of the type, as they are typed."""

from typing import Any

import pytest

from bonuses.models import BonusTemplate
from bonuses.tests.factories import CONFIGS, TemplateFactory
from bonuses.tests.test_admin_template import ADD, LIST, WRITE, filled, page_of, shown_again
from integrations.tests.admin_client import INLINE, signed_in, text

pytestmark = pytest.mark.django_db

SKETCH = LIST + "sketch/"


def sketch_of(typed: dict[str, Any], url: str = SKETCH) -> Any:
    response = signed_in(*WRITE).post(url, typed, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert INLINE.search(text(response)) is None
    return response


def test_terms_are_told_as_they_are_typed_and_nothing_is_stored() -> None:
    rules = {"wagering_basis": "bonus_plus_deposit", "time_limit_hours": "720"}
    response = sketch_of(filled("deposit_match", name="", shown_type="deposit_match", **rules))

    panel = response.context["panel"]
    assert panel.headline == "100 % up to €200, wager 30× bonus + deposit within 30 days"
    assert panel.example == "A deposit of €200 gives a bonus of €200; €12,000 must be wagered."
    assert "Bets count by game: slots 100 %, table 12.5 % and nothing else." in panel.details
    assert panel.headline in text(response)
    assert not BonusTemplate.objects.exists()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("50", "A deposit of €50 gives a bonus of €50; €1,500 must be wagered."),
        ("1.234", "No example: EUR has 2 decimals, and 1.234 has more."),
        ("lots", "No example: 'lots' is not an amount; write it like 1234.50."),
        ("-5", "No example: an amount is not negative."),
    ],
)
def test_the_example_begins_with_what_is_typed(typed: str, told: str) -> None:
    response = sketch_of(filled("deposit_match", example=typed))

    assert response.context["panel"].example == told


def test_what_is_missing_and_what_is_wrong_are_told_apart() -> None:
    panel = sketch_of(filled("deposit_match", config_match_percent="", config_cap_amount="1.234")).context["panel"]

    assert panel.missing == ["Match, in percent of the deposit"]
    assert panel.wrong == ["Cap: the most that is given: EUR has 2 decimals, and 1.234 has more."]
    assert panel.headline == ""


def test_without_a_type_it_asks_for_one() -> None:
    assert sketch_of({"name": "x"}).context["panel"].hint == "Choose a type, and what you type is told here in words."


def test_another_type_brings_its_fields_with_what_was_typed() -> None:
    page = text(sketch_of(filled("cashback", shown_type="deposit_match", config_match_percent="50", config_percent="")))

    assert '<div id="config-fields" hx-swap-oob="true">' in page
    assert '<input type="hidden" name="shown_type" value="cashback">' in page
    assert '<input type="hidden" name="config_match_percent" value="50"' in page
    assert 'name="config_window_days" value="7"' in page
    # Nobody has sent it yet: what is missing is told in the panel, not at the field.
    assert "errorlist" not in page
    # Where the field itself is new, there is nothing to swap its currency into.
    assert page.count('id="unit_config_min_loss"') == 1
    assert '<span class="unit" id="unit_max_win_cap" hx-swap-oob="true">EUR</span>' in page


def test_the_same_type_brings_currencies_alone() -> None:
    page = text(sketch_of(filled("cashback", shown_type="cashback", config_currency="kwd")))

    assert "config-fields" not in page
    for name in ("config_min_loss", "config_cap_amount", "max_win_cap", "max_bet_during_wagering", "example"):
        assert f'<span class="unit" id="unit_{name}" hx-swap-oob="true">KWD</span>' in page
    assert "unit_config_amount" not in page


def test_of_a_stored_template_its_type_counts() -> None:
    template = TemplateFactory(type="cashback", config=CONFIGS["cashback"])

    typed = shown_again(template, type="no_deposit", config_percent="20", shown_type="cashback")
    panel = sketch_of(typed, f"{LIST}{template.pk}/sketch/").context["panel"]

    assert panel.headline == "20 % cashback up to €50 on losses from €10 in 7 days, no wagering"
    assert BonusTemplate.objects.get().config == CONFIGS["cashback"]


def test_the_page_itself_tells_what_is_stored() -> None:
    template = TemplateFactory()

    for client in (signed_in("bonuses.view_bonustemplate", name="viewer"), signed_in(*WRITE, name="writer")):
        assert "€10 without a deposit, no wagering" in text(client.get(page_of(template)))
        assert "€10 without a deposit, no wagering" in text(client.get(LIST))


def test_who_may_not_write_may_not_sketch() -> None:
    template = TemplateFactory()
    client = signed_in("bonuses.view_bonustemplate")

    assert client.post(SKETCH, {}).status_code == 403
    assert client.post(f"{LIST}{template.pk}/sketch/", {}).status_code == 403
    assert "hx-post" not in text(client.get(page_of(template)))


def test_a_sketch_is_a_post() -> None:
    client = signed_in(*WRITE)

    assert client.get(SKETCH).status_code == 405
    assert "hx-post" in text(client.get(ADD))
