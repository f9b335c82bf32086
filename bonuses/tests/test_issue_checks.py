"""The checks of issuing: each refuses by its own code, in their order, and keeps and calls nothing."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bonuses.models import BonusTemplate, Player
from bonuses.services.adapters import AdapterCapabilityMissing, AdapterNotConfigured
from bonuses.services.issue import (
    IssueRequest,
    IssuingStopped,
    PlayerBlocked,
    PlayerNotFound,
    TemplateNotActive,
    TemplateNotFound,
    issue,
)
from bonuses.services.slots import GrantLimitReached
from bonuses.services.stop import lift, stop
from bonuses.terms import DepositAmountRequired, NotEligible
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.issuing import Wire, change, give, request_for
from bonuses.tests.platform_reports import TEST_CAUSE, everything
from integrations.errors import DomainError
from integrations.models import Adapter
from integrations.rates import RateMissing

pytestmark = pytest.mark.django_db


@pytest.fixture
def refused(adapter: Adapter, wire: Wire) -> Callable[[IssueRequest, type[DomainError]], DomainError]:
    def attempt(request: IssueRequest, error: type[DomainError]) -> DomainError:
        before, called = everything(), len(wire.calls)
        with pytest.raises(error) as caught:
            issue(request=request, cause=TEST_CAUSE)
        assert everything() == before
        assert len(wire.calls) == called
        return caught.value

    return attempt


Refused = Callable[[IssueRequest, type[DomainError]], DomainError]


def test_the_order_of_the_checks(adapter: Adapter, wire: Wire, refused: Refused) -> None:
    """Everything is wrong at once; what is mended one after another shows which check comes next."""
    template = TemplateFactory(type="deposit_match", status="paused", max_grants_per_player=1)
    player = PlayerFactory(status="banned", origin="nobody.example")
    change(adapter, is_active=False)
    stop(scope="all", target=None, reason="test", by="tester")
    request = request_for(template, player, template_id=uuid.uuid4(), player_id=uuid.uuid4())

    refused(request, IssuingStopped)
    lift(key="all", by="tester")
    refused(request, TemplateNotFound)
    request = replace(request, template_id=template.pk)
    refused(request, TemplateNotActive)
    template.status = "active"
    template.save()
    refused(request, PlayerNotFound)
    request = replace(request, player_id=player.pk)
    refused(request, PlayerBlocked)
    player.status = "active"
    player.save()
    refused(request, DepositAmountRequired)
    request = replace(request, deposit_amount=1000)
    refused(request, AdapterNotConfigured)
    change(adapter, is_active=True)
    issue(request=request, cause=TEST_CAUSE)
    refused(request, GrantLimitReached)
    assert wire.names == ["grant"]


@pytest.mark.parametrize("status", ["self_excluded", "bonus_blocked", "banned"])
def test_only_active_players_are_given_anything(refused: Refused, status: str) -> None:
    error = refused(request_for(TemplateFactory(), PlayerFactory(status=status)), PlayerBlocked)
    assert (error.code, error.details) == ("PLAYER_BLOCKED", {"status": status})


@pytest.mark.parametrize("status", ["paused", "archived"])
def test_only_active_templates_can_be_granted(refused: Refused, status: str) -> None:
    error = refused(request_for(TemplateFactory(status=status), PlayerFactory()), TemplateNotActive)
    assert (error.code, error.details) == ("BONUS_TEMPLATE_NOT_ACTIVE", {"status": status})


def test_unknown_template_and_player(refused: Refused) -> None:
    template, player = TemplateFactory(), PlayerFactory()
    assert refused(request_for(template, player, template_id=uuid.uuid4()), TemplateNotFound).code == (
        "BONUS_TEMPLATE_NOT_FOUND"
    )
    assert refused(request_for(template, player, player_id=uuid.uuid4()), PlayerNotFound).code == "PLAYER_NOT_FOUND"


@pytest.mark.parametrize(
    ("terms", "request_", "error"),
    [
        ({"type": "deposit_match"}, {}, DepositAmountRequired),
        ({"type": "reload"}, {}, DepositAmountRequired),
        ({"type": "reload"}, {"deposit_amount": 1}, NotEligible),
        ({"type": "cashback"}, {"loss_amount": 999}, NotEligible),
        ({"type": "cashback"}, {}, NotEligible),
        (
            {"type": "cashback", "config": {"percent": 1, "window_days": 1, "min_loss": 0, "currency": "EUR"}},
            {},
            NotEligible,
        ),
        ({"type": "no_deposit"}, {"currency_override": "GBP"}, RateMissing),
        ({"type": "no_deposit", "config": {"amount": 500, "currency": "GBP"}}, {}, RateMissing),
    ],
)
def test_amounts_that_can_not_be_computed(
    refused: Refused, terms: dict[str, Any], request_: dict[str, Any], error: type[DomainError]
) -> None:
    refused(request_for(TemplateFactory(**terms), PlayerFactory(), **request_), error)


def test_a_player_whose_currency_has_no_rate_is_given_nothing(refused: Refused) -> None:
    """No event could tell of it."""
    refused(request_for(TemplateFactory(), PlayerFactory(currency="JPY")), RateMissing)


def test_a_requirement_too_large_to_count(refused: Refused) -> None:
    template = TemplateFactory(
        config={"amount": 2**53 - 1, "currency": "EUR"}, wagering_requirement_multiplier=Decimal(2)
    )
    refused(request_for(template, PlayerFactory()), NotEligible)


def test_an_adapter_that_can_not_issue(adapter: Adapter, refused: Refused) -> None:
    change(adapter, capabilities=["cancel", "query_status", "idempotent"])
    error = refused(request_for(TemplateFactory(), PlayerFactory()), AdapterCapabilityMissing)
    assert error.code == "ADAPTER_CAPABILITY_MISSING"
    assert error.details == {"adapter": "acme", "capability": "issue"}


def test_no_adapter_for_the_brand_and_no_default(adapter: Adapter, refused: Refused) -> None:
    change(adapter, is_default=False, origins=["nordic.example"])
    template = TemplateFactory()
    error = refused(request_for(template, PlayerFactory(origin="other.example")), AdapterNotConfigured)
    assert (error.code, error.details) == ("ADAPTER_NOT_CONFIGURED", {"origin": "other.example"})
    assert give(template, PlayerFactory(origin="nordic.example")).status == "active"


def test_the_limit_is_checked_last(adapter: Adapter, refused: Refused) -> None:
    template, player = TemplateFactory(), PlayerFactory()
    give(template, player)
    change(adapter, is_active=False)
    refused(request_for(template, player), AdapterNotConfigured)


def test_the_limit_of_another_player_or_template_is_its_own(refused: Refused) -> None:
    templates: list[BonusTemplate] = [TemplateFactory(), TemplateFactory()]
    players: list[Player] = [PlayerFactory(), PlayerFactory()]
    for template in templates:
        for player in players:
            give(template, player)
    error = refused(request_for(templates[0], players[0]), GrantLimitReached)
    assert error.code == "BONUS_GRANT_LIMIT_REACHED"


def test_a_key_of_a_refused_request_is_free_again(adapter: Adapter, refused: Refused) -> None:
    template, player = TemplateFactory(status="paused"), PlayerFactory()
    request = request_for(template, player, request_key="key-1")
    refused(request, TemplateNotActive)
    template.status = "active"
    template.save()
    assert issue(request=request, cause=TEST_CAUSE).status == "active"
