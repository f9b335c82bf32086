"""The builder of campaigns: a page for each step, and nothing that was typed is lost."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bonuses.tests.factories import PlayerFactory, TemplateFactory
from campaigns.audience import audience_of, held_out_of
from campaigns.models import Campaign
from campaigns.services.remove_segment import remove_segment
from campaigns.tests.admin_pages import CAMPAIGNS, member, page, seen
from campaigns.tests.factories import CampaignFactory, SegmentFactory
from integrations.ids import new_id
from integrations.tests.admin_client import INLINE, messages_in, signed_in, text

pytestmark = pytest.mark.django_db

BUILD = CAMPAIGNS + "build/"
STEPS = ("audience", "template", "timing", "budget", "holdout", "review")
CHANGED = "This was changed after you had opened the page. It is draft now. Look at it again first."


def step(campaign_id: Any, to: str, **query: str) -> str:
    return f"{BUILD}{campaign_id}/{to}/" + (f"?{urlencode(query)}" if query else "")


def stored(campaign: Campaign) -> dict[str, Any]:
    return dict(Campaign.objects.filter(pk=campaign.pk).values().get())


def errors(response: Any) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


def test_the_first_two_steps_make_a_draft() -> None:
    client, segment, template = member("operator"), SegmentFactory(), TemplateFactory()
    first = client.get(BUILD)["Location"]
    assert first.endswith("/audience/")

    second = client.post(first, {"name": "Midsummer", "segment": str(segment.pk)})["Location"]
    assert not Campaign.objects.exists()
    assert 'value="Midsummer"' in text(client.get(client.get(second).context["back_url"]))

    third = client.post(second, {"template": str(template.pk)})["Location"]
    made = Campaign.objects.get()
    assert third == step(made.pk, "timing")
    assert f"/{made.pk}/" in first
    assert (made.name, made.segment, made.template, made.created_by) == ("Midsummer", segment, template, "operator")
    assert (made.status, made.planned_at, made.scheduled_at) == ("draft", None, None)
    assert LogEntry.objects.get().object_id == str(made.pk)


def test_what_is_sent_twice_makes_one() -> None:
    client, segment, template = member("operator"), SegmentFactory(), TemplateFactory()
    address = step(new_id(), "template", name="Midsummer", segment=str(segment.pk))
    for _ in range(2):
        response = client.post(address, {"template": str(template.pk)})
        assert response["Location"] == step(Campaign.objects.get().pk, "timing")


def test_who_is_a_moment_too_late_with_the_same_finds_it_made(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = CampaignFactory()
    # The other one's came between the look and the insert.
    unseen = Campaign.objects.none()
    monkeypatch.setattr("campaigns.admin.build_pages.Campaign.objects.select_related", lambda *_: unseen)
    address = step(draft.pk, "template", name="Midsummer", segment=str(draft.segment_id))
    response = member("operator").post(address, {"template": str(draft.template_id)})
    assert response["Location"] == step(draft.pk, "timing")
    assert Campaign.objects.get().name == draft.name


@pytest.mark.parametrize("name", STEPS[1:])
def test_no_step_can_be_skipped_before_there_is_a_draft(name: str) -> None:
    campaign_id = new_id()
    response = member("operator").get(step(campaign_id, name))
    assert response["Location"] == step(campaign_id, "audience")


@pytest.mark.parametrize("segment", ["", "nonsense"])
def test_an_address_that_was_tampered_with_leads_to_the_first_step(segment: str) -> None:
    campaign_id = new_id()
    response = member("operator").get(step(campaign_id, "template", name="Midsummer", segment=segment))
    assert response["Location"] == step(campaign_id, "audience")


def test_a_segment_that_was_removed_meanwhile_is_said() -> None:
    segment, template = SegmentFactory(), TemplateFactory()
    remove_segment(segment_id=segment.pk)
    address = step(new_id(), "template", name="Midsummer", segment=str(segment.pk))
    response = member("operator").post(address, {"template": str(template.pk)})
    assert errors(response) == {"__all__": [f"There is no segment {segment.pk}."]}
    assert not Campaign.objects.exists()


def test_each_step_changes_what_it_is_about() -> None:
    draft, client = CampaignFactory(), member("operator")
    segment, template = SegmentFactory(), TemplateFactory(type="deposit_match")
    planned = (timezone.now() + timedelta(days=3)).replace(second=0, microsecond=0)
    typed = {
        "audience": {"name": "Midsummer", "segment": str(segment.pk)},
        "template": {"template": str(template.pk), "currency_override": "jpy", "deposit": "5000"},
        "timing": {"start": "time", "planned_at": f"{planned:%Y-%m-%dT%H:%M}"},
        "budget": {"budget": "2500.5"},
        "holdout": {"holdout_percent": "10"},
    }
    for name, after in zip(typed, STEPS[1:], strict=True):
        response = client.post(step(draft.pk, name), {**typed[name], **seen(draft)})
        assert response["Location"] == step(draft.pk, after), name
    row = stored(draft)
    assert (row["name"], row["segment_id"], row["template_id"]) == ("Midsummer", segment.pk, template.pk)
    assert (row["currency_override"], row["deposit_amount"]) == ("JPY", 5000)
    assert (row["budget_amount"], row["holdout_percent"], row["edited_by"]) == (250_050, 10, "operator")
    # A time that is noted begins nothing.
    assert (row["status"], row["planned_at"], row["scheduled_at"]) == ("draft", planned, None)

    shown = {name: client.get(step(draft.pk, name)).context["form"].initial for name in typed}
    assert shown["template"]["deposit"] == "5000"
    assert shown["budget"]["budget"] == "2500.50"
    assert f'value="{planned:%Y-%m-%dT%H:%M}"' in text(client.get(step(draft.pk, "timing")))


def test_back_keeps_what_was_typed_as_well() -> None:
    draft = CampaignFactory()
    response = member("operator").post(step(draft.pk, "budget"), {"budget": "10", "go": "back", **seen(draft)})
    assert response["Location"] == step(draft.pk, "timing")
    assert stored(draft)["budget_amount"] == 1000


def test_a_step_saved_as_it_is_changes_nothing() -> None:
    draft = CampaignFactory(budget_amount=1000)
    before = stored(draft)
    response = member("operator").post(step(draft.pk, "budget"), {"budget": "10.00", **seen(draft)})
    assert response.status_code == 302
    assert stored(draft) == before


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        (
            "audience",
            {"name": "", "segment": ""},
            {"name": ["This field is required."], "segment": ["This field is required."]},
        ),
        ("template", {"template": ""}, {"template": ["This field is required."]}),
        ("template", {"currency_override": "XQX"}, {"currency_override": ["XQX is not a currency we know."]}),
        ("template", {"deposit": "1.005"}, {"deposit": ["EUR has 2 decimals, and 1.005 has more."]}),
        ("template", {"deposit": "much"}, {"deposit": ["'much' is not an amount; write it like 1234.50."]}),
        ("template", {"deposit": "-5"}, {"deposit": ["Must be more than nothing."]}),
        ("timing", {"start": ""}, {"start": ["This field is required."]}),
        ("timing", {"start": "time"}, {"planned_at": ["Say when."]}),
        ("timing", {"start": "time", "planned_at": "soon"}, {"planned_at": ["Enter a valid date/time."]}),
        ("timing", {"start": "time", "planned_at": "2020-01-01T00:00"}, {"planned_at": ["This time has passed."]}),
        ("budget", {"budget": "0"}, {"budget": ["Must be more than nothing."]}),
        ("budget", {"budget": "1.005"}, {"budget": ["EUR has 2 decimals, and 1.005 has more."]}),
        ("holdout", {"holdout_percent": "51"}, {"holdout_percent": ["Ensure this value is less than or equal to 50."]}),
        ("holdout", {"holdout_percent": ""}, {"holdout_percent": ["This field is required."]}),
    ],
)
def test_bad_input_is_said_at_its_field(name: str, typed: dict[str, str], said: dict[str, list[str]]) -> None:
    draft = CampaignFactory()
    before = stored(draft)
    usual = {"template": str(draft.template_id)} if name == "template" else {}
    response = member("operator").post(step(draft.pk, name), {**usual, **typed, **seen(draft)})
    assert errors(response) == said
    assert stored(draft) == before


def test_a_bonus_on_a_deposit_needs_one() -> None:
    draft, template = CampaignFactory(), TemplateFactory(type="deposit_match")
    response = member("operator").post(step(draft.pk, "template"), {"template": str(template.pk), **seen(draft)})
    assert errors(response) == {"deposit": ["This bonus is worked out from a deposit. Say which, in EUR."]}


def test_the_second_of_two_people_overwrites_nothing() -> None:
    draft = CampaignFactory()
    opened = seen(draft)
    member("operator").post(step(draft.pk, "budget"), {"budget": "10", **opened})
    response = member("manager").post(step(draft.pk, "budget"), {"budget": "20", **opened})
    assert errors(response) == {"__all__": [CHANGED]}
    assert 'value="20"' in text(response)
    assert stored(draft)["budget_amount"] == 1000


@pytest.mark.parametrize("status", ["scheduled", "cancelled"])
def test_it_is_for_drafts(status: str) -> None:
    campaign = CampaignFactory(status=status)
    before = stored(campaign)
    client = member("operator")
    for name in STEPS:
        response = client.post(step(campaign.pk, name), {"budget": "10", "do": "issue", **seen(campaign)}, follow=True)
        assert messages_in(response) == [f"Nothing was done. The campaign is {status}."]
    assert stored(campaign) == before


@pytest.mark.parametrize("name", STEPS)
def test_no_step_breaks_the_policy(name: str) -> None:
    shown = text(member("operator").get(step(CampaignFactory().pk, name)))
    assert INLINE.search(shown) is None
    assert 'aria-current="step"' in shown


def test_there_is_no_other_step() -> None:
    assert member("operator").get(step(CampaignFactory().pk, "dessert")).status_code == 404


def test_who_may() -> None:
    draft = CampaignFactory()
    viewer = member("viewer")
    assert viewer.get(BUILD).status_code == 403
    assert viewer.get(step(new_id(), "audience")).status_code == 403
    assert {viewer.get(step(draft.pk, name)).status_code for name in STEPS} == {403}
    may_add = signed_in("campaigns.view_campaign", "campaigns.add_campaign")
    assert may_add.get(BUILD).status_code == 302
    assert may_add.get(step(draft.pk, "budget")).status_code == 403


def test_lists_and_drafts_lead_to_it() -> None:
    draft = CampaignFactory()
    operator, viewer = member("operator"), member("viewer")
    assert f'href="{BUILD}"' in text(operator.get(CAMPAIGNS))
    assert f'href="{step(draft.pk, "audience")}"' in text(operator.get(page(draft)))
    assert BUILD not in text(viewer.get(CAMPAIGNS))
    assert BUILD not in text(viewer.get(page(draft)))


def test_the_audience_is_counted_while_it_is_chosen() -> None:
    PlayerFactory(country="SE")
    PlayerFactory(country="FI")
    segment = SegmentFactory(rules={"field": "country", "op": "eq", "value": "SE"})
    client, count = member("operator"), step(new_id(), "count")
    assert "1 player matches." in text(client.get(count, {"segment": str(segment.pk)}))
    assert "Choose a segment" in text(client.get(count, {"segment": ""}))
    assert "Choose a segment" in text(client.get(count, {"segment": "x"}))


def test_who_is_held_out_is_counted_while_it_is_typed() -> None:
    for _ in range(20):
        PlayerFactory()
    draft = CampaignFactory()
    client, count = member("operator"), step(draft.pk, "count")
    assert "20 in the audience, 0 held out." in text(client.get(count, {"holdout_percent": "0"}))
    draft.holdout_percent = 50
    given, held_out = audience_of(draft).count(), held_out_of(draft).count()
    assert held_out > 0
    said = f"{given} in the audience, {held_out} held out."
    assert said in text(client.get(count, {"holdout_percent": "50"}))
    assert "From 0 to 50." in text(client.get(count, {"holdout_percent": "51"}))
    assert "From 0 to 50." in text(client.get(count, {"holdout_percent": "-1"}))
    assert stored(draft)["holdout_percent"] == 0


def test_the_terms_are_shown_while_a_template_is_chosen() -> None:
    template = TemplateFactory(type="deposit_match")
    client, terms = member("operator"), step(new_id(), "terms")
    shown = text(client.get(terms, {"template": str(template.pk), "currency_override": "sek"}))
    assert "Given in SEK. It is worked out from the deposit, which is in SEK as well." in shown
    assert f"Terms: {template.name}" in shown
    assert "Choose a template" in text(client.get(terms, {"template": ""}))


@pytest.mark.parametrize("name", STEPS)
def test_each_step_asks_few_questions(name: str) -> None:
    for _ in range(3):
        draft = CampaignFactory()
        PlayerFactory()
    client = member("manager")
    with CaptureQueriesContext(connection) as asked:
        client.get(step(draft.pk, name) + "?whole")
    # On PostgreSQL a large question stands in a transaction of its own, with a setting.
    words = [query["sql"].split()[0] for query in asked.captured_queries]
    assert sum(word not in {"SAVEPOINT", "SET", "RELEASE"} for word in words) <= 15
