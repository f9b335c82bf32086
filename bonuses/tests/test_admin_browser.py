"""The admin in a real browser: what only a browser notices, such as a breach of the Content-Security-Policy."""

import uuid

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from bonuses.models import Drift
from bonuses.tests.browser import look_at
from bonuses.tests.factories import GrantFactory
from integrations.models import OutgoingEvent, SinkState

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

PAGES = (
    "bonuses/bonustemplate/",
    "bonuses/bonustemplate/add/",
    "bonuses/drift/",
    "bonuses/grant/",
    "bonuses/grant/add/",
    "bonuses/player/",
    "bonuses/player/add/",
    "bonuses/stop/add/",
    "integrations/adapter/",
    "integrations/adapter/add/",
    "integrations/exchangerate/",
    "integrations/outgoingevent/",
    "integrations/sinkstate/",
    "integrations/webhookdelivery/",
)


def test_no_page_breaks_a_rule_of_its_own_policy(desk: Page, live_server: LiveServer) -> None:
    grant = GrantFactory()
    for path in (*PAGES, f"bonuses/grant/{grant.pk}/change/", f"bonuses/bonustemplate/{grant.template_id}/change/"):
        answer = desk.goto(f"{live_server.url}/admin/{path}")
        assert answer is not None, path
        assert answer.status == 200, path
        assert "script-src 'self'" in answer.headers["content-security-policy"], path


def test_the_config_fields_follow_the_type(desk: Page, live_server: LiveServer) -> None:
    desk.goto(f"{live_server.url}/admin/bonuses/bonustemplate/add/")
    desk.select_option("#id_type", "free_spins")
    expect(desk.locator("#id_config_count")).to_be_visible()
    expect(desk.locator("#id_config_match_percent")).to_be_hidden()
    desk.select_option("#id_type", "deposit_match")
    expect(desk.locator("#id_config_match_percent")).to_be_visible()
    expect(desk.locator("#id_config_count")).to_be_hidden()


@pytest.fixture
def sink_in_trouble(settings: Settings) -> SinkState:
    """Halted over a batch, with a parked event that holds up another one."""
    settings.EVENT_SINKS = ["kafka", "rest"]
    now, grant = timezone.now(), uuid.uuid4()
    common = {"sink": "kafka", "kind": "BONUS", "user_id": "player-1", "body": '{"status":"Created"}'}
    parked = {"parked_at": now, "last_error": "400: amount is missing"}
    events = [
        OutgoingEvent.objects.create(
            event_id=uuid.uuid4(), key=f"0:{status}", status=status, grant_id=grant, **common, **more
        )
        for status, more in (("Pending", parked), ("Created", {}), ("Lost", {}))
    ]
    return SinkState.objects.create(
        sink="kafka",
        epoch=7,
        in_flight={"ids": [event.pk for event in events[1:]], "mark": {}},
        in_flight_since=now,
        halted_at=now,
        halt_reason="The topic no longer has the offsets at which the batch began.",
        last_error="timed out",
        last_error_at=now,
    )


def test_the_pages_of_a_sink_lead_to_a_decision(
    desk: Page, live_server: LiveServer, sink_in_trouble: SinkState
) -> None:
    desk.goto(f"{live_server.url}/admin/integrations/sinkstate/")
    desk.get_by_role("link", name="kafka", exact=True).click()
    expect(desk.get_by_role("alert").filter(has_text="Halted since")).to_be_visible()

    desk.get_by_role("link", name="Skip with a reason").click()
    look_at(desk, "sink-skip", dialog="Skip with a reason")
    desk.get_by_role("button", name="Skip").click()
    expect(desk.get_by_text("This field is required.")).to_be_visible()
    assert set(OutgoingEvent.objects.values_list("skipped_at", flat=True)) == {None}
    desk.get_by_label("Reason").fill("agreed with the CRM")
    desk.get_by_role("button", name="Skip").click()
    expect(desk.get_by_text("1 skipped.")).to_be_visible()
    expect(desk.get_by_text("Nothing is parked.")).to_be_visible()

    look_at(desk, "sink-decide", dialog="Decide what became of the batch")
    desk.get_by_role("link", name="Decide what became of the batch").click()
    desk.get_by_label("It did not arrive").check()
    desk.get_by_label("Reason").fill("not in the topic")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_text("The sink goes on; 2 events will be sent again.")).to_be_visible()
    expect(desk.get_by_text("waiting for a deliverer")).to_be_visible()


def test_what_is_parked_is_sent_again(desk: Page, live_server: LiveServer, sink_in_trouble: SinkState) -> None:
    parked = OutgoingEvent.objects.get(parked_at__isnull=False)
    desk.goto(f"{live_server.url}/admin/integrations/sinkstate/kafka/change/")
    desk.get_by_role("link", name="Send again", exact=True).click()
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_contain_text("It goes again under the same id")
    expect(dialog.get_by_role("link", name="Close")).to_be_focused()
    dialog.get_by_role("link", name="Close").click()
    expect(dialog).to_be_hidden()
    assert OutgoingEvent.objects.get(pk=parked.pk).parked_at is not None

    desk.get_by_role("link", name="Send again", exact=True).click()
    desk.get_by_role("button", name="Send again").click()
    expect(desk.get_by_text("1 to be sent again.")).to_be_visible()
    assert OutgoingEvent.objects.get(pk=parked.pk).parked_at is None

    OutgoingEvent.objects.filter(pk=parked.pk).update(parked_at=timezone.now())
    desk.reload()
    desk.get_by_role("link", name="Send all parked again").click()
    desk.get_by_role("button", name="Send again").dblclick()
    expect(desk.get_by_text("Nothing is parked.")).to_be_visible()
    assert OutgoingEvent.objects.get(pk=parked.pk).parked_at is None


def test_drift_is_marked_as_resolved(desk: Page, live_server: LiveServer) -> None:
    grant = GrantFactory()
    open_one = Drift.objects.create(grant=grant, kind="status", ours="active", theirs="lost")
    other = Drift.objects.create(grant=grant, kind="amount", ours="1000", theirs="900")
    desk.goto(f"{live_server.url}/admin/bonuses/drift/?state=open")
    desk.get_by_role("row").filter(has_text="lost").get_by_role("checkbox").check()
    desk.get_by_label("Action:").select_option(label="Mark as resolved")
    desk.get_by_role("button", name="Go").click()
    expect(desk.get_by_text("1 marked as resolved.")).to_be_visible()
    expect(desk.get_by_role("row").filter(has_text="lost")).to_have_count(0)
    expect(desk.get_by_role("row").filter(has_text="900")).to_be_visible()
    open_one.refresh_from_db()
    other.refresh_from_db()
    assert (open_one.resolved_by, other.resolved_at) == ("olga", None)
