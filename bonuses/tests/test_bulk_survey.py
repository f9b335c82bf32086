"""The preview counts what the fan-out would do, to the last one and the last cent."""

from collections import Counter
from itertools import product
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bonuses.models import BonusTemplate, Grant, Player
from bonuses.services.bulk.judge import Deal
from bonuses.services.bulk.plan import Plan, Refusal
from bonuses.services.bulk.survey import Survey, judge_each, survey
from bonuses.services.bulk.traits import Traits, subjects, with_traits
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.issuing import change, rate
from bonuses.tests.platform_reports import everything
from bonuses.tests.promising import codes, plan_for, promise_to

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]

WINDOW = 20776
PLANS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"max_grants_per_player": 1}, {}),
    ({"max_grants_per_player": 2, "max_win_cap": 30_000}, {}),
    ({"max_grants_per_player": None}, {"currency": "USD"}),
    ({"type": "cashback", "max_grants_per_player": 1}, {}),
    ({"type": "cashback", "max_grants_per_player": 3}, {"currency": "USD"}),
    ({"type": "reload"}, {"deposit_amount": 4_444, "currency": "USD"}),
    ({"type": "reload"}, {}),
    ({}, {"currency": "JPY"}),
]


@pytest.fixture
def world() -> None:
    """No rate for yen, a brand whose platform can't issue, and one that nobody serves."""
    change(AdapterFactory(), is_default=False, origins=["acme.example"])
    AdapterFactory(slug="dumb", origins=["dumb.example"], capabilities=[])
    rate("EUR", "USD", "1.2345")
    rate("GBP", "EUR", "1.17")


def everybody(template: BonusTemplate) -> list[Player]:
    """Every combination of what may matter."""
    histories: list[list[tuple[str, int, int | None]]] = [
        [],
        [("failed", WINDOW, None)],
        [("lost", WINDOW, 0)],
        [("lost", 0, 0), ("expired", WINDOW, 1)],
        [("lost", WINDOW, 0), ("lost", WINDOW, 2), ("completed", 0, 0), ("completed", 0, 2)],
        [("active", 0, 0), ("lost", WINDOW, 0)],
        [("queued", 5, 3)],
    ]
    players = []
    for currency, status, history in product(("EUR", "GBP", "JPY"), ("active", "self_excluded"), histories):
        for loss in (999, 1001, 70_000):
            players.append(PlayerFactory(currency=currency, status=status, net_loss=loss))
            for grant_status, window, slot in history:
                GrantFactory(template=template, player=players[-1], status=grant_status, window=window, slot=slot)
    return players + [PlayerFactory(origin=origin, net_loss=5000) for origin in ("dumb.example", "nobody.example")]


@pytest.mark.parametrize(("terms", "fields"), PLANS)
def test_survey_and_promise_agree(terms: dict[str, Any], fields: dict[str, Any]) -> None:
    template = TemplateFactory(**terms)
    players = everybody(template)
    plan = plan_for(template, **fields)
    before = everything()
    with time_machine.travel("2026-11-19T12:00:00Z", tick=False):
        found = surveyed(plan)
        each = dict(judge_each(plan=plan, players=Player.objects.order_by("pk"), now=timezone.now()))
        assert everything() == before
        promised = promise_to(plan, *players)
    assert found.audience == len(players)
    assert found.refusals == Counter(codes(promised).values())
    assert found.audience - found.refusals.total() == len(promised.promises)
    assert found.cost == promised.cost
    verdicts = {player.pk: verdict for player, verdict in each.items()}
    assert {pk: v for pk, v in verdicts.items() if isinstance(v, Refusal)} == promised.refusals
    amounts = {player.external_id: v.offer.amount for player, v in each.items() if isinstance(v, Deal)}
    assert amounts == {promise.order.player_external_id: promise.order.amount_subunit for promise in promised.promises}


@pytest.mark.parametrize(("terms", "fields"), PLANS)
def test_both_ways_of_looking_see_the_same(terms: dict[str, Any], fields: dict[str, Any]) -> None:
    """The annotation of a whole segment, and the look at a wave's players."""
    template = TemplateFactory(**terms)
    everybody(template)
    plan, players = plan_for(template, **fields), Player.objects.order_by("pk")
    with time_machine.travel("2026-11-19T12:00:00Z", tick=False):
        annotated = list(with_traits(players, plan=plan, now=timezone.now()).values_list(*Traits._fields))
        looked_at = subjects(list(players.values_list("pk", flat=True)), plan=plan, now=timezone.now())
    assert [subject.traits for subject in looked_at] == annotated


def surveyed(plan: Plan) -> Survey:
    return survey(plan=plan, players=Player.objects.all(), now=timezone.now())


def test_costs_are_in_the_base_currency() -> None:
    """€10 each are $12.35, which are €10.00 again; with a cap of €300 that much can be won."""
    PlayerFactory.create_batch(3)
    PlayerFactory(status="banned")
    plan = plan_for(TemplateFactory(max_win_cap=30_000), currency="USD")
    found = surveyed(plan)
    assert (found.audience, found.refusals) == (4, {"PLAYER_BLOCKED": 1})
    assert (found.cost, found.worst_cost) == (3_000, 90_000)


@pytest.mark.parametrize(("cap", "worst"), [(None, 1000), (500, 1000), (1001, 1001)])
def test_the_worst_is_at_least_the_face_value(cap: int | None, worst: int) -> None:
    PlayerFactory()
    assert surveyed(plan_for(TemplateFactory(max_win_cap=cap))).worst_cost == worst


def test_nobody_at_all() -> None:
    assert surveyed(plan_for(TemplateFactory())) == Survey()


def test_as_many_statements_for_many_as_for_few() -> None:
    plan = plan_for(TemplateFactory())
    counts = []
    for more in (3, 30):
        PlayerFactory.create_batch(more)
        with CaptureQueriesContext(connection) as captured:
            surveyed(plan)
        words = [query["sql"].split()[0] for query in captured.captured_queries]
        counts.append(sum(word not in {"SAVEPOINT", "SET", "RELEASE"} for word in words))
    assert counts == [2, 2]
    assert not Grant.objects.exists()
