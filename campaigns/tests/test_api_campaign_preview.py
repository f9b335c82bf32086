"""The preview's answer: what the service counts, told as JSON, and nothing changed."""

from typing import Any

import pytest

from bonusdesk.tests.refusals import everything
from bonuses.money import MAX_MINOR
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import AdapterFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from campaigns.tests.factories import CampaignFactory, list_of
from campaigns.tests.test_api_campaigns import data

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _platform(platform: type[FakePlatform]) -> None:
    AdapterFactory(kind=KIND)


def test_it_says_who_gets_what_and_who_does_not(api: ApiClient) -> None:
    anna, ben = PlayerFactory(external_id="anna"), PlayerFactory(external_id="ben", status="banned")
    PlayerFactory(external_id="not on the list")
    campaign = CampaignFactory(segment=list_of([anna, ben]), template=TemplateFactory(max_win_cap=5000))
    before = everything()
    answer: dict[str, Any] = data(api.post(f"bonus-campaigns/{campaign.pk}/preview"))
    assert everything() == before
    assert FakePlatform.asked == []
    given, refused = sorted(answer.pop("sample"), key=lambda row: row["external_id"])
    assert answer == {
        "audience": 2,
        "exclusions": {"PLAYER_BLOCKED": 1},
        "expected_cost": 1000,
        "worst_cost": 5000,
        "currency": "EUR",
    }
    assert given == {
        "player_id": str(anna.pk),
        "external_id": "anna",
        "status": "granted",
        "reason": None,
        "message": None,
        "amount": 1000,
        "currency": "EUR",
    }
    assert refused == {
        "player_id": str(ben.pk),
        "external_id": "ben",
        "status": "skipped",
        "reason": "PLAYER_BLOCKED",
        "message": refused["message"],
        "amount": None,
        "currency": None,
    }
    assert refused["message"]


def test_ten_of_many_are_shown_and_the_budget_is_kept_to(api: ApiClient) -> None:
    PlayerFactory.create_batch(12)
    answer = data(api.post(f"bonus-campaigns/{CampaignFactory(budget_amount=2500).pk}/preview", {}))
    assert len(answer["sample"]) == 10
    assert (answer["audience"], answer["expected_cost"], answer["worst_cost"]) == (12, 2000, 12000)


def test_more_than_a_number_of_json_holds(api: ApiClient) -> None:
    """Nor does the database's, from a thousand players on."""
    PlayerFactory.create_batch(2)
    template = TemplateFactory(config={"amount": MAX_MINOR, "currency": "EUR"})
    answer = data(api.post(f"bonus-campaigns/{CampaignFactory(template=template).pk}/preview"))
    assert (answer["expected_cost"], answer["worst_cost"]) == (MAX_MINOR, MAX_MINOR)
