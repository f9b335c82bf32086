"""Who is promised nothing, and why; the others are not held up by it."""

from typing import Any

import pytest
import time_machine

from bonuses.models import Grant
from bonuses.models.player import PlayerStatus
from bonuses.services.adapters import AdapterPaused
from bonuses.services.change_template import change_template
from bonuses.services.issue import IssuingStopped, TemplateNotActive, TemplateNotFound
from bonuses.services.stop import stop
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.issuing import change, rate
from bonuses.tests.platform_reports import everything
from bonuses.tests.promising import codes, plan_for, promise_to
from integrations.ids import new_id
from integrations.models import Adapter

pytestmark = pytest.mark.django_db

WINDOW = 20776
"""Of seven days, on 2026-11-19."""


@pytest.fixture(autouse=True)
def acme(db: None) -> Adapter:
    """The default platform."""
    made: Adapter = AdapterFactory()
    return made


def given() -> set[Any]:
    return set(Grant.objects.values_list("player_id", flat=True))


@pytest.mark.parametrize("status", sorted(set(PlayerStatus) - {PlayerStatus.ACTIVE}))
def test_blocked_player(status: str) -> None:
    blocked, other = PlayerFactory(status=status), PlayerFactory()
    promised = promise_to(plan_for(TemplateFactory()), blocked, other)
    assert codes(promised) == {blocked.pk: "PLAYER_BLOCKED"}
    assert promised.refusals[blocked.pk].message == f"The player is {status}."
    assert given() == {other.pk}


def test_a_rate_that_is_missing_for_one_currency_refuses_only_its_players() -> None:
    rate("EUR", "USD", "1.25")
    euro, dollar, yen = (PlayerFactory(currency=currency) for currency in ("EUR", "USD", "JPY"))
    promised = promise_to(plan_for(TemplateFactory()), euro, dollar, yen)
    assert codes(promised) == {yen.pk: "EXCHANGE_RATE_MISSING"}
    assert given() == {euro.pk, dollar.pk}


def test_without_a_rate_for_the_terms_nobody_gets_anything() -> None:
    player = PlayerFactory()
    assert codes(promise_to(plan_for(TemplateFactory(), currency="USD"), player)) == {
        player.pk: "EXCHANGE_RATE_MISSING"
    }
    assert not Grant.objects.exists()


def test_cashback_below_the_minimum_loss() -> None:
    """€10.00 of loss are the minimum, which £8.00 are not quite."""
    rate("GBP", "EUR", "1.249")
    template = TemplateFactory(type="cashback")
    losses = {"EUR": (999, 1000), "GBP": (800, 801)}
    players = {
        (currency, loss): PlayerFactory(currency=currency, net_loss=loss)
        for currency, pair in losses.items()
        for loss in pair
    }
    promised = promise_to(plan_for(template), *players.values())
    assert codes(promised) == {
        players["EUR", 999].pk: "BONUS_NOT_ELIGIBLE",
        players["GBP", 800].pk: "BONUS_NOT_ELIGIBLE",
    }
    assert given() == {players["EUR", 1000].pk, players["GBP", 801].pk}


def test_a_loss_beyond_counting_in_the_currency_of_the_terms() -> None:
    rate("GBP", "EUR", "1000")
    player = PlayerFactory(currency="GBP", net_loss=2**53 - 1)
    promised = promise_to(plan_for(TemplateFactory(type="cashback")), player)
    assert codes(promised) == {player.pk: "BONUS_NOT_ELIGIBLE"}


def test_a_deposit_that_was_not_named() -> None:
    player = PlayerFactory()
    promised = promise_to(plan_for(TemplateFactory(type="reload")), player)
    assert codes(promised) == {player.pk: "BONUS_DEPOSIT_AMOUNT_REQUIRED"}


def test_a_brand_that_no_platform_serves(acme: Adapter) -> None:
    change(acme, is_default=False, origins=["acme.example"])
    lost, served = PlayerFactory(origin="other.example"), PlayerFactory()
    assert codes(promise_to(plan_for(TemplateFactory()), lost, served)) == {lost.pk: "ADAPTER_NOT_CONFIGURED"}
    assert given() == {served.pk}


def test_a_platform_that_can_not_issue() -> None:
    AdapterFactory(slug="mine", origins=["mine.example"], capabilities=["cancel"])
    mine, other = PlayerFactory(origin="mine.example"), PlayerFactory()
    assert codes(promise_to(plan_for(TemplateFactory()), mine, other)) == {mine.pk: "ADAPTER_CAPABILITY_MISSING"}
    assert given() == {other.pk}


