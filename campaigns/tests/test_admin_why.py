"""The page “Why?” about a campaign."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from bonuses.services.stop import stop
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND
from bonuses.tests.issuing import rate
from campaigns.admin.why import WORDS
from campaigns.tests.admin_pages import member, page
from campaigns.tests.approving import approved, costly
from campaigns.tests.factories import CampaignFactory, SegmentFactory
from campaigns.tests.fanning import ScriptedPlatform, carried_out
from integrations.tests.admin_client import INLINE, signed_in, text

WHY = "/admin/campaigns/campaign/why/"
CONTROL = ("SAVEPOINT", "RELEASE", "SET ", "SELECT set_config")
"""Statements that ask nothing: PostgreSQL is told how long it may take."""


def titles(answer: Any) -> list[str]:
    return [section.title for section in answer.context["answer"].sections]


@pytest.mark.django_db
def test_a_draft_is_answered_in_sections() -> None:
    AdapterFactory()
    player, campaign = PlayerFactory(status="banned"), CampaignFactory()
    answer = member("viewer").get(WHY, {"player": player.external_id, "campaign": campaign.name})
    assert INLINE.search(text(answer)) is None
    assert titles(answer) == [
        "Is the player in the audience?",
        "The segment’s rules, and the player’s values now",
        "As things stand now",
    ]
    assert answer.context["answer"].verdict == "The player is banned."
    assert "PLAYER_BLOCKED" in text(answer)


@pytest.mark.django_db(transaction=True)
def test_what_became_of_a_recipient(scripted: type[ScriptedPlatform]) -> None:
    player = PlayerFactory()
    campaign = carried_out()
    client = signed_in("bonuses.view_grant", "campaigns.view_campaign")
    answer = client.get(WHY, {"player": player.external_id, "campaign": str(campaign.pk)})
    assert answer.context["answer"].verdict == "The player was given the bonus."
    assert titles(answer)[-1] == "What became of the player"
    [grant] = player.grants.all()
    assert f"/admin/bonuses/grant/{grant.pk}/change/" in text(answer)


@pytest.mark.django_db
def test_a_missing_approval_is_what_is_told(settings: Settings) -> None:
    settings.CAMPAIGN_APPROVAL_THRESHOLD = 0
    AdapterFactory()
    player, campaign = PlayerFactory(), costly()
    answer = member("viewer").get(WHY, {"player": player.external_id, "campaign": str(campaign.pk)})
    assert answer.context["answer"].verdict == "It costs €10.00, and needs the approval of a second person."
    [line] = [line for line in answer.context["answer"].sections[-1].lines if line.outcome == "refused"]
    assert (line.title, line.code) == (WORDS["approval"], "APPROVAL_REQUIRED")


@pytest.mark.django_db
def test_rules_that_are_taken_no_more_are_told_by_the_field() -> None:
    campaign = CampaignFactory(segment=SegmentFactory(rules={"field": "no_such_column", "op": "eq", "value": 1}))
    answer = member("viewer").get(WHY, {"player": PlayerFactory().external_id, "campaign": str(campaign.pk)})
    assert answer.context["form"].errors == {"campaign": ["The rules are not acceptable."]}
    assert answer.context["answer"] is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "errors"),
    [
        ({"campaign": "nothing"}, {"campaign": ["There is no campaign “nothing”."]}),
        ({"campaign": ""}, {"campaign": ["This field is required."]}),
        ({"player": "nobody"}, {"player": ["There is no player “nobody”."]}),
    ],
)
def test_bad_input_is_told_by_the_field(asked: dict[str, str], errors: dict[str, list[str]]) -> None:
    PlayerFactory(external_id="p-1")
    CampaignFactory(name="once")
    answer = member("viewer").get(WHY, {"player": "p-1", "campaign": "once", **asked})
    assert answer.context["form"].errors == errors


@pytest.mark.django_db
def test_who_may_ask_and_how() -> None:
    campaign = CampaignFactory()
    client = member("viewer")
    assert f"{WHY}?campaign={campaign.pk}" in text(client.get(page(campaign)))
    assert f'value="{campaign.pk}"' in text(client.get(WHY, {"campaign": str(campaign.pk)}))
    assert client.post(WHY).status_code == 405
    assert signed_in("campaigns.view_campaign", name="erik").get(WHY).status_code == 403
    assert signed_in("bonuses.view_grant", name="nils").get(WHY).status_code == 403
    assert Client().get(WHY).status_code == 302


@pytest.mark.django_db
def test_the_page_takes_few_statements() -> None:
    """At its dearest: three currencies, and each rate is asked for."""
    adapter = AdapterFactory(kind=KIND)
    rate("GBP", "EUR", "1.2")
    rate("SEK", "EUR", "0.1")
    stop(scope="adapter", target=adapter.pk, reason="storm", by="anna")
    config = {"percent": 10, "window_days": 7, "min_loss": 1, "cap_amount": 5000, "currency": "GBP"}
    template = TemplateFactory(type="cashback", config=config, max_grants_per_player=9)
    player = PlayerFactory(currency="SEK", net_loss=100_000)
    GrantFactory.create_batch(5, template=template, player=player, status="expired")
    rules = {"all": [{"field": f"attributes.a{n}", "op": "exists", "value": False} for n in range(50)]}
    campaign = CampaignFactory(template=template, holdout_percent=0, segment=SegmentFactory(rules=rules))
    client = member("viewer")
    client.get(WHY)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(WHY, {"player": player.external_id, "campaign": str(campaign.pk)})
    assert answer.context["answer"].sections[-1].lines[-3].numbers == "one adapter: storm (anna)"
    assert len(captured) <= 15, "\n".join(query["sql"][:300] for query in captured.captured_queries)


@pytest.mark.django_db
def test_nor_does_it_ask_much_more_where_an_approval_is_looked_at(settings: Settings) -> None:
    settings.CAMPAIGN_APPROVAL_THRESHOLD = 0
    AdapterFactory(kind=KIND)
    rate("SEK", "EUR", "0.1")
    player, campaign = PlayerFactory(currency="SEK"), costly()
    approved(campaign)
    client = member("viewer")
    client.get(WHY)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(WHY, {"player": player.external_id, "campaign": str(campaign.pk)})
    assert answer.context["answer"].is_good
    questions = [query["sql"] for query in captured if not query["sql"].startswith(CONTROL)]
    assert len(questions) <= 15, "\n".join(sql[:300] for sql in questions)
