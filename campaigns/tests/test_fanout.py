"""A campaign is carried out: who is given what, who is not and why, and what is counted."""

import uuid
from types import SimpleNamespace

import pytest

from bonuses.models import Grant
from bonuses.models.player import PlayerStatus
from bonuses.tests.factories import GrantFactory, PlayerFactory, TemplateFactory
from campaigns.fanout import run
from campaigns.fanout.ids import grant_id_of
from campaigns.fanout.run import fan_out
from campaigns.models import Recipient
from campaigns.tests.factories import list_of
from campaigns.tests.fanning import (
    ScriptedPlatform,
    carried_out,
    check_counts,
    check_spent,
    current,
    issued,
    outcomes,
    players,
    told_once,
)
from integrations.platforms.base import GrantOrder, PlatformBonus, PlatformRefused

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_chunks")]


def test_everybody_is_given_the_bonus(scripted: type[ScriptedPlatform]) -> None:
    given = players(7)
    campaign = carried_out()
    assert (campaign.status, campaign.audience_count, campaign.holdout_count) == ("issued", 7, 0)
    assert campaign.finished_at is not None
    assert check_counts(campaign) == {"pending": 0, "granted": 7, "skipped": 0, "failed": 0}
    assert check_spent(campaign) == 7000
    assert [order.player_external_id for order in scripted.asked] == [player.external_id for player in given]
    told_once(campaign)
    grants = Grant.objects.order_by("pk")
    assert {grant.status for grant in grants} == {"active"}
    assert {(g.granted_by_kind, g.granted_by_id, g.campaign_id) for g in grants} == {
        ("campaign", campaign.pk, campaign.pk)
    }
    assert {(g.claimed_until, g.next_attempt_at, g.attempts) for g in grants} == {(None, None, 1)}
    assert {grant.transition_count for grant in grants} == {2}


def test_the_ids_of_the_grants_follow_the_recipients(scripted: type[ScriptedPlatform]) -> None:
    players(7)
    campaign = carried_out()
    ids = list(campaign.recipients.order_by("number").values_list("grant_id", flat=True))
    assert ids == [grant_id_of(campaign, number) for number in range(7)]
    made = [grant_id_of(campaign, number) for number in (0, 1, 999_999, 2**20, 2**31 - 1)]
    assert made == sorted(made)
    assert {(grant_id.version, grant_id.variant) for grant_id in made} == {(7, uuid.RFC_4122)}


def test_why_somebody_is_not_given_it(scripted: type[ScriptedPlatform]) -> None:
    template = TemplateFactory(max_grants_per_player=1)
    those = players(5)
    those[1].status = PlayerStatus.SELF_EXCLUDED
    those[1].save()
    GrantFactory(template=template, player=those[2])
    GrantFactory(template=template, player=those[3], status="completed")
    scripted.says = staticmethod(lambda order: refuse(order, those[4].external_id))
    campaign = carried_out(template=template)
    assert outcomes(campaign) == [
        ("granted", ""),
        ("skipped", "PLAYER_BLOCKED"),
        ("skipped", "LIVE_GRANT"),
        ("skipped", "BONUS_GRANT_LIMIT_REACHED"),
        ("failed", "NO_WALLET"),
    ]
    assert check_counts(campaign) == {"pending": 0, "granted": 1, "skipped": 3, "failed": 1}
    assert check_spent(campaign) == 1000
    assert campaign.status == "issued"
    told_once(campaign)
    failed = Recipient.objects.get(status="failed")
    assert failed.message == "no wallet here"
    assert Grant.objects.get(pk=failed.grant_id).status == "failed"
    assert set(Recipient.objects.filter(status="skipped").values_list("grant_id", flat=True)) == {None}


def refuse(order: GrantOrder, external_id: str) -> PlatformBonus | None:
    if order.player_external_id == external_id:
        raise PlatformRefused("NO_WALLET", "no wallet here")
    return None


def test_what_the_platform_holds_as_pending_is_granted(scripted: type[ScriptedPlatform]) -> None:
    players(1)
    scripted.says = staticmethod(lambda order: PlatformBonus("pb-1", "pending"))
    campaign = carried_out()
    assert check_counts(campaign)["granted"] == 1
    assert Grant.objects.get().status == "pending"


def test_nobody(scripted: type[ScriptedPlatform]) -> None:
    campaign = carried_out(segment=list_of([]))
    assert (campaign.status, campaign.audience_count) == ("issued", 0)
    assert check_counts(campaign) == {"pending": 0, "granted": 0, "skipped": 0, "failed": 0}


def test_terms_are_those_it_began_with(scripted: type[ScriptedPlatform]) -> None:
    players(1)
    campaign = issued()
    campaign.template.config = {"amount": 99, "currency": "EUR"}
    campaign.template.save()
    fan_out(campaign.pk)
    assert Grant.objects.get().amount == 1000
    assert Grant.objects.get().revision_id == campaign.revision_id


def test_a_deposit_and_a_currency_of_its_own(scripted: type[ScriptedPlatform]) -> None:
    players(1)
    template = TemplateFactory(type="deposit_match")
    carried_out(template=template, deposit_amount=3000, currency_override="EUR")
    grant = Grant.objects.get()
    assert (grant.amount, grant.deposit_amount) == (3000, 3000)
    assert scripted.asked[0].config["deposit_amount"] == 3000


def test_no_rate(scripted: type[ScriptedPlatform]) -> None:
    PlayerFactory(currency="SEK")
    assert outcomes(carried_out()) == [("skipped", "EXCHANGE_RATE_MISSING")]


def test_a_second_message_changes_nothing(scripted: type[ScriptedPlatform]) -> None:
    players(3)
    campaign = carried_out()
    before = current(campaign)
    assert fan_out(campaign.pk) is False
    assert fan_out(uuid.uuid4()) is False
    assert (current(campaign).updated_at, len(scripted.asked)) == (before.updated_at, 3)


def test_it_yields_when_the_time_is_up(scripted: type[ScriptedPlatform], monkeypatch: pytest.MonkeyPatch) -> None:
    players(7)
    campaign = issued()
    monkeypatch.setattr(run, "TIME_BOX", 10.0)
    # Every call takes four seconds.
    monkeypatch.setattr(run, "time", SimpleNamespace(monotonic=lambda: 4.0 * len(scripted.asked)))
    turns = [fan_out(campaign.pk)]
    assert turns == [True]
    assert check_counts(campaign)["granted"] == 3
    while turns[-1]:
        turns.append(fan_out(campaign.pk))
    assert check_counts(campaign)["granted"] == 7
    assert current(campaign).status == "issued"
