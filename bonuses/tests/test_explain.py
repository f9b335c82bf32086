"""Every refusal of issuing is what the explanation names first, with nothing asked of the platform or written."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from bonuses.models import BonusTemplate, Player
from bonuses.services.checks import Finding, Outcome, first_refusal
from bonuses.services.explain import explain, grants_of
from bonuses.services.explain_numbers import standing
from bonuses.services.issue import issue
from bonuses.services.issue_checks import ISSUE_CHECKS
from bonuses.services.stop import stop
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from bonuses.tests.issuing import change, open_breaker, rate, request_for
from bonuses.tests.platform_reports import TEST_CAUSE, everything
from integrations.errors import DomainError
from integrations.ids import new_id
from integrations.models import Adapter

pytestmark = pytest.mark.django_db

Scene = Callable[[Adapter], dict[str, Any]]
BEYOND = {"amount": 2**53 - 1, "currency": "EUR"}


@pytest.fixture
def adapter(platform: type[FakePlatform]) -> Adapter:
    made: Adapter = AdapterFactory(kind=KIND)
    return made


def _stopped(scope: str) -> Scene:
    def scene(adapter: Adapter) -> dict[str, Any]:
        template = TemplateFactory()
        target = {"all": None, "template": template.pk, "adapter": adapter.pk}[scope]
        stop(scope=scope, target=target, reason="storm", by="anna")
        return {"template": template}

    return scene


def _no_adapter(adapter: Adapter) -> dict[str, Any]:
    change(adapter, is_active=False)
    return {}


def _can_not_issue(adapter: Adapter) -> dict[str, Any]:
    change(adapter, capabilities=["cancel"])
    return {}


def _had_it(adapter: Adapter) -> dict[str, Any]:
    grant = GrantFactory(adapter=adapter, status="expired")
    return {"template": grant.template, "player": grant.player}


def _beyond_in_base(adapter: Adapter) -> dict[str, Any]:
    rate("GBP", "EUR", "2")
    return {"template": TemplateFactory(config={**BEYOND, "currency": "GBP"}), "player": PlayerFactory(currency="GBP")}


def _with(template: dict[str, Any] | None = None, player: dict[str, Any] | None = None, **more: Any) -> Scene:
    return lambda _: {
        "template": TemplateFactory(**(template or {})),
        "player": PlayerFactory(**(player or {})),
        **more,
    }


SCENES: dict[str, tuple[str, str, Scene]] = {
    "everything is stopped": ("kill_switch", "ISSUING_STOPPED", _stopped("all")),
    "the template is stopped": ("kill_switch", "ISSUING_STOPPED", _stopped("template")),
    "the platform is stopped": ("adapter_stop", "ISSUING_STOPPED", _stopped("adapter")),
    "no template": ("template_exists", "BONUS_TEMPLATE_NOT_FOUND", lambda _: {"template": BonusTemplate(id=new_id())}),
    "paused": ("template_active", "BONUS_TEMPLATE_NOT_ACTIVE", _with({"status": "paused"})),
    "archived": ("template_active", "BONUS_TEMPLATE_NOT_ACTIVE", _with({"status": "archived"})),
    "no player": ("player_exists", "PLAYER_NOT_FOUND", lambda _: {"player": Player(id=new_id())}),
    "banned": ("player_active", "PLAYER_BLOCKED", _with(player={"status": "banned"})),
    "self-excluded": ("player_active", "PLAYER_BLOCKED", _with(player={"status": "self_excluded"})),
    "no deposit": ("amount", "BONUS_DEPOSIT_AMOUNT_REQUIRED", _with({"type": "deposit_match"})),
    "too small a deposit": ("amount", "BONUS_NOT_ELIGIBLE", _with({"type": "reload"}, deposit=1)),
    "too small a loss": ("amount", "BONUS_NOT_ELIGIBLE", _with({"type": "cashback"}, {"net_loss": 999})),
    "no rate for the loss": ("amount", "EXCHANGE_RATE_MISSING", _with({"type": "cashback"}, {"currency": "SEK"})),
    "no rate to the base": (
        "rates",
        "EXCHANGE_RATE_MISSING",
        _with({"config": {"amount": 500, "currency": "GBP"}}, {"currency": "GBP"}),
    ),
    "no rate for the player": ("rates", "EXCHANGE_RATE_MISSING", _with(player={"currency": "JPY"})),
    "too much to be counted": ("totals", "VALIDATION_ERROR", _beyond_in_base),
    "too much to be wagered": (
        "totals",
        "BONUS_NOT_ELIGIBLE",
        _with({"config": BEYOND, "wagering_requirement_multiplier": Decimal(2)}),
    ),
    "no platform": ("adapter", "ADAPTER_NOT_CONFIGURED", _no_adapter),
    "a platform that can't": ("adapter", "ADAPTER_CAPABILITY_MISSING", _can_not_issue),
    "had it": ("limit", "BONUS_GRANT_LIMIT_REACHED", _had_it),
}


def explained(adapter: Adapter, scene: Scene) -> tuple[dict[str, Any], list[Finding]]:
    found = {"template": None, "player": None, "deposit": None, **scene(adapter)}
    found["template"] = found["template"] or TemplateFactory()
    found["player"] = found["player"] or PlayerFactory()
    before = everything()
    findings = explain(template_id=found["template"].pk, player_id=found["player"].pk, deposit=found["deposit"])
    assert everything() == before
    assert FakePlatform.asked == []
    return found, findings


@pytest.mark.parametrize("name", SCENES)
def test_what_refuses_is_named_and_issuing_refuses_by_the_same(adapter: Adapter, name: str) -> None:
    check, code, scene = SCENES[name]
    found, findings = explained(adapter, scene)

    refusal = first_refusal(findings)
    assert refusal is not None
    assert (refusal.name, refusal.code) == (check, code)
    place = findings.index(refusal)
    assert {one.outcome for one in findings[:place]} <= {Outcome.PASSED}
    assert {one.outcome for one in findings[place + 1 :]} == {Outcome.NOT_REACHED}
    assert [one.name for one in findings] == [*(each.name for each in ISSUE_CHECKS), "breaker"]

    with pytest.raises(DomainError) as caught:
        issue(
            request=request_for(found["template"], found["player"], deposit_amount=found["deposit"]), cause=TEST_CAUSE
        )
    assert (caught.value.code, caught.value.message) == (code, refusal.words)
    assert FakePlatform.asked == []


@pytest.mark.parametrize("scope", ["all", "template", "adapter"])
def test_a_kill_switch_is_shown_in_the_words_of_who_set_it(adapter: Adapter, scope: str) -> None:
    refusal = first_refusal(explained(adapter, _stopped(scope))[1])
    assert refusal is not None
    assert refusal.numbers.endswith(": storm (anna)")


def test_nothing_in_the_way(adapter: Adapter) -> None:
    rate("EUR", "SEK", "10")
    template = {"type": "deposit_match", "max_grants_per_player": 3, "wagering_requirement_multiplier": Decimal(30)}
    _, findings = explained(adapter, _with(template, {"currency": "SEK"}, deposit=5000))

    assert {one.outcome for one in findings} == {Outcome.PASSED}
    numbers = {one.name: one.numbers for one in findings}
    assert numbers["amount"] == "€50.00 for a deposit of €50.00"
    assert numbers["totals"] == "€1,500.00 to be wagered"
    assert numbers["player_rate"] == "1 EUR = 10 SEK"
    assert numbers["adapter"] == "Acme platform for acme.example"
    assert numbers["limit"] == "0 of 3 grants used"


def test_the_numbers_that_were_compared(adapter: Adapter) -> None:
    refusal = first_refusal(explained(adapter, SCENES["had it"][2])[1])
    assert refusal is not None
    assert refusal.numbers == "1 of 1 grant used"
    refusal = first_refusal(explained(adapter, SCENES["too small a loss"][2])[1])
    assert refusal is not None
    assert refusal.numbers == "a loss of €9.99, of which at least €10.00 is needed"


def test_a_platform_left_alone_is_the_last_thing_in_the_way(adapter: Adapter) -> None:
    open_breaker(adapter)
    _, findings = explained(adapter, _with())
    assert (findings[-1].name, findings[-1].code) == ("breaker", "ADAPTER_UNAVAILABLE")
    assert {one.outcome for one in findings[:-1]} == {Outcome.PASSED}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "failed", "failure_code": "X1", "failure_message": "no account"}, "X1: no account"),
        ({"status": "queued"}, "The platform was not called yet."),
        (
            {"status": "queued", "needs_person": True},
            "Nobody knows whether the platform credited it: a person must say.",
        ),
        ({"wish": "cancelled"}, "Is to end as cancelled; the platform has not confirmed it yet."),
        ({}, ""),
    ],
)
def test_what_is_known_of_earlier_grants(adapter: Adapter, fields: dict[str, Any], words: str) -> None:
    grant = GrantFactory(adapter=adapter, **fields)
    [found] = grants_of(player_id=grant.player_id, template_id=grant.template_id)
    assert standing(found) == words


def test_earlier_grants_are_those_of_player_and_template_newest_first(adapter: Adapter) -> None:
    template, player = TemplateFactory(max_grants_per_player=None), PlayerFactory()
    made = [GrantFactory(adapter=adapter, template=template, player=player) for _ in range(3)]
    GrantFactory(adapter=adapter, template=template)
    GrantFactory(adapter=adapter, player=player)
    assert list(grants_of(player_id=player.pk, template_id=template.pk)) == made[::-1]
