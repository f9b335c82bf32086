"""Somebody else gives the same players the same bonus at the same moment: the limit holds, and nobody gets it twice."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from bonuses.models import BonusTemplate, Grant, GrantTransition, Player
from bonuses.services.bulk import promise_many as module
from bonuses.services.bulk.plan import Candidate, Plan, Promised
from bonuses.services.identify_player import identify_many
from bonuses.services.issue import promise
from bonuses.services.slots import GrantLimitReached
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.issuing import request_for
from bonuses.tests.promising import CAMPAIGN, candidates, codes, plan_for, promise_to
from bonuses.tests.test_issue_race import all_at_once

NUMBER = 40
TRIES = 20


@pytest.fixture
def before_insert(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Have something happen once between the look at the players and the insert."""

    def arrange(step: Callable[[], object]) -> None:
        insert, steps = module.insert_grants, [step]

        def insert_too_late(*args: Any, **kwargs: Any) -> Any:
            while steps:
                steps.pop()()
            return insert(*args, **kwargs)

        monkeypatch.setattr(module, "insert_grants", insert_too_late)

    return arrange


@pytest.mark.django_db
def test_whose_slot_is_taken_meanwhile_is_to_be_tried_again(
    before_insert: Callable[[Callable[[], object]], None],
) -> None:
    AdapterFactory()
    template, players = TemplateFactory(), PlayerFactory.create_batch(3)
    before_insert(lambda: GrantFactory(template=template, player=players[1]))
    plan, wanted = plan_for(template), candidates(*players)
    first = wave(plan, wanted)
    assert [promise.order.player_external_id for promise in first.promises] == [
        players[0].external_id,
        players[2].external_id,
    ]
    assert (first.refusals, first.left_out, first.cost) == ({}, [], 2000)
    again = wave(plan, wanted[1:2])
    assert (codes(again), again.promises) == ({players[1].pk: "LIVE_GRANT"}, [])
    assert (Grant.objects.count(), GrantTransition.objects.count()) == (3, 2)


@pytest.mark.django_db
def test_a_grant_that_is_there_already_is_not_promised_again() -> None:
    AdapterFactory()
    template, players = TemplateFactory(max_grants_per_player=None), PlayerFactory.create_batch(2)
    plan, wanted = plan_for(template), candidates(*players)
    GrantFactory(template=template, player=players[0], id=wanted[0].grant_id, status="lost")
    promised = wave(plan, wanted)
    assert [promise.order.grant_id for promise in promised.promises] == [wanted[1].grant_id]
    assert promised.cost == 1000


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", [1, 2, None])
def test_two_campaigns_and_single_grants_of_one_template(limit: int | None) -> None:
    """Each campaign gives at most one, and only to who has no live one; single grants as many as the limit allows."""
    AdapterFactory()
    template, players = TemplateFactory(max_grants_per_player=limit), PlayerFactory.create_batch(NUMBER)
    work: list[Callable[[], Any]] = [lambda: campaign(template, players) for _ in range(3)]
    work += [lambda: singly(template, players[::-1]), lambda: singly(template, players)]
    left = iter(work)
    results = all_at_once(lambda: run_next(left), times=len(work))
    assert [result for result in results if isinstance(result, Exception)] == []
    grants = list(Grant.objects.all())
    slots = {player.pk: sorted(g.slot or 0 for g in grants if g.player_id == player.pk) for player in players}
    singles = 2
    most = singles + 1 if limit is None else limit
    assert all(held == list(range(len(held))) and 1 <= len(held) <= most for held in slots.values())
    by_campaigns = Counter(grant.player_id for grant in grants if grant.campaign_id)
    assert max(by_campaigns.values(), default=1) == 1
    assert sum(results) == len(grants) == GrantTransition.objects.count()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_campaigns_that_have_all_looked_before_any_inserts(monkeypatch: pytest.MonkeyPatch) -> None:
    AdapterFactory()
    template, players = TemplateFactory(max_grants_per_player=2), PlayerFactory.create_batch(NUMBER)
    for player in players[::2]:
        GrantFactory(template=template, player=player, status="lost")
    all_have_looked, insert, held_up = threading.Barrier(4), module.insert_grants, set()

    def insert_together(*args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() not in held_up:
            held_up.add(threading.get_ident())
            all_have_looked.wait(30)
        return insert(*args, **kwargs)

    monkeypatch.setattr(module, "insert_grants", insert_together)
    results = all_at_once(lambda: campaign(template, players), times=4)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert sum(results) == NUMBER
    new = Grant.objects.filter(status="queued").values_list("player_id", "slot")
    assert sorted(new) == sorted((player.pk, 1 - number % 2) for number, player in enumerate(players))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_inserts_do_not_wait_for_who_changes_the_players() -> None:
    """An identification that holds its players in an open transaction holds up no grant."""
    AdapterFactory()
    players = PlayerFactory.create_batch(3)
    plan = plan_for(TemplateFactory())
    with transaction.atomic():
        identify_many([{"external_id": player.external_id, "net_loss": 7} for player in players])
        (promised,) = all_at_once(lambda: promise_to(plan, *players), times=1)
    assert len(promised.promises) == 3


def wave(plan: Plan, wanted: Sequence[Candidate]) -> Promised:
    with transaction.atomic():
        return module.promise_many(plan=plan, candidates=wanted, budget=None, cause=CAMPAIGN, now=timezone.now())


def campaign(template: BonusTemplate, players: Sequence[Player]) -> int:
    """Waves until nobody is left; the number of grants."""
    plan, wanted, number = plan_for(template), candidates(*players), 0
    for _ in range(TRIES):
        promised = wave(plan, wanted)
        number += len(promised.promises)
        done = {promise.order.grant_id for promise in promised.promises}
        wanted = [one for one in wanted if one.grant_id not in done and one.player_id not in promised.refusals]
        if not wanted:
            return number
    raise AssertionError(f"{len(wanted)} players were tried {TRIES} times")


def singly(template: BonusTemplate, players: Sequence[Player]) -> int:
    number = 0
    for player in players:
        try:
            promise(request=request_for(template, player), cause=CAMPAIGN)
        except GrantLimitReached:
            continue
        number += 1
    return number


def run_next(left: Iterator[Callable[[], Any]]) -> Any:
    return next(left)()
