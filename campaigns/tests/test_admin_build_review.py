"""The last step of the builder: what it would come to, and what is done with it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from bonuses.tests.factories import AdapterFactory, PlayerFactory, TemplateFactory
from campaigns.approvals.review import hash_of, review_of
from campaigns.models import Campaign
from campaigns.services.approve_campaign import approve_campaign
from campaigns.tests.admin_pages import member, page, seen, table
from campaigns.tests.factories import CampaignFactory
from campaigns.tests.test_admin_build import step, stored
from integrations.tests.admin_client import messages_in, signed_in, text

pytestmark = pytest.mark.django_db

BY_HTMX = {"HTTP_HX_REQUEST": "true"}
BUTTONS = ("issue", "schedule", "ask")


@pytest.fixture
def draft() -> Campaign:
    AdapterFactory()
    PlayerFactory()
    made: Campaign = CampaignFactory()
    return made


@pytest.fixture
def dear(settings: Settings, draft: Campaign) -> Campaign:
    """One that needs an approval."""
    settings.CAMPAIGN_APPROVAL_THRESHOLD = 1
    return draft


def buttons(response: Any) -> list[str]:
    return [name for name in BUTTONS if f'name="do" value="{name}"' in text(response)]


def plan(draft: Campaign, **ahead: int) -> None:
    Campaign.objects.filter(pk=draft.pk).update(planned_at=timezone.now() + timedelta(**ahead))


def test_it_says_all_of_it_and_what_it_would_come_to(draft: Campaign) -> None:
    client = member("operator")
    frame = client.get(step(draft.pk, "review"))
    assert frame.context["rows"][0] == ("audience", "Name", draft.name)
    assert buttons(frame) == []

    part = client.get(step(draft.pk, "review"), **BY_HTMX)
    assert table(part, "What it would come to now")[0] == ["Audience", "1"]
    assert buttons(part) == ["issue"]
    whole = client.get(step(draft.pk, "review") + "?whole")
    assert buttons(whole) == ["issue"]
    assert stored(draft)["status"] == "draft"


def test_issues_it(draft: Campaign) -> None:
    response = member("operator").post(step(draft.pk, "review"), {"do": "issue", **seen(draft)}, follow=True)
    assert messages_in(response) == ["The campaign is being issued."]
    assert stored(draft)["status"] == "issuing"


def test_schedules_it_for_the_time_that_was_planned(draft: Campaign) -> None:
    plan(draft, days=1)
    client = member("operator")
    assert buttons(client.get(step(draft.pk, "review"), **BY_HTMX)) == ["schedule"]
    response = client.post(step(draft.pk, "review"), {"do": "schedule", **seen(draft)}, follow=True)
    assert messages_in(response) == ["The campaign is scheduled."]
    row = stored(draft)
    assert (row["status"], row["scheduled_at"]) == ("scheduled", row["planned_at"])


@pytest.mark.parametrize("do", ["schedule", "ask"])
def test_a_time_that_has_passed_is_not_scheduled(do: str, dear: Campaign) -> None:
    plan(dear, hours=-1)
    before = stored(dear)
    response = member("operator").post(step(dear.pk, "review"), {"do": do, **seen(dear)}, follow=True)
    assert messages_in(response) == ["Nothing was done. The time that was planned has passed. Choose another one."]
    assert stored(dear) == before


def test_nothing_is_scheduled_that_has_no_time(draft: Campaign) -> None:
    before = stored(draft)
    member("operator").post(step(draft.pk, "review"), {"do": "schedule", **seen(draft)})
    assert stored(draft) == before


def test_asks_a_second_person(dear: Campaign) -> None:
    client = member("operator")
    part = client.get(step(dear.pk, "review"), **BY_HTMX)
    assert buttons(part) == ["ask"]
    assert "needs the approval of a second person" in text(part)

    response = client.post(step(dear.pk, "review"), {"do": "ask", **seen(dear)}, follow=True)
    assert messages_in(response) == ["The campaign waits for the approval of a second person."]
    assert "It needs an approval before it gives anything. (asked for by operator)" in text(client.get(page(dear)))
    assert stored(dear)["status"] == "draft"

    dear.refresh_from_db()
    review = review_of(dear)
    approve_campaign(campaign_id=dear.pk, seen=hash_of(review.bound, review.cost), by="boss")
    assert stored(dear)["status_reason"] == ""
    assert buttons(client.get(step(dear.pk, "review"), **BY_HTMX)) == ["issue"]


def test_to_ask_for_a_planned_one_is_to_schedule_it(dear: Campaign) -> None:
    plan(dear, days=1)
    member("operator").post(step(dear.pk, "review"), {"do": "ask", **seen(dear)})
    row = stored(dear)
    assert (row["status"], row["status_reason"]) == ("scheduled", "APPROVAL_REQUIRED: asked for by operator")


def test_nobody_is_asked_without_need(draft: Campaign) -> None:
    before = stored(draft)
    response = member("operator").post(step(draft.pk, "review"), {"do": "ask", **seen(draft)}, follow=True)
    assert messages_in(response) == ["Nothing was done. It needs no approval as it stands."]
    assert stored(draft) == before


def test_what_stands_in_the_way_is_said(draft: Campaign) -> None:
    Campaign.objects.filter(pk=draft.pk).update(template=TemplateFactory(status="paused"))
    part = member("operator").get(step(draft.pk, "review"), **BY_HTMX)
    assert "It can't be issued now." in text(part)
    assert buttons(part) == []


@pytest.mark.parametrize("do", BUTTONS)
def test_what_somebody_changed_meanwhile_is_left_alone(do: str, draft: Campaign) -> None:
    opened = seen(draft)
    draft.save()
    before = stored(draft)
    response = member("operator").post(step(draft.pk, "review"), {"do": do, **opened}, follow=True)
    assert "This was changed after you had opened the page." in messages_in(response)[0]
    assert stored(draft) == before


def test_the_right_to_change_is_not_the_right_to_issue(draft: Campaign) -> None:
    client = signed_in("campaigns.view_campaign", "campaigns.change_campaign")
    assert buttons(client.get(step(draft.pk, "review"), **BY_HTMX)) == []
    assert client.post(step(draft.pk, "review"), {"do": "issue", **seen(draft)}).status_code == 403
    assert stored(draft)["status"] == "draft"


def test_nothing_else_can_be_done(draft: Campaign) -> None:
    before = stored(draft)
    assert member("operator").post(step(draft.pk, "review"), {"do": "delete", **seen(draft)}).status_code == 400
    assert stored(draft) == before
