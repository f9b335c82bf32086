"""A template's form in a real browser: fields, currencies and words that follow what is typed."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bonuses.models import BonusTemplate
from bonuses.tests.browser import look_at
from bonuses.tests.factories import TemplateFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


@pytest.fixture
def form(desk: Page, live_server: LiveServer) -> Page:
    desk.goto(f"{live_server.url}/admin/bonuses/bonustemplate/add/")
    return desk


def test_words_follow_what_is_typed_until_it_is_saved(form: Page) -> None:
    words = form.locator("#terms-words")
    expect(words).to_have_text("Choose a type, and what you type is told here in words.")
    form.fill("#id_name", "Welcome")
    form.select_option("#id_type", "deposit_match")
    expect(words).to_contain_text("Still to be filled in:")

    form.fill("#id_config_currency", "eur")
    form.fill("#id_config_match_percent", "100")
    form.fill("#id_config_cap_amount", "200")
    form.fill("#id_wagering_requirement_multiplier", "30")
    form.select_option("#id_wagering_basis", "bonus_plus_deposit")
    form.fill("#id_time_limit_hours", "720")
    expect(words.locator(".terms-headline")).to_have_text("100 % up to €200, wager 30× bonus + deposit within 30 days")
    expect(words).to_contain_text("A deposit of €200 gives a bonus of €200; €12,000 must be wagered.")
    for name in ("config_cap_amount", "max_win_cap", "example"):
        expect(form.locator(f"#unit_{name}")).to_have_text("EUR")

    form.fill("#id_example", "50")
    expect(words).to_contain_text("A deposit of €50 gives a bonus of €50; €3,000 must be wagered.")
    form.fill("#id_config_cap_amount", "200.505")
    expect(words).to_contain_text("EUR has 2 decimals, and 200.505 has more.")
    form.fill("#id_config_cap_amount", "200.50")
    expect(words.locator(".terms-headline")).to_contain_text("up to €200.50")

    form.click("[name=_save]")
    expect(form.locator(".messagelist .success")).to_contain_text("Welcome")
    assert BonusTemplate.objects.get().config == {"currency": "EUR", "match_percent": 100, "cap_amount": 20050}


def test_what_was_typed_for_a_type_is_there_when_it_is_chosen_again(form: Page) -> None:
    form.select_option("#id_type", "deposit_match")
    form.fill("#id_config_match_percent", "75")
    form.select_option("#id_type", "free_spins")
    expect(form.locator("#id_config_count")).to_be_visible()
    form.fill("#id_config_eligible_games", "one\ntwo")
    form.select_option("#id_type", "deposit_match")
    expect(form.locator("#id_config_match_percent")).to_be_visible()
    expect(form.locator("#id_config_match_percent")).to_have_value("75")
    form.select_option("#id_type", "free_spins")
    expect(form.locator("#id_config_eligible_games")).to_have_value("one\ntwo")


def test_pausing_asks_first_and_is_in_the_history(desk: Page, live_server: LiveServer) -> None:
    template = TemplateFactory()
    desk.goto(f"{live_server.url}/admin/bonuses/bonustemplate/{template.pk}/change/")
    desk.get_by_role("link", name="Pause").click()
    expect(desk.get_by_text("Nobody is given it from then on")).to_be_visible()
    look_at(desk, "template-pause", dialog="Pause")
    desk.get_by_role("dialog").get_by_label("Reason").fill("too dear")
    desk.get_by_role("button", name="Pause").click()
    expect(desk.get_by_text("is paused.")).to_be_visible()

    desk.get_by_role("link", name="History").click()
    row = desk.get_by_role("row").filter(has_text="too dear")
    expect(row).to_contain_text("olga")
    expect(row).to_contain_text("Status: Active → Paused")
