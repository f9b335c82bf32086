"""The list and the form of campaigns."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from bonuses.admin.money_fields import as_typed
from bonuses.tests.factories import TemplateFactory
from campaigns.models import Campaign, Segment
from campaigns.services.issue_campaign import issue_campaign
from campaigns.tests.admin_pages import CAMPAIGNS, errors_of, member, page, seen
from campaigns.tests.begun import begun, with_recipients
from campaigns.tests.factories import CampaignFactory, SegmentFactory
from integrations.tests.admin_client import INLINE, text

pytestmark = pytest.mark.django_db

ADD = CAMPAIGNS + "add/"
ROLES = ("viewer", "operator", "manager", "admin")


def filled(**changes: str) -> dict[str, str]:
    form = {
        "name": "Midsummer",
        "segment": str(SegmentFactory().pk),
        "template": str(TemplateFactory().pk),
        "scheduled_at_0": "",
        "scheduled_at_1": "",
        "deposit_amount": "",
        "currency_override": "",
        "budget_amount": "",
        "holdout_percent": "0",
    }
    return {**form, **changes}


def sent_back(campaign: Campaign, **changes: str) -> dict[str, str]:
    """What a browser sends when the page is saved as it is."""
    same = filled(name=campaign.name, segment=str(campaign.segment_id), template=str(campaign.template_id))
    budget = as_typed(campaign.budget_amount, "EUR") or ""
    return {**same, "budget_amount": budget, **seen(campaign), **changes}


def stored(campaign: Campaign) -> dict[str, Any]:
    return dict(Campaign.objects.filter(pk=campaign.pk).values().get())


def test_the_list_says_how_each_stands() -> None:
    CampaignFactory(name="Draft", status="scheduled", scheduled_at=datetime(2030, 6, 1, 12, tzinfo=UTC))
    campaign = begun(name="Running", audience_count=8, snapshot_at=datetime(2030, 1, 1, tzinfo=UTC))
    with_recipients(campaign, ["granted"] * 4 + ["skipped", "failed", "pending", "pending"])

    response = member("viewer").get(CAMPAIGNS)
    shown = text(response)
    assert [row.name for row in response.context["cl"].result_list] == ["Running", "Draft"]
    assert 'role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100" aria-valuenow="75"' in shown
    assert '<rect class="granted" x="0.000%" width="50.000%" height="100%">' in shown
    assert '<rect class="skipped" x="50.000%" width="12.500%" height="100%">' in shown
    assert '<rect class="failed" x="62.500%" width="12.500%" height="100%">' in shown
    assert "1 Jun 2030, noon" in shown
    assert INLINE.search(shown) is None


def test_the_list_asks_the_same_number_of_questions_for_one_and_for_many(django_assert_max_num_queries: Any) -> None:
    client = member("viewer")
    for _ in range(5):
        with_recipients(begun(snapshot_at=datetime(2030, 1, 1, tzinfo=UTC)), ["granted"])
    with django_assert_max_num_queries(9):
        client.get(CAMPAIGNS)


def test_filters_by_status() -> None:
    CampaignFactory(name="Draft")
    begun(name="Running")
    response = member("viewer").get(CAMPAIGNS, {"status": "draft"})
    assert [row.name for row in response.context["cl"].result_list] == ["Draft"]


def test_makes_a_draft() -> None:
    form = filled()
    response = member("operator").post(ADD, form)
    made = Campaign.objects.get()
    assert response["Location"] == CAMPAIGNS
    assert (made.name, str(made.segment_id), str(made.template_id)) == ("Midsummer", form["segment"], form["template"])
    assert (made.status, made.created_by, made.budget_amount, made.holdout_percent) == ("draft", "operator", None, 0)
    assert LogEntry.objects.get().object_id == str(made.pk)


def test_makes_a_scheduled_one_with_everything() -> None:
    template = TemplateFactory(type="deposit_match")
    form = filled(
        template=str(template.pk),
        scheduled_at_0="2030-06-01",
        scheduled_at_1="12:30:00",
        deposit_amount="50",
        currency_override="sek",
        budget_amount="2500.00",
        holdout_percent="10",
    )
    member("operator").post(ADD, form)
    made = Campaign.objects.get()
    assert (made.status, made.scheduled_at) == ("scheduled", datetime(2030, 6, 1, 12, 30, tzinfo=UTC))
    assert (made.deposit_amount, made.currency_override, made.budget_amount) == (5000, "SEK", 250000)
    assert made.holdout_percent == 10


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"segment": ""}, "segment", "This field is required."),
        ({"template": "nonsense"}, "template", "“nonsense” is not a valid UUID."),
        ({"scheduled_at_0": "soon"}, "scheduled_at", "Enter a valid date."),
        ({"deposit_amount": "1.505"}, "deposit_amount", "EUR has 2 decimals, and 1.505 has more."),
        (
            {"deposit_amount": "1.5", "currency_override": "jpy"},
            "deposit_amount",
            "JPY has 0 decimals, and 1.5 has more.",
        ),
        ({"deposit_amount": "-5"}, "deposit_amount", "Must be more than nothing."),
        ({"budget_amount": "0"}, "budget_amount", "Must be more than nothing."),
        ({"budget_amount": "2.500,00"}, "budget_amount", "'2.500,00' is not an amount; write it like 1234.50."),
        ({"budget_amount": "0.001"}, "budget_amount", "EUR has 2 decimals, and 0.001 has more."),
        (
            {"budget_amount": "9" * 15},
            "budget_amount",
            "The amount is too large; at most 90071992547409.91 in EUR.",
        ),
        ({"template": "", "deposit_amount": "1.50"}, "template", "This field is required."),
        ({"currency_override": "XXQ"}, "currency_override", "XXQ is not a currency we know."),
        ({"holdout_percent": "51"}, "holdout_percent", "Ensure this value is less than or equal to 50."),
    ],
)
def test_bad_input_is_said_at_its_field(changes: dict[str, str], field: str, said: str) -> None:
    response = member("operator").post(ADD, filled(**changes))
    assert list(errors_of(response)) == [field]
    assert errors_of(response)[field][0] == said
    assert not Campaign.objects.exists()


def test_what_the_service_refuses_is_said_at_its_field_and_nothing_typed_is_lost() -> None:
    template = TemplateFactory(type="deposit_match")
    response = member("operator").post(ADD, filled(template=str(template.pk), name="Reload <Friday>"))
    assert list(errors_of(response)) == ["deposit_amount"]
    assert 'value="Reload &lt;Friday&gt;"' in text(response)
    assert not Campaign.objects.exists()


def test_archived_templates_and_removed_segments_are_not_offered() -> None:
    TemplateFactory(name="Gone", status="archived")
    TemplateFactory(name="Resting", status="paused")
    Segment.objects.filter(pk=SegmentFactory(name="Old").pk).update(removed_at=datetime(2030, 1, 1, tzinfo=UTC))
    fields = member("operator").get(ADD).context["adminform"].form.fields
    assert [label for _, label in fields["template"].choices][1:] == ["Resting (no deposit, paused)"]
    assert [label for _, label in fields["segment"].choices][1:] == []


def test_changes_what_was_changed() -> None:
    campaign = CampaignFactory(budget_amount=1000)
    member("operator").post(page(campaign), sent_back(campaign, budget_amount="20", holdout_percent="5"))
    row = stored(campaign)
    assert (row["budget_amount"], row["holdout_percent"], row["name"]) == (2000, 5, campaign.name)


def test_saving_it_unchanged_changes_nothing() -> None:
    campaign = CampaignFactory(budget_amount=1000)
    before = stored(campaign)
    member("operator").post(page(campaign), sent_back(campaign))
    assert stored(campaign) == before


def test_the_second_of_two_people_is_told_and_overwrites_nothing() -> None:
    campaign = CampaignFactory(name="Midsummer")
    opened = sent_back(campaign, budget_amount="1")
    member("operator").post(page(campaign), sent_back(campaign, name="Midsummer night"))
    before = stored(campaign)

    response = member("manager").post(page(campaign), opened)
    [said] = errors_of(response)["__all__"]
    assert said == "This was changed after you had opened the page. It is draft now. Look at it again first."
    assert stored(campaign) == before


def test_one_that_has_begun_can_not_be_changed() -> None:
    campaign = CampaignFactory()
    opened = sent_back(campaign, name="Too late")
    issue_campaign(campaign_id=campaign.pk, by="anna")
    before = stored(campaign)

    response = member("operator").post(page(campaign), opened)
    assert errors_of(response)["__all__"] == ["Nothing was saved: the campaign is issuing by now."]
    assert 'name="_save"' not in text(response)
    assert stored(campaign) == before


def test_while_it_is_paused_the_budget_alone_can_be_raised() -> None:
    campaign = begun("paused", status_reason="BUDGET_EXHAUSTED", budget_amount=1000, budget_used=1000)
    client = member("operator")
    assert list(client.get(page(campaign)).context["adminform"].form.fields) == ["budget_amount", "seen"]

    response = client.post(page(campaign), {"budget_amount": "9.00", "name": "Sly", **seen(campaign)})
    assert errors_of(response) == {"budget_amount": ["While it is paused a budget can only be raised."]}
    assert stored(campaign)["budget_amount"] == 1000

    client.post(page(campaign), {"budget_amount": "30", "name": "Sly", **seen(campaign)})
    row = stored(campaign)
    assert (row["budget_amount"], row["name"], row["status"]) == (3000, campaign.name, "paused")


@pytest.mark.parametrize("role", ROLES)
def test_who_may_make_and_change_campaigns(role: str) -> None:
    campaign = CampaignFactory()
    before = stored(campaign)
    client, allowed = member(role), role != "viewer"
    assert client.get(CAMPAIGNS).status_code == 200
    assert client.get(page(campaign)).status_code == 200
    assert client.get(ADD).status_code == (200 if allowed else 403)
    assert client.post(ADD, filled()).status_code == (302 if allowed else 403)
    assert Campaign.objects.count() == 1 + allowed
    assert client.post(page(campaign), sent_back(campaign, name="New")).status_code == (302 if allowed else 403)
    assert (stored(campaign) == before) is not allowed


def test_of_a_removed_segment_the_name_is_left() -> None:
    campaign = begun("issued")
    Segment.objects.filter(pk=campaign.segment_id).update(removed_at=datetime(2030, 1, 1, tzinfo=UTC))
    response = member("viewer").get(page(campaign))
    assert f"{campaign.segment} (removed)" in text(response)
