"""Money on a campaign's page: typed and shown in major units with its currency, stored exactly in minor ones."""

from typing import Any

import pytest

from bonuses.tests.factories import TemplateFactory
from campaigns.models import Campaign
from campaigns.tests.admin_pages import CAMPAIGNS, errors_of, member, page, seen
from campaigns.tests.factories import CampaignFactory
from campaigns.tests.test_admin_campaign import ADD, filled, sent_back, stored
from integrations.tests.admin_client import signed_in, text

pytestmark = pytest.mark.django_db

CURRENCY = CAMPAIGNS + "currency/"


def on_a_deposit(**fields: Any) -> Campaign:
    """€50 each, written `50.00`."""
    template = TemplateFactory(type="deposit_match")
    campaign: Campaign = CampaignFactory(template=template, deposit_amount=5000, **fields)
    return campaign


def units(client: Any, url: str) -> dict[str, tuple[Any, str]]:
    form = client.get(url).context["adminform"].form
    names = ("deposit_amount", "budget_amount")
    return {name: (form[name].value(), form.fields[name].widget.unit) for name in names}


@pytest.mark.parametrize(
    ("currency", "typed", "kept", "shown"),
    [
        ("", "0.01", 1, "0.01"),
        ("", "90071992547409.91", 2**53 - 1, "90071992547409.91"),
        ("jpy", "1500", 1500, "1500"),
        ("KWD", "1.5", 1500, "1.500"),
        ("BTC", "0.00000001", 1, "0.00000001"),
    ],
)
def test_a_deposit_is_kept_and_shown_exactly(currency: str, typed: str, kept: int, shown: str) -> None:
    client = member("operator")
    client.post(ADD, filled(deposit_amount=typed, currency_override=currency, budget_amount="2500.5"))
    campaign = Campaign.objects.get()
    assert (campaign.deposit_amount, campaign.budget_amount) == (kept, 250_050)
    unit = currency.upper() or "EUR"
    assert units(client, page(campaign)) == {"deposit_amount": (shown, unit), "budget_amount": ("2500.50", "EUR")}


def test_the_same_amount_written_otherwise_is_no_change() -> None:
    campaign = on_a_deposit(budget_amount=100_000)
    before = stored(campaign)
    member("operator").post(page(campaign), sent_back(campaign, deposit_amount="50", budget_amount="1000.0"))
    assert stored(campaign) == before


def test_in_another_currency_it_is_another_amount_or_refused() -> None:
    campaign, client = on_a_deposit(), member("operator")
    before = stored(campaign)
    yen = sent_back(campaign, deposit_amount="50.00", currency_override="JPY")
    response = client.post(page(campaign), yen)
    assert errors_of(response) == {"deposit_amount": ["JPY has 0 decimals, and 50.00 has more."]}
    assert 'value="50.00"' in text(response)
    assert '<span class="unit" id="unit_deposit_amount">JPY</span>' in text(response)
    assert stored(campaign) == before

    client.post(page(campaign), sent_back(campaign, deposit_amount="50.00", currency_override="KWD"))
    assert (stored(campaign)["deposit_amount"], stored(campaign)["currency_override"]) == (50_000, "KWD")


def test_another_template_brings_its_currency() -> None:
    campaign = on_a_deposit()
    config = {"match_percent": 100, "cap_amount": 20_000, "currency": "KWD"}
    other = TemplateFactory(type="deposit_match", config=config)
    member("operator").post(page(campaign), sent_back(campaign, template=str(other.pk), deposit_amount="50.00"))
    assert stored(campaign)["deposit_amount"] == 50_000


def test_a_deposit_and_a_budget_can_be_taken_away() -> None:
    campaign = CampaignFactory(deposit_amount=5000, budget_amount=5000)
    member("operator").post(page(campaign), {**sent_back(campaign), "budget_amount": "", "deposit_amount": ""})
    assert (stored(campaign)["deposit_amount"], stored(campaign)["budget_amount"]) == (None, None)


def test_the_currency_beside_the_deposit_follows_what_is_chosen() -> None:
    client, template = member("operator"), TemplateFactory()
    asked = {"template": str(template.pk), "currency_override": ""}
    assert text(client.get(CURRENCY, asked)) == "EUR"
    assert text(client.get(CURRENCY, {**asked, "currency_override": " jpy "})) == "JPY"
    assert text(client.get(CURRENCY, {**asked, "currency_override": "<b>"})) == "EUR"
    assert text(client.get(CURRENCY, {"template": "nonsense"})) == ""
    shown = text(client.get(ADD))
    assert f'hx-get="{CURRENCY}"' in shown
    assert 'id="unit_deposit_amount"></span>' in shown


def test_who_may_make_no_campaigns_has_no_use_for_it() -> None:
    assert signed_in("campaigns.view_campaign").get(CURRENCY).status_code == 403


def test_who_may_only_look_sees_the_same() -> None:
    campaign = on_a_deposit(budget_amount=123_450)
    shown = text(member("viewer").get(page(campaign)))
    assert "€50.00" in shown
    assert "€1,234.50" in shown
    assert "123450" not in shown


def test_what_was_typed_too_long_is_said_and_kept() -> None:
    campaign = CampaignFactory()
    response = member("operator").post(
        page(campaign), {**sent_back(campaign), "budget_amount": "1" * 60, **seen(campaign)}
    )
    assert errors_of(response) == {"budget_amount": ["Ensure this value has at most 50 characters (it has 60)."]}
    assert f'value="{"1" * 60}"' in text(response)