@pytest.mark.parametrize("status", ["queued", "pending", "active", "reversed"])
def test_who_holds_a_live_grant_of_the_template(status: str) -> None:
    template = TemplateFactory(max_grants_per_player=5)
    holder, free = PlayerFactory(), PlayerFactory()
    GrantFactory(template=template, player=holder, status=status, window=7)
    GrantFactory(player=free, status=status)
    assert codes(promise_to(plan_for(template), holder, free)) == {holder.pk: "LIVE_GRANT"}
    assert Grant.objects.filter(template=template, window=0).get().player == free


def test_the_first_reason_in_order_is_named() -> None:
    """Blocked, then amounts, then the platform, then a live grant, then the limit."""
    template = TemplateFactory(type="cashback", max_grants_per_player=1)
    AdapterFactory(slug="dumb", origins=["dumb.example"], capabilities=[])
    fields = [
        {"status": "banned", "net_loss": 0, "origin": "dumb.example"},
        {"net_loss": 0, "origin": "dumb.example"},
        {"net_loss": 5000, "origin": "dumb.example"},
        {"net_loss": 5000},
        {"net_loss": 5000},
    ]
    players = [PlayerFactory(**each) for each in fields]
    for player in players:
        status = "lost" if player == players[-1] else "active"
        GrantFactory(template=template, player=player, window=WINDOW, status=status)
    with time_machine.travel("2026-11-19T12:00:00Z"):
        promised = promise_to(plan_for(template), *players)
    assert list(codes(promised).values()) == [
        "PLAYER_BLOCKED",
        "BONUS_NOT_ELIGIBLE",
        "ADAPTER_CAPABILITY_MISSING",
        "LIVE_GRANT",
        "BONUS_GRANT_LIMIT_REACHED",
    ]


def test_template_that_is_not_active() -> None:
    template, player = TemplateFactory(), PlayerFactory()
    change_template(template_id=template.pk, changes={"status": "paused"}, by="tester")
    before = everything()
    with pytest.raises(TemplateNotActive):
        promise_to(plan_for(template), player)
    assert everything() == before


def test_template_that_is_gone() -> None:
    plan = plan_for(TemplateFactory())
    type(TemplateFactory()).objects.filter(pk=plan.template_id).delete()
    with pytest.raises(TemplateNotFound):
        promise_to(plan, PlayerFactory())


@pytest.mark.parametrize("scope", ["all", "template", "campaign", "adapter"])
def test_the_kill_switch(acme: Adapter, scope: str) -> None:
    template, player = TemplateFactory(), PlayerFactory()
    plan = plan_for(template)
    targets = {"all": None, "template": template.pk, "campaign": plan.campaign_id, "adapter": acme.pk}
    stop(scope=scope, target=targets[scope], reason="a test", by="tester")
    before = everything()
    with pytest.raises(IssuingStopped):
        promise_to(plan, player)
    assert everything() == before


@pytest.mark.parametrize("scope", ["template", "campaign", "adapter"])
def test_a_stop_of_something_else(scope: str) -> None:
    stop(scope=scope, target=new_id(), reason="a test", by="tester")
    assert len(promise_to(plan_for(TemplateFactory()), PlayerFactory()).promises) == 1


def test_a_platform_that_is_switched_off_keeps_its_brands_from_the_default() -> None:
    """Not even those whom the default would serve are promised anything: the campaign is to wait."""
    AdapterFactory(slug="mine", origins=["mine.example"], is_active=False)
    players = [PlayerFactory(), PlayerFactory(origin="mine.example")]
    before = everything()
    with pytest.raises(AdapterPaused) as caught:
        promise_to(plan_for(TemplateFactory()), *players)
    assert caught.value.details == {"adapter": "mine"}
    assert everything() == before


def test_a_second_platform_for_the_brand_takes_over_from_one_that_is_switched_off() -> None:
    AdapterFactory(slug="mine-1", origins=["mine.example"], is_active=False)
    second = AdapterFactory(slug="mine-2", origins=["mine.example"])
    (promise,) = promise_to(plan_for(TemplateFactory()), PlayerFactory(origin="mine.example")).promises
    assert promise.adapter == second


def test_the_default_is_switched_off(acme: Adapter) -> None:
    change(acme, is_active=False)
    with pytest.raises(AdapterPaused):
        promise_to(plan_for(TemplateFactory()), PlayerFactory())


def test_nobody_waits_for_a_platform_that_he_would_not_be_called_for(acme: Adapter) -> None:
    change(acme, is_active=False)
    stop(scope="adapter", target=acme.pk, reason="a test", by="tester")
    player = PlayerFactory(status="banned")
    assert codes(promise_to(plan_for(TemplateFactory()), player)) == {player.pk: "PLAYER_BLOCKED"}
