"""What Fast Track is told of a grant: each field, and money in the player's currency."""

import json
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from bonuses.models import Grant
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.platform_reports import at, bet, credited, current, deliver, payloads, promised, told
from integrations.ids import new_id
from integrations.models import ExchangeRate, OutgoingEvent
from integrations.rates import RateMissing

pytestmark = pytest.mark.django_db

ISSUED_AT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
CREDITED_AT = datetime(2026, 3, 1, 10, 0, 7, 250000, tzinfo=UTC)


def rate(base: str, quote: str, value: str, since: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
    ExchangeRate.objects.create(base=base, quote=quote, rate=Decimal(value), valid_from=since, source="test")


def only(grant: Grant) -> dict[str, Any]:
    [payload] = payloads(grant)
    return payload


def test_every_field_of_a_created_event() -> None:
    player = PlayerFactory(external_id="p-17", origin="acme.example")
    template = TemplateFactory(
        type="deposit_match", bonus_code="WELCOME100", product="Sportsbook", wagering_requirement_multiplier="30.5"
    )
    with time_machine.travel(ISSUED_AT, tick=False):
        grant = promised(player=player, template=template, deposit=2000)
    references = {"id": "ft-1", "activity_id": 9}
    Grant.objects.filter(pk=grant.pk).update(meta={"source": "crm"}, fasttrack_references=references)
    with time_machine.travel(CREDITED_AT, tick=False):
        deliver(grant, "bonus.credited")
    assert only(grant) == {
        "amount": 20.0,
        "bonus_code": "WELCOME100",
        "bonus_id": str(template.pk),
        "currency": "EUR",
        "exchange_rate": 1.0,
        "locked_amount": 20.0,
        "meta": {"source": "crm"},
        "origin": "acme.example",
        "product": "Sportsbook",
        "required_wagering_amount": 610.0,
        "status": "Created",
        "timestamp": "2026-03-01T10:00:07.250000Z",
        "type": "WelcomeBonus",
        "user_bonus_id": str(grant.pk),
        "user_id": "p-17",
        "fasttrack_references": references,
    }


def test_numbers_are_json_numbers_and_what_is_absent_is_left_out() -> None:
    grant = credited()
    body = OutgoingEvent.objects.get(grant_id=grant.pk).body
    assert '"amount":10.0' in body
    assert '"exchange_rate":1.0' in body
    assert not {"bonus_code", "bonus_turned_real", "meta", "fasttrack_references"} & set(json.loads(body))


def test_the_outgoing_row_says_what_it_is() -> None:
    grant = credited()
    row = OutgoingEvent.objects.get(grant_id=grant.pk)
    assert (row.kind, row.status, row.key, row.sink) == ("BONUS", "Created", "0:Created", "file")
    assert (row.user_id, row.event_id) == (grant.player.external_id, uuid.uuid5(grant.pk, "0:Created"))
    assert row.created_at == current(grant).activated_at


@pytest.mark.parametrize("event", ["completed", "auto_completed"])
@pytest.mark.parametrize(("turned_real", "told_as"), [(1234, 12.34), (0, 0.0)])
def test_what_turned_real_is_told_when_wagering_has_ended(event: str, turned_real: int, told_as: float) -> None:
    grant = credited(wagering_requirement_multiplier=2)
    bet(grant, 100)
    deliver(grant, f"bonus.{event}", {"turned_real": turned_real})
    *before, last = payloads(grant)
    assert last["bonus_turned_real"] == told_as
    assert last["locked_amount"] == 0.0
    assert all("bonus_turned_real" not in payload for payload in before)


def test_a_cancelled_bonus_is_forfeited_with_the_reason() -> None:
    grant = credited()
    Grant.objects.filter(pk=grant.pk).update(meta={"source": "crm"})
    deliver(grant, "bonus.cancelled")
    last = payloads(grant)[-1]
    assert (last["status"], last["meta"]) == ("Forfeited", {"source": "crm", "reason": "cancelled"})


def test_a_forfeited_bonus_has_no_such_reason() -> None:
    grant = credited()
    deliver(grant, "bonus.forfeited", {"reason": "asked for"})
    last = payloads(grant)[-1]
    assert last["status"] == "Forfeited"
    assert "meta" not in last


def test_what_a_cancelled_bonus_is_told_as_is_a_setting(settings: Settings) -> None:
    settings.FASTTRACK_CANCELLED_STATUS = "Expired"
    grant = credited()
    deliver(grant, "bonus.cancelled")
    assert payloads(grant)[-1]["status"] == "Expired"
    assert told(grant) == ["0:Created", "0:Expired"]


def test_the_campaign_is_named_in_meta() -> None:
    grant, campaign = promised(), new_id()
    Grant.objects.filter(pk=grant.pk).update(campaign_id=campaign, meta={"a": 1})
    deliver(grant, "bonus.credited")
    payload = only(grant)
    assert payload["meta"] == {"a": 1, "campaign_id": str(campaign)}
    assert payload["bonus_id"] == str(grant.template_id)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"type": "no_deposit", "wagering_requirement_multiplier": 1}, "NoDeposit"),
        ({"type": "no_deposit"}, "WagerFree"),
        ({"type": "deposit_match", "wagering_requirement_multiplier": 1}, "WelcomeBonus"),
        ({"type": "deposit_match"}, "WagerFree"),
        ({"type": "reload", "wagering_requirement_multiplier": 1}, "ReloadBonus"),
        ({"type": "reload"}, "WagerFree"),
        ({"type": "risk_free_bet"}, "RiskFreeBet"),
        ({"type": "no_deposit", "fasttrack_type": "Undefined"}, "Undefined"),
    ],
)
def test_the_type_of_the_bonus(fields: dict[str, Any], expected: str) -> None:
    assert only(credited(deposit=2000, **fields))["type"] == expected


