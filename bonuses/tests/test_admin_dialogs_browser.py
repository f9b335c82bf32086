"""Dialogs in a real browser: what opens and closes them, where the focus is, what a refusal leaves as it was."""

import pytest
from django.db.models import QuerySet
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bonuses.models import Grant
from bonuses.tests.browser import look_at
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from integrations.platforms.base import PlatformRefused

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

CANCEL = "Cancel this grant"


@pytest.fixture
def grant(platform: type[FakePlatform]) -> Grant:
    found: Grant = GrantFactory(adapter=AdapterFactory(kind=KIND))
    return found


@pytest.fixture
def opened(desk: Page, live_server: LiveServer, grant: Grant) -> Page:
    """The grant's. Not named `page`: pytest-playwright takes what asks for one out of its order, before tests that a
    real transaction must not precede.
    """
    desk.goto(f"{live_server.url}/admin/bonuses/grant/{grant.pk}/change/")
    return desk


def status(grant: Grant) -> str:
    return Grant.objects.get(pk=grant.pk).status


def test_it_opens_above_the_page_and_closes_without_a_trace(opened: Page, grant: Grant) -> None:
    url, link = opened.url, opened.get_by_role("link", name=CANCEL)
    dialog = opened.get_by_role("dialog", name="Cancel this grant?")
    for close in (lambda: opened.keyboard.press("Escape"), dialog.get_by_role("link", name="Close").click):
        link.focus()
        opened.keyboard.press("Enter")
        expect(dialog).to_contain_text("the player sees it go")
        expect(dialog.get_by_label("Reason")).to_be_focused()
        opened.keyboard.type("thought better of it")
        close()
        expect(dialog).to_be_hidden()
        expect(link).to_be_focused()
        assert opened.locator("[id^=dialog_]").count() == 0
    assert (opened.url, status(grant)) == (url, "active")


def test_the_keyboard_stays_in_it(opened: Page) -> None:
    opened.get_by_role("link", name=CANCEL).click()
    dialog = opened.get_by_role("dialog")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    for _ in range(12):
        opened.keyboard.press("Tab")
        # The browser's own bar comes between the last and the first.
        assert opened.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")


def test_a_refusal_is_told_in_it_and_what_was_typed_stays(opened: Page, grant: Grant) -> None:
    opened.get_by_role("link", name=CANCEL).click()
    dialog = opened.get_by_role("dialog")
    dialog.get_by_role("button", name="Cancel the grant").click()
    expect(dialog).to_contain_text("This field is required.")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    expect(dialog.get_by_label("Reason")).to_have_accessible_description("This field is required.")

    Grant.objects.filter(pk=grant.pk).update(transition_count=7)
    dialog.get_by_label("Reason").fill("given by mistake")
    opened.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("The grant has changed since you opened this page.")
    expect(dialog.get_by_label("Reason")).to_have_value("given by mistake")
    assert status(grant) == "active"
    dialog.get_by_role("button", name="Cancel the grant").click()
    expect(opened.get_by_text("The grant is cancelled.")).to_be_visible()
    assert status(grant) == "cancelled"


def test_a_double_click_does_it_once(opened: Page, grant: Grant, platform: type[FakePlatform]) -> None:
    opened.get_by_role("link", name=CANCEL).dblclick()
    dialog = opened.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("given by mistake")
    dialog.get_by_role("button", name="Cancel the grant").dblclick()
    expect(opened.get_by_text("The grant is cancelled.")).to_be_visible()
    assert status(grant) == "cancelled"
    assert len(platform.asked) == 1


def test_somebody_else_was_first(opened: Page, grant: Grant, platform: type[FakePlatform]) -> None:
    opened.get_by_role("link", name=CANCEL).click()
    opened.get_by_label("Reason").fill("given by mistake")
    QuerySet(Grant).filter(pk=grant.pk).update(status="cancelled")
    opened.get_by_role("button", name="Cancel the grant").click()
    expect(opened.get_by_text("Nothing was done. The grant is cancelled already.")).to_be_visible()
    expect(opened.get_by_role("link", name=CANCEL)).to_have_count(0)
    assert platform.asked == []


