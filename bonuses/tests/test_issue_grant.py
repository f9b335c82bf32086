"""A bonus is promised, credited by the platform, and told to Fast Track."""

import uuid
from datetime import UTC, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bonuses.models import Grant, GrantTransition
from bonuses.services.change_template import change_template
from bonuses.services.issue import issue
from bonuses.tests.factories import AdapterFactory, PlayerFactory, TemplateFactory
from bonuses.tests.issuing import Wire, give, request_for
from bonuses.tests.platform_reports import TEST_CAUSE, current, everything, life_of, payloads, told
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db


def test_the_platform_credits_it_once(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    grant = give()
    assert (grant.status, grant.amount, grant.currency) == ("active", 1000, "EUR")
    assert simulator.credits(grant.pk) == 1
    assert wire.names == ["grant"]
    assert life_of(grant) == ["queued", "active"]
    assert told(grant) == ["0:Created"]


def test_the_row_once_credited(adapter: Adapter, simulator: Remote) -> None:
    began = timezone.now()
    row = current(give())
    assert row.attempted_at is not None
    assert row.activated_at is not None
    assert row.platform_bonus_id == simulator.grant(row.pk)["platform_bonus_id"]
    assert (row.claimed_until, row.next_attempt_at, row.needs_person, row.attempts) == (None, None, False, 1)
    assert (row.slot, row.window, row.life, row.wish) == (0, 0, 0, "")
    assert began <= row.created_at <= row.attempted_at <= row.activated_at <= timezone.now()
    assert row.heard_at == row.activated_at
    assert (row.ended_at, row.expires_at) == (None, None)
    assert (row.exchange_rate, row.amount_base, row.terms_rate, row.player_rate) == (Decimal(1), 1000, None, None)


def test_each_change_is_in_the_audit_trail(adapter: Adapter) -> None:
    grant = give()
    trail = GrantTransition.objects.filter(grant=grant).order_by("seq")
    assert list(trail.values_list("seq", "from_status", "to_status", "cause", "actor", "webhook_id")) == [
        (1, "", "queued", "api", "tester", None),
        (2, "queued", "active", "api", "tester", None),
    ]
    assert trail[0].amounts == {
        "amount": 1000,
        "wagering_required": 0,
        "wagering_progress": 0,
        "locked_amount": 0,
        "bonus_turned_real": None,
    }


def test_what_the_platform_is_asked(adapter: Adapter, wire: Wire) -> None:
    by = uuid.uuid4()
    grant = give(
        player=PlayerFactory(external_id="p-77"),
        type="deposit_match",
        wagering_requirement_multiplier=Decimal("2.5"),
        wagering_basis="bonus_plus_deposit",
        max_bet_during_wagering=500,
        max_win_cap=100_000,
        game_contribution={"slots": 100, "live": 12.5},
        time_limit_hours=48,
        request={"deposit_amount": 3001, "granted_by_kind": "journey", "granted_by_id": by},
    )
    (call,) = wire.calls
    assert grant.expires_at is not None
    assert call.json == {
        "grant_id": str(grant.pk),
        "player_external_id": "p-77",
        "template": {
            "type": "deposit_match",
            "amount_subunit": 3001,
            "currency": "EUR",
            "wagering": {
                "multiplier": 2.5,
                "basis": "bonus_plus_deposit",
                "required_subunit": 15005,
                "max_bet_subunit": 500,
                "game_contribution": {"slots": 100, "live": 12.5},
                "max_win_subunit": 100_000,
            },
            "expires_at": grant.expires_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "config": {"match_percent": 100, "cap_amount": 20000, "currency": "EUR", "deposit_amount": 3001},
        },
        "granted_by": {"kind": "journey", "ref": str(by)},
    }
    assert call.headers["Idempotency-Key"] == str(grant.pk)


def test_a_bonus_that_waits_for_its_claim_is_pending(adapter: Adapter, simulator: Remote) -> None:
    simulator.change_settings(opening="pending")
    grant = give()
    assert (grant.status, grant.activated_at) == ("pending", None)
    assert simulator.credits(grant.pk) == 0
    assert life_of(grant) == ["queued", "pending"]
    assert told(grant) == ["0:Pending"]


def test_it_expires_so_many_hours_after_it_was_made(adapter: Adapter) -> None:
    grant = give(time_limit_hours=72)
    assert grant.expires_at == grant.created_at + timedelta(hours=72)


def test_what_has_to_be_wagered_is_locked_when_it_is_credited(adapter: Adapter) -> None:
    grant = give(wagering_requirement_multiplier=Decimal("30.25"))
    assert (grant.wagering_required, grant.locked_amount) == (30250, 1000)


def test_free_spins_are_told_as_issued_and_not_yet_as_a_bonus(adapter: Adapter) -> None:
    grant = give(type="free_spins", wagering_requirement_multiplier=Decimal(30))
    assert (grant.status, grant.amount, grant.wagering_required, grant.locked_amount) == ("active", 200, 0, 0)
    assert told(grant) == ["0:custom:free_spins_issued"]


def test_a_grant_stays_under_the_terms_it_was_made_under(adapter: Adapter) -> None:
    template = TemplateFactory(max_grants_per_player=None)
    player = PlayerFactory()
    first = give(template, player)
    change_template(template_id=template.pk, changes={"config": {"amount": 700, "currency": "EUR"}}, by="tester")
    second = give(template, player)
    assert (current(first).amount, second.amount) == (1000, 700)
    assert (current(first).revision.number, second.revision.number) == (1, 2)


def test_meta_and_references_are_kept_and_told(adapter: Adapter) -> None:
    references = {"fasttrack_id": "7", "actionid": "12"}
    grant = give(request={"meta": {"vip": True}, "fasttrack_references": references})
    (event,) = payloads(grant)
    assert event["meta"] == {"vip": True}
    assert event["fasttrack_references"] == references


def test_the_platform_of_the_players_brand_is_called(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    AdapterFactory(slug="nordic", kind="simulator", base_url=f"{simulator.url}/", origins=["nordic.example"])
    grant = give(player=PlayerFactory(origin="nordic.example"))
    assert grant.adapter.slug == "nordic"
    assert simulator.credits(grant.pk) == 1
    assert give(player=PlayerFactory(origin="other.example")).adapter.slug == "acme"


def test_an_inactive_platform_serves_nobody(adapter: Adapter, simulator: Remote) -> None:
    AdapterFactory(slug="nordic", kind="simulator", base_url=simulator.url, origins=["nordic.example"], is_active=False)
    assert give(player=PlayerFactory(origin="nordic.example")).adapter.slug == "acme"


def test_a_request_with_the_same_key_finds_the_same_grant(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    template, player = TemplateFactory(max_grants_per_player=None), PlayerFactory()
    first = give(template, player, request={"request_key": "key-1"})
    before = everything()
    again = give(template, player, request={"request_key": "key-1"})
    assert again.pk == first.pk
    assert everything() == before
    assert wire.names == ["grant"]
    other = give(template, player, request={"request_key": "key-2"})
    assert (other.pk == first.pk, Grant.objects.count()) == (False, 2)


def test_a_repeated_request_finds_its_grant_whatever_has_changed_since(adapter: Adapter) -> None:
    """Its outcome is what it was, also when the same request would be refused today."""
    template, player = TemplateFactory(), PlayerFactory()
    request = request_for(template, player, request_key="key-1")
    first = issue(request=request, cause=TEST_CAUSE)
    player.status = "banned"
    player.save()
    assert issue(request=request, cause=TEST_CAUSE).pk == first.pk
