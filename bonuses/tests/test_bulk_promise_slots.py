"""Anti-stacking when many are promised something: the same slots, counted in the same way, as for one."""

import pytest
import time_machine

from bonuses.models import BonusTemplate, Grant, Player
from bonuses.services.change_template import change_template
from bonuses.services.slots import GrantLimitReached
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.platform_reports import promised as promised_singly
from bonuses.tests.promising import codes, plan_for, promise_to

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("default_adapter")]

LIMIT = "BONUS_GRANT_LIMIT_REACHED"


@pytest.fixture
def default_adapter() -> None:
    AdapterFactory()


def had(template: BonusTemplate, player: Player, *slots: int | None) -> None:
    """Grants that have ended, or failed where there is no slot."""
    for slot in slots:
        GrantFactory(template=template, player=player, slot=slot, status="failed" if slot is None else "lost")


def slot_of_new(template: BonusTemplate, player: Player) -> int | str | None:
    promised = promise_to(plan_for(template), player)
    if promised.refusals:
        return codes(promised)[player.pk]
    return Grant.objects.get(pk=promised.promises[0].order.grant_id).slot


@pytest.mark.parametrize(
    ("limit", "held", "expected"),
    [
        (1, (), 0),
        (1, (0,), LIMIT),
        (1, (None, None), 0),
        (2, (0,), 1),
        (2, (1,), 0),
        (2, (5,), 0),
        (2, (0, 5), LIMIT),
        (2, (1, 2, 3), LIMIT),
        (4, (0, 1, 3), 2),
        (4, (1, 2, 3), 0),
        (None, (), 0),
        (None, (0, 1, 2, 3), 4),
        (None, (0, 2), 1),
    ],
)
def test_the_lowest_free_slot_within_the_limit(
    limit: int | None, held: tuple[int | None, ...], expected: int | str
) -> None:
    template, player = TemplateFactory(max_grants_per_player=limit), PlayerFactory()
    had(template, player, *held)
    assert slot_of_new(template, player) == expected


@pytest.mark.parametrize(("limit", "held"), [(1, (0,)), (2, (0, 5)), (3, (0, 1)), (3, ()), (None, (0, 2))])
def test_a_single_grant_would_get_the_same(limit: int | None, held: tuple[int, ...]) -> None:
    template, one, many = TemplateFactory(max_grants_per_player=limit), PlayerFactory(), PlayerFactory()
    had(template, one, *held)
    had(template, many, *held)
    try:
        expected: int | str | None = promised_singly(template=template, player=one).slot
    except GrantLimitReached:
        expected = LIMIT
    assert slot_of_new(template, many) == expected


def test_each_player_and_template_has_slots_of_its_own() -> None:
    template, players = TemplateFactory(max_grants_per_player=2), PlayerFactory.create_batch(4)
    had(template, players[1], 0)
    had(template, players[2], 0, 1)
    had(TemplateFactory(), players[3], 0, 1, 2)
    promised = promise_to(plan_for(template), *players)
    assert codes(promised) == {players[2].pk: LIMIT}
    grants = [Grant.objects.get(pk=promise.order.grant_id) for promise in promised.promises]
    assert [(grant.player, grant.slot) for grant in grants] == [(players[0], 0), (players[1], 1), (players[3], 0)]


def test_the_limit_is_that_of_the_plan() -> None:
    """Terms that are changed after a campaign has begun do not change what it gives."""
    template, players = TemplateFactory(max_grants_per_player=2), PlayerFactory.create_batch(2)
    plan = plan_for(template)
    had(template, players[0], 0)
    change_template(template_id=template.pk, changes={"max_grants_per_player": 1}, by="tester")
    assert len(promise_to(plan, *players).promises) == 2


def test_cashback_is_limited_in_each_window() -> None:
    """Windows of seven days from the epoch, a Thursday; a grant that is still live holds back in the next one too."""
    template = TemplateFactory(type="cashback")
    done, live = PlayerFactory.create_batch(2, net_loss=5000)
    plan = plan_for(template)
    GrantFactory(template=template, player=done, window=20776, status="lost")
    with time_machine.travel("2026-11-19T12:00:00Z"):
        promised = promise_to(plan, done, live)
    assert (codes(promised), len(promised.promises)) == ({done.pk: LIMIT}, 1)
    with time_machine.travel("2026-11-25T12:00:00Z"):
        assert codes(promise_to(plan, done, live)) == {done.pk: LIMIT, live.pk: "LIVE_GRANT"}
    with time_machine.travel("2026-11-26T12:00:00Z"):
        promised = promise_to(plan, done, live)
    assert codes(promised) == {live.pk: "LIVE_GRANT"}
    assert Grant.objects.get(pk=promised.promises[0].order.grant_id).window == 20783
