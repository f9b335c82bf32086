"""What each type of bonus comes to for a player, on our side and on the platform's."""

from decimal import Decimal
from typing import Any

import pytest

from bonuses.terms import NotEligible
from bonuses.tests.factories import CONFIGS, PlayerFactory, TemplateFactory
from bonuses.tests.issuing import give, rate
from integrations.simulator.remote import Remote

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("adapter")]


def config(type_: str, **changes: Any) -> dict[str, Any]:
    return {**CONFIGS[type_], **changes}


@pytest.mark.parametrize(
    ("type_", "changes", "request_", "amount"),
    [
        ("deposit_match", {}, {"deposit_amount": 5000}, 5000),
        ("deposit_match", {}, {"deposit_amount": 20000}, 20000),
        ("deposit_match", {}, {"deposit_amount": 20001}, 20000),
        ("deposit_match", {"match_percent": 12.5}, {"deposit_amount": 1007}, 125),
        ("deposit_match", {"match_percent": 250}, {"deposit_amount": 333}, 832),
        ("reload", {}, {"deposit_amount": 3}, 1),
        ("reload", {}, {"deposit_amount": 999_999}, 10000),
        ("no_deposit", {}, {}, 1000),
        ("no_deposit", {}, {"deposit_amount": 77}, 1000),
        ("risk_free_bet", {}, {}, 500),
        ("free_spins", {}, {"deposit_amount": 9}, 200),
        ("cashback", {}, {"loss_amount": 1000}, 100),
        ("cashback", {}, {"loss_amount": 1009}, 100),
        ("cashback", {}, {"loss_amount": 50_010}, 5000),
        ("cashback", {"cap_amount": None}, {"loss_amount": 50_010}, 5001),
        ("cashback", {"percent": 33.3, "min_loss": 0}, {"loss_amount": 4}, 1),
    ],
)
def test_the_amount(
    simulator: Remote, type_: str, changes: dict[str, Any], request_: dict[str, Any], amount: int
) -> None:
    grant = give(type=type_, config=config(type_, **changes), request=request_)
    seen = simulator.grant(grant.pk)
    assert (grant.amount, grant.amount_base) == (amount, amount)
    assert (seen["amount"], seen["currency"], seen["type"]) == (amount, "EUR", type_)
    assert simulator.ledger_of(grant.pk)["balance"] == amount


@pytest.mark.parametrize(
    ("basis", "multiplier", "required"),
    [
        ("bonus", "30", 15000),
        ("deposit", "30", 30000),
        ("bonus_plus_deposit", "30", 45000),
        ("bonus", "0", 0),
        ("bonus_plus_deposit", "0.01", 15),
        ("bonus", "0.03", 15),
        ("bonus", "1.01", 505),
    ],
)
def test_what_has_to_be_wagered(simulator: Remote, basis: str, multiplier: str, required: int) -> None:
    grant = give(
        type="reload",
        wagering_basis=basis,
        wagering_requirement_multiplier=Decimal(multiplier),
        request={"deposit_amount": 1000},
    )
    assert (grant.amount, grant.wagering_required) == (500, required)
    assert simulator.grant(grant.pk)["required"] == required


def test_cashback_without_a_loss_uses_the_recorded_one() -> None:
    grant = give(type="cashback", player=PlayerFactory(net_loss=12_345))
    assert (grant.amount, grant.loss_amount) == (1234, None)


def test_a_loss_that_is_named_counts_instead_of_the_recorded_one() -> None:
    player = PlayerFactory(net_loss=12_345)
    assert give(type="cashback", player=player, request={"loss_amount": 2000}).amount == 200
    with pytest.raises(NotEligible):
        give(type="cashback", player=player, request={"loss_amount": 0})


def test_a_recorded_loss_is_in_the_players_currency() -> None:
    """¥20,000 at 0.0055 are €110.00; ten per cent of it is given."""
    rate("JPY", "EUR", "0.0055")
    player = PlayerFactory(currency="JPY", net_loss=20_000)
    template = TemplateFactory(type="cashback")
    grant = give(template, player)
    assert (grant.currency, grant.amount) == ("EUR", 1100)
    named = give(
        template.__class__.objects.get(pk=template.pk), PlayerFactory(currency="JPY"), request={"loss_amount": 20_000}
    )
    assert (named.currency, named.amount) == ("EUR", 2000)


def test_a_recorded_loss_is_converted_into_the_currency_that_was_asked_for() -> None:
    """¥20,000 are $125.00; the minimum loss of €10 is $12.50, the cap of €50 is $62.50."""
    rate("JPY", "EUR", "0.005")
    rate("EUR", "USD", "1.25")
    grant = give(
        type="cashback",
        player=PlayerFactory(currency="JPY", net_loss=20_000),
        request={"currency_override": "USD"},
    )
    assert (grant.currency, grant.amount, grant.amount_base) == ("USD", 1250, 1000)


def test_a_recorded_profit_is_no_loss() -> None:
    with pytest.raises(NotEligible):
        give(type="cashback", player=PlayerFactory(net_loss=-50_000))
