"""What the preview says is what comes of it."""

from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from bonuses.tests.factories import GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.issuing import rate
from bonuses.tests.platform_reports import everything
from campaigns.fanout.run import fan_out
from campaigns.models import Campaign, Recipient
from campaigns.services.errors import CampaignNotFound
from campaigns.services.issue_campaign import issue_campaign
from campaigns.services.preview_campaign import preview_campaign
from campaigns.tests.factories import CampaignFactory
from campaigns.tests.fanning import ScriptedPlatform, check_counts, check_spent, current, players
from integrations.models import Adapter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_chunks")]


def a_mixed_lot(template: Any) -> None:
    rate("EUR", "SEK", "11.5")
    for status in ("active", "self_excluded", "bonus_blocked", "banned"):
        for currency in ("EUR", "SEK", "NOK"):
            for loss in (0, 5000, 33333, 90000):
                PlayerFactory(status=status, currency=currency, net_loss=loss)
    some = list(players(6, net_loss=40000))
    GrantFactory(template=template, player=some[0])
    GrantFactory(template=template, player=some[1], status="completed", window=0)
    GrantFactory(template=template, player=some[2], status="failed")
    PlayerFactory(origin="elsewhere.example", net_loss=50000)


TEMPLATES: list[dict[str, Any]] = [
    {"type": "no_deposit", "max_win_cap": 5000},
    {"type": "cashback", "max_grants_per_player": 1},
    {"type": "free_spins", "max_grants_per_player": None},
    {"type": "no_deposit", "max_grants_per_player": 2, "config": {"amount": 700, "currency": "SEK"}},
]


@pytest.mark.parametrize("fields", TEMPLATES, ids=lambda fields: fields["type"])
@pytest.mark.parametrize("holdout", [0, 30])
def test_preview_and_result_agree(scripted: type[ScriptedPlatform], fields: dict[str, Any], holdout: int) -> None:
    Adapter.objects.update(is_default=False, origins=["acme.example"])
    template = TemplateFactory(**fields)
    a_mixed_lot(template)
    campaign = CampaignFactory(template=template, holdout_percent=holdout)
    said = preview_campaign(campaign_id=campaign.pk)
    issue_campaign(campaign_id=campaign.pk, by="anna")
    fan_out(campaign.pk)
    row = current(campaign)
    reasons = Counter(Recipient.objects.filter(status="skipped").values_list("reason", flat=True))
    assert said["audience"] == row.audience_count
    assert said["exclusions"] == dict(reasons)
    assert said["expected_cost"] == check_spent(campaign) > 0
    assert said["worst_cost"] >= said["expected_cost"]
    assert said["currency"] == "EUR"
    assert check_counts(campaign)["granted"] == said["audience"] - sum(said["exclusions"].values())
    first = campaign.recipients.select_related("player").order_by("number")[:10]
    seen = [(str(r.player_id), r.player.external_id, r.status, r.reason, r.message) for r in first]
    keys = ("player_id", "external_id", "status", "reason", "message")
    assert [tuple(one[key] for key in keys) for one in said["sample"]] == seen


def test_costs(scripted: type[ScriptedPlatform]) -> None:
    players(3)
    campaign = CampaignFactory(template=TemplateFactory(max_win_cap=5000), budget_amount=2500)
    said = preview_campaign(campaign_id=campaign.pk)
    assert (said["expected_cost"], said["worst_cost"]) == (2000, 15000)
    assert [(one["amount"], one["currency"]) for one in said["sample"]] == [(1000, "EUR")] * 3


@pytest.mark.parametrize("fields", TEMPLATES, ids=lambda fields: fields["type"])
def test_preview_and_result_agree_when_the_budget_is_short(
    scripted: type[ScriptedPlatform], fields: dict[str, Any]
) -> None:
    Adapter.objects.update(is_default=False, origins=["acme.example"])
    template = TemplateFactory(**fields)
    a_mixed_lot(template)
    campaign = CampaignFactory(template=template)
    half = preview_campaign(campaign_id=campaign.pk)["expected_cost"] // 2
    Campaign.objects.filter(pk=campaign.pk).update(budget_amount=half)
    said = preview_campaign(campaign_id=campaign.pk)
    issue_campaign(campaign_id=campaign.pk, by="anna")
    fan_out(campaign.pk)
    assert current(campaign).status_reason == "BUDGET_EXHAUSTED"
    assert 0 < said["expected_cost"] == check_spent(campaign) <= half


def test_nothing_is_changed(scripted: type[ScriptedPlatform]) -> None:
    players(2)
    campaign = CampaignFactory()
    before = (everything(), list(Campaign.objects.values()))
    preview_campaign(campaign_id=campaign.pk)
    assert (everything(), list(Campaign.objects.values())) == before
    assert scripted.asked == []
    assert not Recipient.objects.exists()


def test_of_what_is_not_there() -> None:
    with pytest.raises(CampaignNotFound):
        preview_campaign(campaign_id=uuid4())