def test_one_is_issued_from_the_list(
    desk: Page, live_server: LiveServer, grant: Grant, platform: type[FakePlatform]
) -> None:
    TemplateFactory(name="Welcome")
    PlayerFactory(external_id="player-77")
    desk.goto(f"{live_server.url}/admin/bonuses/grant/")
    look_at(desk, "grant-issue-dialog", dialog="Issue a grant")
    desk.get_by_role("link", name="Issue a grant").click()
    dialog = desk.get_by_role("dialog", name="Issue a grant")
    expect(dialog.get_by_label("Template")).to_be_focused()
    dialog.get_by_label("Template").select_option(label="Welcome")
    dialog.get_by_label("Player").fill("player-78")
    dialog.get_by_label("Reason").fill("a birthday")
    dialog.get_by_role("button", name="Continue").click()
    expect(dialog.get_by_label("Player")).to_have_accessible_description(
        "The player's external id. There is no player “player-78”."
    )
    expect(dialog.get_by_label("Player")).to_be_focused()
    expect(dialog.get_by_label("Reason")).to_have_value("a birthday")
    dialog.get_by_label("Player").fill("player-77")
    dialog.get_by_role("button", name="Continue").click()

    asked = desk.get_by_role("dialog", name="Issue this grant?")
    expect(asked).to_contain_text("sees the bonus as soon as the platform has credited it")
    asked.get_by_role("button", name="Change").click()
    expect(dialog.get_by_label("Reason")).to_have_value("a birthday")
    dialog.get_by_role("button", name="Continue").click()
    assert Grant.objects.count() == 1
    asked.get_by_role("button", name="Issue", exact=True).dblclick()
    expect(desk.get_by_text("The grant is active.")).to_be_visible()
    made = Grant.objects.exclude(pk=grant.pk).get()
    expect(desk).to_have_url(f"{live_server.url}/admin/bonuses/grant/{made.pk}/change/")
    assert len(platform.asked) == 1


def test_what_the_platform_refuses_is_told_in_it(
    desk: Page, live_server: LiveServer, grant: Grant, platform: type[FakePlatform]
) -> None:
    platform.fails(PlatformRefused("TEMPLATE_NOT_SUPPORTED", "no such bonus"))
    TemplateFactory(name="Welcome")
    PlayerFactory(external_id="player-77")
    desk.goto(f"{live_server.url}/admin/bonuses/grant/")
    desk.get_by_role("link", name="Issue a grant").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Template").select_option(label="Welcome")
    dialog.get_by_label("Player").fill("player-77")
    dialog.get_by_label("Reason").fill("a birthday")
    dialog.get_by_role("button", name="Continue").click()
    dialog.get_by_role("button", name="Issue", exact=True).click()
    expect(dialog).to_contain_text("The platform refused: TEMPLATE_NOT_SUPPORTED, no such bonus.")
    expect(dialog.get_by_label("Reason")).to_have_value("a birthday")
    assert Grant.objects.exclude(pk=grant.pk).get().status == "failed"


def test_without_a_script_the_link_leads_to_the_page(opened: Page, grant: Grant) -> None:
    assert opened.context.browser is not None
    context = opened.context.browser.new_context(
        storage_state=opened.context.storage_state(), java_script_enabled=False
    )
    plain = context.new_page()
    plain.goto(opened.url)
    plain.get_by_role("link", name=CANCEL).click()
    expect(plain).to_have_url(opened.url.replace("/change/", "/cancel/"))
    plain.get_by_label("Reason").fill("given by mistake")
    plain.get_by_role("button", name="Cancel the grant").click()
    expect(plain.get_by_text("The grant is cancelled.")).to_be_visible()
    assert status(grant) == "cancelled"
    context.close()


def test_another_tab_is_another_tab(opened: Page) -> None:
    with opened.context.expect_page() as other:
        opened.get_by_role("link", name=CANCEL).click(modifiers=["ControlOrMeta"])
    expect(other.value).to_have_url(opened.url.replace("/change/", "/cancel/"))
    expect(opened.get_by_role("dialog")).to_have_count(0)
    other.value.close()
