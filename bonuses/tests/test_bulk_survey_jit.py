"""A preview waits for no compiler; what comes after it finds the database as it was."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.utils import timezone

from bonuses.models import Player
from bonuses.services.bulk.survey import cost_within, survey
from bonuses.tests.factories import AdapterFactory, PlayerFactory, TemplateFactory
from bonuses.tests.promising import plan_for

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def jit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize("ask", [survey, lambda **what: cost_within(1500, **what)])
def test_it_is_off_for_that_question_alone(ask: Callable[..., object]) -> None:
    AdapterFactory()
    PlayerFactory.create_batch(2)
    template, seen = TemplateFactory(), list[str]()

    def look(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if 'FROM "bonuses_player"' in sql:
            seen.append(jit())
        return execute(sql, *rest)

    with connection.cursor() as cursor:
        cursor.execute("SET jit = on")
    with connection.execute_wrapper(look):
        ask(plan=plan_for(template), players=Player.objects.all(), now=timezone.now())
    assert seen == ["off"]
    assert jit() == "on"
    assert connection.in_atomic_block is False