def test_cashback_and_free_spins_are_told_as_such() -> None:
    cashback = credited(player=PlayerFactory(net_loss=50_000), type="cashback")
    assert only(cashback)["type"] == "CashbackBonus"
    spins = credited(type="free_spins")
    deliver(spins, "bonus.spins_completed", {"winnings": 100})
    assert payloads(spins)[-1]["type"] == "FreeSpins"


@pytest.mark.parametrize(
    ("currency", "amount", "major"),
    [("EUR", 2000, 20.0), ("EUR", 1999, 19.99), ("JPY", 2000, 2000.0), ("KWD", 2001, 2.001), ("BTC", 1, 1e-08)],
)
def test_amounts_have_the_decimals_of_their_currency(currency: str, amount: int, major: float) -> None:
    if currency != "EUR":
        rate("EUR", currency, "0.5")
    config = {"amount": amount, "currency": currency}
    grant = credited(player=PlayerFactory(currency=currency), config=config, wagering_requirement_multiplier=2)
    payload = only(grant)
    assert (payload["currency"], payload["amount"]) == (currency, major)
    assert (payload["locked_amount"], payload["required_wagering_amount"]) == (major, pytest.approx(2 * major))
    assert payload["exchange_rate"] == (1.0 if currency == "EUR" else 2.0)


def test_a_grant_in_another_currency_reports_the_players() -> None:
    rate("EUR", "JPY", "160")
    grant = credited(
        player=PlayerFactory(currency="JPY"),
        config={"amount": 1250, "currency": "EUR"},
        wagering_requirement_multiplier=3,
    )
    assert (grant.currency, grant.amount, grant.player_currency) == ("EUR", 1250, "JPY")
    created = only(grant)
    assert (created["currency"], created["amount"]) == ("JPY", 2000.0)
    assert (created["locked_amount"], created["required_wagering_amount"]) == (2000.0, 6000.0)
    assert created["exchange_rate"] == 0.00625
    deliver(grant, "bonus.completed", {"turned_real": 333})
    assert payloads(grant)[-1]["bonus_turned_real"] == 533.0


def test_an_overridden_currency_is_reported_in_the_players() -> None:
    rate("EUR", "KWD", "0.3333")
    rate("EUR", "JPY", "160")
    grant = credited(player=PlayerFactory(currency="JPY"), currency="KWD", config={"amount": 1000, "currency": "EUR"})
    assert (grant.currency, grant.amount) == ("KWD", 3333)
    payload = only(grant)
    assert (payload["currency"], payload["amount"]) == ("JPY", 1600.0)


def test_amounts_stay_at_the_locked_rate_and_the_exchange_rate_moves_on() -> None:
    player = PlayerFactory(currency="USD")
    rate("EUR", "USD", "1.25", ISSUED_AT)
    rate("EUR", "USD", "2", datetime(2026, 3, 5, tzinfo=UTC))
    with time_machine.travel(ISSUED_AT, tick=False):
        grant = credited(player=player, config={"amount": 1000, "currency": "EUR"})
    with time_machine.travel(datetime(2026, 3, 6, tzinfo=UTC), tick=False):
        deliver(grant, "bonus.completed", {"turned_real": 1000})
    created, completed = payloads(grant)
    assert (created["amount"], created["exchange_rate"]) == (12.5, 0.8)
    assert (completed["amount"], completed["exchange_rate"]) == (12.5, 0.5)
    assert completed["bonus_turned_real"] == 12.5
    assert completed["timestamp"] == "2026-03-06T00:00:00Z"


def test_a_player_who_changes_currency_keeps_that_of_the_grant() -> None:
    grant = promised()
    grant.player.currency = "USD"
    grant.player.save()
    deliver(grant, "bonus.credited")
    assert only(grant)["currency"] == "EUR"


def test_changing_the_template_changes_no_event() -> None:
    grant = credited(bonus_code="OLD")
    grant.template.bonus_code = "NEW"
    grant.template.save()
    deliver(grant, "bonus.completed")
    assert [payload["bonus_code"] for payload in payloads(grant)] == ["OLD", "OLD"]


def test_winnings_are_converted_like_every_amount() -> None:
    rate("EUR", "USD", "1.25")
    grant = credited(player=PlayerFactory(currency="USD"), type="free_spins", wagering_requirement_multiplier=10)
    deliver(grant, "bonus.spins_completed", {"winnings": 1000}, ts=at(1))
    created = payloads(grant)[-1]
    assert (created["amount"], created["required_wagering_amount"], created["currency"]) == (12.5, 125.0, "USD")
    assert current(grant).amount_base == 1000


def test_a_grant_whose_events_could_name_no_rate_is_not_made() -> None:
    rate("USD", "EUR", "0.9")
    rate("USD", "JPY", "150")
    rate("JPY", "CAD", "0.01")
    with pytest.raises(RateMissing):
        promised(player=PlayerFactory(currency="CAD"), config={"amount": 1000, "currency": "USD"})
    assert not Grant.objects.exists()


def test_a_queued_or_failed_grant_is_not_told() -> None:
    grant = promised()
    deliver(grant, "bonus.sparkled")
    assert told(grant) == []
