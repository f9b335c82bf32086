"""A budget pays for the first players, in the order of their ids, and for nobody after the first who is too much."""

import pytest

from bonuses.models import Grant, GrantTransition
from bonuses.tests.factories import AdapterFactory, PlayerFactory, TemplateFactory
from bonuses.tests.issuing import rate
from bonuses.tests.promising import codes, plan_for, promise_to

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("default_adapter")]


@pytest.fixture
def default_adapter() -> None:
    AdapterFactory()


@pytest.mark.parametrize(
    ("budget", "number"), [(0, 0), (999, 0), (1000, 1), (2999, 2), (3000, 3), (4000, 4), (None, 4)]
)
def test_as_many_as_it_pays_for(budget: int | None, number: int) -> None:
    players = PlayerFactory.create_batch(4)
    promised = promise_to(plan_for(TemplateFactory()), *players, budget=budget)
    assert [promise.order.player_external_id for promise in promised.promises] == [
        player.external_id for player in players[:number]
    ]
    assert promised.left_out == [player.pk for player in players[number:]]
    assert (promised.cost, Grant.objects.count()) == (number * 1000, number)
    assert GrantTransition.objects.count() == number


def test_it_is_in_the_base_currency() -> None:
    """€10 are $12.50: what is given in dollars costs euros."""
    rate("EUR", "USD", "1.25")
    players = PlayerFactory.create_batch(3)
    promised = promise_to(plan_for(TemplateFactory(), currency="USD"), *players, budget=2000)
    assert [promise.order.amount_subunit for promise in promised.promises] == [1250, 1250]
    assert (promised.cost, promised.left_out) == (2000, [players[2].pk])


def test_who_is_refused_costs_nothing() -> None:
    blocked, first, second = PlayerFactory(status="banned"), PlayerFactory(), PlayerFactory()
    promised = promise_to(plan_for(TemplateFactory()), blocked, first, second, budget=1000)
    assert codes(promised) == {blocked.pk: "PLAYER_BLOCKED"}
    assert (promised.cost, promised.left_out) == (1000, [second.pk])


def test_nobody_overtakes_who_is_too_much() -> None:
    """Cashback of €5, €30 and €5; of who comes later nothing is decided."""
    players = [PlayerFactory(net_loss=loss) for loss in (5_000, 30_000, 5_000)]
    players.append(PlayerFactory(net_loss=0))
    promised = promise_to(plan_for(TemplateFactory(type="cashback")), *players, budget=2000)
    assert [promise.order.amount_subunit for promise in promised.promises] == [500]
    assert promised.left_out == [player.pk for player in players[1:]]
    assert (promised.cost, promised.refusals) == (500, {})
