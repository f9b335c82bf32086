"""A bonus in another currency: all amounts are converted at the locked rate, here and on the platform."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from bonuses.models import Grant
from bonuses.services.issue import issue
from bonuses.terms import NotEligible
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.issuing import Wire, give, rate, request_for
from bonuses.tests.platform_reports import TEST_CAUSE, bet, current, everything, payloads
from integrations.models import Adapter, ExchangeRate
from integrations.simulator.remote import Remote

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("adapter")]

AMOUNTS: dict[str, Any] = {"max_bet_during_wagering": 500, "max_win_cap": 100_001}


def test_all_amounts_reach_the_platform_in_the_new_currency(simulator: Remote, wire: Wire) -> None:
    rate("EUR", "USD", "1.1269")
    grant = give(type="deposit_match", **AMOUNTS, request={"deposit_amount": 30_000, "currency_override": "USD"})
    assert (grant.currency, grant.amount) == ("USD", 22_538)
    sent = wire.calls[0].json["template"]
    assert (sent["currency"], sent["amount_subunit"]) == ("USD", 22_538)
    assert (sent["wagering"]["max_bet_subunit"], sent["wagering"]["max_win_subunit"]) == (563, 112_691)
    assert sent["config"] == {"match_percent": 100, "cap_amount": 22_538, "currency": "USD", "deposit_amount": 30_000}
    assert simulator.grant(grant.pk)["currency"] == "USD"


@pytest.mark.parametrize(
    ("type_", "request_", "amount", "sent"),
    [
        ("no_deposit", {}, 1782, {"amount": 1782}),
        ("risk_free_bet", {}, 891, {"amount": 891}),
        ("free_spins", {}, 360, {"count": 20, "value_per_spin": 18, "eligible_games": ["book-of-tests"]}),
        (
            "cashback",
            {"loss_amount": 30_000},
            3000,
            {"percent": 10, "window_days": 7, "min_loss": 1782, "cap_amount": 8908},
        ),
        (
            "reload",
            {"deposit_amount": 50_000},
            17_815,
            {"match_percent": 50, "cap_amount": 17_815, "deposit_amount": 50_000},
        ),
    ],
)
def test_each_type_in_yen(wire: Wire, type_: str, request_: dict[str, Any], amount: int, sent: dict[str, Any]) -> None:
    """€10.00 at 178.15 are ¥1,782: another number of decimals, half-even."""
    rate("EUR", "JPY", "178.15")
    grant = give(type=type_, request={"currency_override": "JPY", **request_})
    assert (grant.currency, grant.amount) == ("JPY", amount)
    assert wire.calls[0].json["template"]["config"] == {**sent, "currency": "JPY"}


def test_the_rates_are_locked_at_issue_time(wire: Wire) -> None:
    rate("EUR", "USD", "1.25")
    rate("GBP", "EUR", "1.2")
    grant = give(player=PlayerFactory(currency="GBP"), request={"currency_override": "USD"}, **AMOUNTS)
    ExchangeRate.objects.create(base="EUR", quote="USD", rate="2", valid_from=timezone.now(), source="later")
    row = current(grant)
    assert (row.amount, row.terms_rate, row.exchange_rate) == (1250, Decimal("1.25"), Decimal("0.8"))
    assert (row.amount_base, row.player_currency, row.player_rate) == (1000, "GBP", Decimal("0.666666666667"))
    assert (row.terms.max_bet_during_wagering, row.terms.max_win_cap) == (625, 125_001)


def test_the_event_is_in_the_players_currency(adapter: Adapter) -> None:
    """€10 are $12.50 are £8.33; and one pound is worth €1.20."""
    rate("EUR", "USD", "1.25")
    rate("GBP", "EUR", "1.2")
    grant = give(player=PlayerFactory(currency="GBP"), request={"currency_override": "USD"})
    (event,) = payloads(grant)
    assert (event["amount"], event["currency"], event["exchange_rate"]) == (8.33, "GBP", 1.2)


def test_a_crossed_rate_over_the_base_currency() -> None:
    rate("EUR", "USD", "1.25")
    rate("EUR", "GBP", "0.8")
    grant = give(config={"amount": 1000, "currency": "USD"}, request={"currency_override": "GBP"})
    assert (grant.currency, grant.amount, grant.terms_rate) == ("GBP", 640, Decimal("0.64"))
    assert (grant.exchange_rate, grant.amount_base) == (Decimal("1.25"), 800)


def test_the_templates_own_currency_is_no_override() -> None:
    grant = give(request={"currency_override": "EUR"})
    assert (grant.currency, grant.amount, grant.terms_rate) == ("EUR", 1000, None)


def test_the_rate_of_the_time_counts_not_a_later_one() -> None:
    rate("EUR", "USD", "1.25")
    ExchangeRate.objects.create(
        base="EUR", quote="USD", rate="3", valid_from=timezone.now() + timedelta(hours=1), source="future"
    )
    assert give(request={"currency_override": "USD"}).amount == 1250


@pytest.mark.parametrize("field", ["max_bet_during_wagering", "max_win_cap"])
def test_an_amount_that_vanishes_is_refused(wire: Wire, field: str) -> None:
    rate("EUR", "JPY", "40")
    template, player = TemplateFactory(**{field: 1}), PlayerFactory()
    before = everything()
    with pytest.raises(NotEligible) as caught:
        issue(request=request_for(template, player, currency_override="JPY"), cause=TEST_CAUSE)
    assert caught.value.details == {"field": field, "currency": "JPY"}
    assert everything() == before
    assert wire.calls == []


def test_a_bet_over_the_converted_maximum_ends_the_bonus() -> None:
    """€5.00 at 1.25 are $6.25: that much is allowed, a cent more is not."""
    rate("EUR", "USD", "1.25")
    grant = give(wagering_requirement_multiplier=Decimal(10), **AMOUNTS, request={"currency_override": "USD"})
    bet(grant, 625)
    assert Grant.objects.get(pk=grant.pk).wish == ""
    bet(grant, 626)
    assert Grant.objects.get(pk=grant.pk).wish == "forfeited"
