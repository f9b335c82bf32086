"""What is promised to many is, row by row and byte by byte, what is promised to one."""

from typing import Any

import pytest
import time_machine

from bonuses.models import BonusTemplate, Grant, GrantTransition
from bonuses.services.issue import IssueRequest, promise
from bonuses.services.order import grant_order
from bonuses.tests.factories import AdapterFactory, PlayerFactory, TemplateFactory
from bonuses.tests.issuing import rate
from bonuses.tests.platform_reports import current, life_of
from bonuses.tests.promising import CAMPAIGN, plan_for, promise_to
from integrations.platforms.wire import grant_body

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("default_adapter")]

CAPS: dict[str, Any] = {"max_bet_during_wagering": 500, "max_win_cap": 100_001, "game_contribution": {"slots": 12.5}}
KINDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"wagering_requirement_multiplier": 35, "time_limit_hours": 48, **CAPS}, {}),
    ({"wagering_requirement_multiplier": "2.5", **CAPS}, {"currency": "JPY"}),
    ({"type": "free_spins", "wagering_requirement_multiplier": 10, "wagering_basis": "winnings"}, {}),
    ({"type": "deposit_match", **CAPS}, {"deposit_amount": 12_345}),
    (
        {"type": "reload", "wagering_basis": "bonus_plus_deposit", "wagering_requirement_multiplier": 3},
        {"deposit_amount": 50_000, "currency": "USD"},
    ),
    (
        {"wagering_basis": "deposit", "wagering_requirement_multiplier": 2},
        {"deposit_amount": 700},
    ),
    ({"type": "risk_free_bet"}, {"currency": "USD"}),
    ({"type": "cashback"}, {}),
    ({"type": "cashback"}, {"currency": "USD"}),
]
NOT_COMPARED = {"id", "player_id", "granted_by_kind", "granted_by_id", "campaign_id", "updated_at"}


@pytest.fixture
def default_adapter() -> None:
    AdapterFactory()
    rate("EUR", "USD", "1.1269")
    rate("EUR", "JPY", "178.15")
    rate("GBP", "EUR", "1.17")


def single(template: BonusTemplate, fields: dict[str, Any], **of_player: Any) -> Grant:
    request = IssueRequest(
        template_id=template.pk,
        player_id=PlayerFactory(**of_player).pk,
        granted_by_kind="campaign",
        deposit_amount=fields.get("deposit_amount"),
        currency_override=fields.get("currency"),
    )
    return promise(request=request, cause=CAMPAIGN)[0]


def columns(grant: Grant) -> dict[str, Any]:
    (row,) = Grant.objects.filter(pk=grant.pk).values()
    return {name: value for name, value in row.items() if name not in NOT_COMPARED}


def first_transition(grant: Grant) -> dict[str, Any]:
    (row,) = GrantTransition.objects.filter(grant=grant).values()
    return {name: value for name, value in row.items() if name not in {"id", "grant_id"}}


@pytest.mark.parametrize("currency", ["EUR", "GBP"])
@pytest.mark.parametrize(("terms", "fields"), KINDS)
def test_a_promise_to_many_is_the_promise_to_one(terms: dict[str, Any], fields: dict[str, Any], currency: str) -> None:
    template = TemplateFactory(**terms)
    template.refresh_from_db()
    of_player = {"currency": currency, "net_loss": 23_457}
    with time_machine.travel("2026-11-21T12:00:00.123456Z", tick=False):
        expected = single(template, fields, **of_player)
        (given,) = promise_to(plan_for(template, **fields), PlayerFactory(**of_player)).promises
    grant = Grant.objects.get(pk=given.order.grant_id)
    assert columns(grant) == columns(expected)
    assert first_transition(grant) == first_transition(expected)
    assert given.claimed_until == grant.claimed_until


@pytest.mark.parametrize("currency", ["EUR", "GBP"])
@pytest.mark.parametrize(("terms", "fields"), KINDS)
def test_the_order_is_the_one_that_a_retry_sends(terms: dict[str, Any], fields: dict[str, Any], currency: str) -> None:
    template = TemplateFactory(**terms)
    template.refresh_from_db()
    players = [PlayerFactory(currency=currency, net_loss=loss) for loss in (23_457, 23_457, 100_000)]
    promises = promise_to(plan_for(template, **fields), *players).promises
    assert [promise.order.player_external_id for promise in promises] == [player.external_id for player in players]
    for given in promises:
        grant = current(Grant.objects.get(pk=given.order.grant_id))
        assert grant_body(given.order) == grant_body(grant_order(grant))
        assert given.adapter == grant.adapter
        assert life_of(grant) == ["queued"]


def test_grants_are_of_the_campaign_and_in_the_order_of_the_players() -> None:
    plan = plan_for(TemplateFactory())
    players = PlayerFactory.create_batch(5)
    promised = promise_to(plan, *players)
    grants = Grant.objects.order_by("id")
    assert [(grant.player_id, grant.pk) for grant in grants] == [
        (player.pk, promise.order.grant_id) for player, promise in zip(players, promised.promises, strict=True)
    ]
    assert {(grant.campaign_id, grant.granted_by_kind, grant.granted_by_id) for grant in grants} == {
        (plan.campaign_id, "campaign", plan.campaign_id)
    }
    assert promised.cost == 5000
    assert (promised.refusals, promised.left_out) == ({}, [])


def test_each_brand_has_its_own_platform() -> None:
    mine = AdapterFactory(slug="mine", origins=["mine.example"], total_timeout_ms=1000)
    players = [PlayerFactory(origin=origin) for origin in ("acme.example", "mine.example")]
    promises = promise_to(plan_for(TemplateFactory()), *players).promises
    assert [promise.adapter.slug for promise in promises] == ["acme", "mine"]
    assert promises[0].claimed_until > promises[1].claimed_until
    assert Grant.objects.get(player=players[1]).adapter == mine


def test_nobody_is_promised_nothing() -> None:
    promised = promise_to(plan_for(TemplateFactory()))
    assert (promised.promises, promised.refusals, promised.left_out, promised.cost) == ([], {}, [], 0)
    assert not Grant.objects.exists()
