"""What promising costs the database: as many statements for a thousand players as for one."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bonuses.models import Grant, GrantTransition, Player
from bonuses.services.bulk.plan import Plan
from bonuses.services.bulk.promise_many import promise_many
from bonuses.tests.factories import AdapterFactory, PlayerFactory, TemplateFactory
from bonuses.tests.issuing import rate
from bonuses.tests.promising import CAMPAIGN, candidates, plan_for

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


def players(number: int) -> list[Player]:
    """In three currencies, with a loss each of his own, every tenth blocked."""
    made = [
        PlayerFactory.build(
            currency=("EUR", "USD", "GBP")[n % 3], net_loss=2000 + n, status="banned" if n % 10 == 9 else "active"
        )
        for n in range(number)
    ]
    return Player.objects.bulk_create(made)


def statements(plan: Plan, number: int) -> list[str]:
    wanted = candidates(*players(number))
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        promised = promise_many(plan=plan, candidates=wanted, budget=None, cause=CAMPAIGN, now=timezone.now())
    assert len(promised.promises) + len(promised.refusals) == number
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.parametrize("type_", ["no_deposit", "cashback"])
def test_a_thousand_take_as_many_statements_as_ten(type_: str) -> None:
    """The template, the players, the platforms, the insert; and the rates, at most four for each currency."""
    AdapterFactory()
    rate("EUR", "USD", "1.25")
    rate("EUR", "GBP", "0.8")
    plan = plan_for(TemplateFactory(type=type_))
    few, many = statements(plan, 10), statements(plan, 1000)
    assert len(many) == len(few) <= 8 + 2 * (type_ == "cashback"), "\n".join(many)
    assert [sql.split()[0] for sql in many].count("WITH") - sum("_exchangerate" in sql for sql in many) == 1
    assert Grant.objects.count() == GrantTransition.objects.count() == 909


def test_one_currency_needs_four() -> None:
    AdapterFactory()
    plan = plan_for(TemplateFactory())
    wanted = candidates(*PlayerFactory.create_batch(20))
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        promise_many(plan=plan, candidates=wanted, budget=None, cause=CAMPAIGN, now=timezone.now())
    assert len(captured) == 4
