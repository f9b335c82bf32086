"""The rule builder by clicks and keys: the tab fails the test for whatever the browser complains of."""

import pytest
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from bonuses.tests.factories import PlayerFactory
from campaigns.models import Segment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


@pytest.fixture
def builder(desk: Page, live_server: LiveServer) -> Page:
    """A new segment's page."""
    desk.goto(f"{live_server.url}/admin/campaigns/segment/add/")
    desk.get_by_label("Name").fill("North")
    desk.get_by_label("Kind").select_option("rules")
    return desk


def test_nested_rules_without_json(builder: Page) -> None:
    PlayerFactory(country="SE", attributes={"vip": True})
    PlayerFactory(country="SE", attributes={})
    PlayerFactory(country="FI", attributes={"vip": True})
    builder.get_by_role("button", name="Add a group").click()
    # Where one goes on typing has the focus.
    expect(builder.get_by_label("Field of rule 1.1")).to_be_focused()
    builder.get_by_label("Field of rule 1.1").select_option("Country")
    builder.get_by_label("Comparison of rule 1.1").select_option("is one of")
    builder.get_by_label("Values of rule 1.1, one a line").fill("se\nno")
    builder.get_by_role("button", name="Add a rule to group 1").click()
    builder.get_by_label("Field of rule 1.2").select_option("Player since")
    builder.get_by_label("Comparison of rule 1.2").select_option("is at least")
    builder.get_by_label("Value of rule 1.2").fill("2100-01-01T00:00:00")
    builder.get_by_role("button", name="Add a rule", exact=True).click()
    builder.get_by_label("Field of rule 2").select_option("Attribute …")
    builder.get_by_label("Key of the attribute of rule 2").fill("vip")
    builder.get_by_label("Kind of value, rule 2").select_option("yes or no")
    builder.get_by_role("combobox", name="Value of rule 2").select_option("yes")
    expect(builder.get_by_text("1 player matches.")).to_be_visible()
    builder.get_by_role("button", name="Save", exact=True).click()
    expect(builder.get_by_text("was added successfully")).to_be_visible()
    made = Segment.objects.get()
    assert made.rules == {
        "all": [
            {
                "any": [
                    {"field": "country", "op": "in", "value": ["SE", "NO"]},
                    {"field": "created_at", "op": "gte", "value": "2100-01-01T00:00:00Z"},
                ]
            },
            {"field": "attributes.vip", "op": "eq", "value": True},
        ]
    }


def test_what_was_added_can_be_removed_by_keys_alone(builder: Page) -> None:
    builder.get_by_role("button", name="Add a rule").press("Enter")
    expect(builder.get_by_label("Field of rule 1")).to_be_focused()
    builder.get_by_label("Field of rule 1").select_option("Status")
    expect(builder.get_by_label("Comparison of rule 1")).to_be_visible()
    builder.get_by_role("button", name="Remove rule 1").press("Enter")
    expect(builder.get_by_role("button", name="Add a rule")).to_be_focused()
    expect(builder.get_by_label("Field of rule 1")).to_have_count(0)
    expect(builder.get_by_text("Add a rule to see who matches.")).to_be_visible()


def test_enter_saves_and_adds_no_rule(builder: Page) -> None:
    builder.get_by_role("button", name="Add a rule").click()
    builder.get_by_label("Field of rule 1").select_option("Country")
    builder.get_by_label("Value of rule 1").fill("SE")
    builder.get_by_label("Value of rule 1").press("Enter")
    expect(builder.get_by_text("was added successfully")).to_be_visible()
    assert Segment.objects.get().rules == {"all": [{"field": "country", "op": "eq", "value": "SE"}]}


def test_it_works_without_a_script(builder: Page, live_server: LiveServer) -> None:
    """The same buttons send the whole page."""
    builder.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    builder.goto(f"{live_server.url}/admin/campaigns/segment/add/")
    builder.get_by_label("Name").fill("North")
    builder.get_by_label("Kind").select_option("rules")
    builder.get_by_role("button", name="Add a rule").click()
    expect(builder.get_by_text("Nothing was saved yet.")).to_be_visible()
    builder.get_by_label("Field of rule 1").select_option("Country")
    builder.get_by_role("button", name="Add a rule").click()
    builder.get_by_label("Value of rule 1").fill("SE")
    builder.get_by_role("button", name="Remove rule 2").click()
    builder.get_by_role("button", name="Save", exact=True).click()
    expect(builder.get_by_text("was added successfully")).to_be_visible()
    assert Segment.objects.get().rules == {"all": [{"field": "country", "op": "eq", "value": "SE"}]}


def test_what_is_typed_while_the_rows_are_under_way_stays(builder: Page) -> None:
    builder.get_by_role("button", name="Add a rule").click()
    builder.get_by_label("Field of rule 1").select_option("Brand")
    value = builder.get_by_label("Value of rule 1")
    value.fill("acme")

    def late(route: Route) -> None:
        value.fill("acme.example")
        route.continue_()

    builder.route("**/segment/rules/", late)
    builder.get_by_label("Comparison of rule 1").select_option("contains")
    expect(builder.locator("#id_rules_0_0_op option[selected]")).to_have_text("contains")
    expect(value).to_have_value("acme.example")
